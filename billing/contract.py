"""What of an engagement's contract is billed, and what may be: reads for drafts, issuing and pages.

A line bills the contract where it has a source. Of a fixed price the contract is what its ledger says; of capped time
it is the cap, and each change order beside it. Every rule here counts drafts too, so that two of them never ask for
the same money.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, Decimal

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from billing.amounts import NewLine, tax_sums
from billing.models import Deduction, Invoice, InvoiceLine
from core.errors import DomainError
from core.money import Money, format_money, total
from engagements.ledger_queries import contract_value, items_with_values
from engagements.models import ChangeSet, Engagement, ProposalRevision
from engagements.offer import Instalment, Offer
from outreach import dates

CENT_OF_AN_HOUR = Decimal("0.01")
HOURS, ORDER, NOTE = "hours:", "change:", "credit:"
GONE = (Invoice.Status.CREDITED, Invoice.Status.DISCARDED)


def invoices_of(engagement: Engagement) -> list[Invoice]:
    """All but the discarded, with lines and deductions. Three queries."""
    rows = engagement.invoices.exclude(status=Invoice.Status.DISCARDED).order_by("id")
    return list(rows.prefetch_related("lines", "deductions"))


def is_by_time(engagement: Engagement) -> bool:
    return engagement.kind == ProposalRevision.Kind.CAPPED_TIME


def instalments(engagement: Engagement) -> list[Instalment]:
    """As signed: the deposit first where one was asked for."""
    acceptance = engagement.acceptance
    return list(Offer.of(acceptance.revision).instalments_with(acceptance.picked))


# What is billed


def billed(invoices: Iterable[Invoice], currency: str, *, orders: bool = True) -> Money:
    """Of invoices as `invoices_of` gives them: net of what bills the contract, less what credit notes took back of it
    and what final invoices deducted. Without `orders`, change orders that were billed by themselves are left out."""
    invoices = list(invoices)
    counted = {one.pk: one for one in invoices if one.kind != Invoice.Kind.CREDIT and one.status not in GONE}
    moneys: list[Money] = []
    for one in counted.values():
        moneys += [line.net for line in _sourced(one, orders=orders)]
        moneys += [-each.net for each in one.deductions.all()]
    for note in invoices:
        if note.kind == Invoice.Kind.CREDIT and note.is_issued and note.corrects_id in counted:
            taken = {f"{NOTE}{line.position}" for line in _sourced(counted[note.corrects_id], orders=orders)}
            moneys += [line.net for line in note.lines.all() if line.source in taken]
            moneys += [-each.net for each in note.deductions.all()]
    return total(moneys, currency)


def room(engagement: Engagement, invoices: Iterable[Invoice]) -> Money | None:
    """What of the contract no invoice asks for yet; below zero where more was billed than it is worth by now. None for
    time without a cap."""
    if not is_by_time(engagement):
        return contract_value(engagement) - billed(invoices, engagement.currency)
    cap = Offer.of(engagement.acceptance.revision).cap
    return None if cap is None else cap - billed(invoices, engagement.currency, orders=False)


def final_of(invoices: Iterable[Invoice]) -> Invoice | None:
    """The one that asks for all that is left, a draft of it too."""
    return next((one for one in invoices if one.kind == Invoice.Kind.FINAL and one.status not in GONE), None)


def agreed_since(engagement: Engagement, final: Invoice) -> set[str]:
    """Sources of the orders that were approved after the final invoice was frozen, which it does not hold."""
    frozen_at = max((line.frozen_at for line in final.lines.all() if line.frozen_at), default=None)
    if frozen_at is None:
        return set()
    return {f"{ORDER}{one.pk}" for one in orders_of(engagement).filter(answered_at__gt=frozen_at)}


def require_no_final(engagement: Engagement, sources: Iterable[str], invoices: Sequence[Invoice]) -> None:
    """Raises DomainError where a final invoice asks for what these sources bill."""
    final = final_of(invoices)
    if final is not None and set(sources) - agreed_since(engagement, final):
        raise DomainError(
            _("“%(final)s” asks for all that is left of the contract. Discard or credit it first."), final=str(final)
        )


def require_room(engagement: Engagement, invoices: Iterable[Invoice]) -> None:
    """Raises DomainError where these invoices bill more than the contract is worth."""
    left = room(engagement, invoices)
    if left is not None and left.amount < 0:
        raise DomainError(
            _("That is %(much)s more than is left of the contract: the final invoice asks for the rest of it."),
            much=format_money(-left, engagement.locale),
        )


def to_be_issued(invoice: Invoice, invoices: Iterable[Invoice]) -> list[Invoice]:
    """Those that count when it is issued: no other draft, but the deposit's, which has to be asked for."""
    return [
        one
        for one in invoices
        if one.pk == invoice.pk or one.status != Invoice.Status.DRAFT or one.kind == Invoice.Kind.DEPOSIT
    ]


# What there is to bill


def orders_of(engagement: Engagement) -> QuerySet[ChangeSet]:
    """Approved changes that added to the price."""
    approved = engagement.change_sets.filter(status=ChangeSet.Status.APPROVED, value_change__gt=0)
    return approved.exclude(kind=ChangeSet.Kind.BASELINE)


def final_lines(engagement: Engagement, besides: Invoice | None = None) -> list[NewLine]:
    """Of a fixed price every piece of work at what the ledger says: they add up to the contract's value. Of capped time
    what was logged and what was ordered and is on no invoice, that one `besides`."""
    origin = agreed_in(engagement)
    if is_by_time(engagement):
        return [*hour_lines(engagement, dates.today(), besides, is_final=True), *_order_lines(engagement, besides)]
    return [
        NewLine(title=item.title, unit_price=worth, source=f"final:{item.pk}", agreed_in=origin.get(item.pk, ""))
        for item, worth, _traded in items_with_values(engagement)
        if worth.amount
    ]


def order_line(change_set: ChangeSet) -> NewLine:
    return NewLine(
        title=change_set.title,
        detail=_("Change order %(reference)s") % {"reference": change_set.reference},
        unit_price=change_set.value_change,
        source=f"{ORDER}{change_set.pk}",
        agreed_in=change_set.reference,
    )


def hour_lines(
    engagement: Engagement, until: dt.date, besides: Invoice | None = None, *, is_final: bool = False
) -> list[NewLine]:
    """Logged time that is not billed, at the agreed rate, as far as the cap goes. What was paid ahead, the deposit
    above all, takes its part of the cap until the final invoice deducts it. Nothing where the cap is reached."""
    offer = Offer.of(engagement.acceptance.revision)
    if offer.rate is None:
        return []
    left = _cap_left(engagement, offer, besides, is_final=is_final)
    lines = []
    for source, title, hours in unbilled_hours(engagement, until, besides):
        if left is not None:
            hours = min(hours, (left.amount / offer.rate.amount).quantize(CENT_OF_AN_HOUR, rounding=ROUND_FLOOR))
        if hours <= 0:
            continue
        line = NewLine(
            title=title, unit_price=offer.rate, quantity=hours, unit=_("h"), source=source, agreed_in=offer.reference
        )
        left = left - line.net if left is not None else None
        lines.append(line)
    return lines


def unbilled_hours(
    engagement: Engagement, until: dt.date, besides: Invoice | None = None
) -> list[tuple[str, str, Decimal]]:
    """Source, title and hours of each item (and of work on none) that time was logged for and not billed on another
    invoice than `besides`."""
    logged = engagement.work_logs.filter(on__lte=until, minutes__isnull=False).order_by()
    rows = list(logged.values("item", "item__title").annotate(minutes=Sum("minutes")).order_by("item"))
    billing = _others(engagement, besides)
    billed_lines = InvoiceLine.objects.filter(invoice__in=billing, source__startswith=HOURS)
    earlier: dict[str, Decimal] = {
        row["source"]: row["hours"] for row in billed_lines.order_by().values("source").annotate(hours=Sum("quantity"))
    }
    found = []
    for row in rows:
        source = f"{HOURS}{row['item'] or 0}"
        hours = (Decimal(row["minutes"]) / 60).quantize(CENT_OF_AN_HOUR) - earlier.get(source, Decimal(0))
        if hours > 0:
            found.append((source, row["item__title"] or _("Other work"), hours))
    return found


def to_be_deducted(invoice: Invoice) -> list[Deduction]:
    """Unsaved: earlier invoices of the engagement, each less its credit notes, with the tax that was in them. Of capped
    time only what was paid ahead: the final invoice holds no hour that is on another."""
    currency = str(invoice.total.currency)
    by_time = is_by_time(invoice.engagement)
    earlier = invoice.engagement.invoices.issued().counted()
    found = []
    for one in earlier.filter(kind__in=[Invoice.Kind.DEPOSIT, Invoice.Kind.PROGRESS]).order_by("id"):
        lines = lines_of(one, ahead=by_time)
        sums = tax_sums(lines, currency)
        net = total((line.net for line in lines), currency)
        tax = total((each.tax for each in sums), currency)
        if net.amount or tax.amount:
            taxes = [each.as_json() for each in sums]
            found.append(Deduction(invoice=invoice, earlier=one, net=net, tax=tax, total=net + tax, taxes=taxes))
    return found


def lines_of(invoice: Invoice, *, ahead: bool = False) -> list[InvoiceLine]:
    """Its lines that bill what was agreed, and what credit notes took back of them; extras are not among them. With
    `ahead` only those that were asked for ahead of the hours."""
    rows = invoice.lines.exclude(source="").prefetch_related("taxes")
    lines = [line for line in rows if not ahead or not line.source.startswith((HOURS, ORDER))]
    taken_back = [f"{NOTE}{line.position}" for line in lines]
    notes = InvoiceLine.objects.filter(invoice__in=invoice.credit_notes.issued(), source__in=taken_back)
    return [*lines, *notes.prefetch_related("taxes")]


def agreed_in(engagement: Engagement) -> dict[int, str]:
    """Where each item was first agreed, by its primary key: P-1, CO-2, T-1."""
    agreement = engagement.acceptance.revision.reference
    found: dict[int, str] = {}
    for entry in engagement.ledger.select_related("change_set").order_by("position"):
        if entry.item_id is not None and entry.item_id not in found:
            baseline = entry.change_set.kind == ChangeSet.Kind.BASELINE
            found[entry.item_id] = agreement if baseline else entry.change_set.reference
    return found


def _order_lines(engagement: Engagement, besides: Invoice | None) -> list[NewLine]:
    billing = _others(engagement, besides)
    on_one = set(
        InvoiceLine.objects.filter(invoice__in=billing, source__startswith=ORDER).values_list("source", flat=True)
    )
    lines = [order_line(one) for one in orders_of(engagement)]
    return [line for line in lines if line.source not in on_one]


def _cap_left(engagement: Engagement, offer: Offer, besides: Invoice | None, *, is_final: bool) -> Money | None:
    """None without a cap. The final invoice deducts what was paid ahead, so for it only hours count."""
    if offer.cap is None:
        return None
    others = [one for one in invoices_of(engagement) if besides is None or one.pk != besides.pk]
    used = billed(others, engagement.currency, orders=False)
    if is_final:
        used -= _ahead(others, engagement.currency)
    return max(offer.cap - used, Money(0, engagement.currency))


def _ahead(invoices: Sequence[Invoice], currency: str) -> Money:
    counted = [one for one in invoices if one.kind != Invoice.Kind.CREDIT and one.status not in GONE]
    return total((line.net for one in counted for line in lines_of(one, ahead=True)), currency)


def _sourced(invoice: Invoice, *, orders: bool) -> list[InvoiceLine]:
    return [line for line in invoice.lines.all() if line.source and (orders or not line.source.startswith(ORDER))]


def _others(engagement: Engagement, besides: Invoice | None) -> QuerySet[Invoice]:
    counted = engagement.invoices.counted()
    return counted.exclude(pk=besides.pk) if besides else counted
