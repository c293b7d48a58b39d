"""Reads for the pages of money."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import DecimalField, Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from billing import contract
from billing.models import Allocation, Invoice, InvoiceLine, InvoiceMail, Payment
from core import clock
from core.models import Organisation, User
from core.money import Money, round_money, total
from engagements.ledger_queries import contract_value, items_with_values
from engagements.models import Engagement, ScopeItem
from engagements.offer import Offer
from outreach import dates

NEWS = dt.timedelta(days=30)
SUM: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=24, decimal_places=3)
CAME_IN = (Payment.Status.CLEARED, Payment.Status.REVERSED, Payment.Status.REFUNDED)


@dataclass(frozen=True)
class Billable:
    """Something that was agreed and may be invoiced; `what` is what the form sends, `on` the invoice that bills it."""

    what: str
    title: str
    note: str
    amount: Money | None
    on: Invoice | None = None
    is_ready: bool = True


@dataclass(frozen=True)
class ProjectMoney:
    """An engagement's money: what is agreed, what was asked for, what came in, and what may be asked for next."""

    contract: Money
    invoiced: Money  # tax excluded, credit notes taken off
    owed: Money  # tax included
    paid: Money
    rows: Sequence[Billable]
    invoices: Sequence[Invoice]


def invoices_for(user: User, words: str = "", state: str = "") -> QuerySet[Invoice]:
    """The list, narrowed. `state`: a status, "open", "overdue" or "" for all but the discarded."""
    rows = Invoice.objects.visible_to(user).select_related("organisation", "engagement")
    if words:
        rows = rows.filter(title__icontains=words) | rows.filter(reference__icontains=words)
        rows = rows | Invoice.objects.visible_to(user).filter(organisation__name__icontains=words)
    if state == "open":
        return rows.open()
    if state:
        return rows.filter(status=state)
    return rows.exclude(status=Invoice.Status.DISCARDED)


def payments_of(invoice: Invoice) -> list[Allocation]:
    """What came in for it, with who recorded it. One query."""
    rows = Allocation.objects.filter(invoice=invoice)
    return list(rows.select_related("payment__recorded_by", "payment__organisation"))


def payments_from(organisation: Organisation) -> QuerySet[Payment]:
    """All that a client paid or tried to, the newest first, whether an invoice took it or not. Two queries."""
    taken = Prefetch("allocations", Allocation.objects.select_related("invoice"))
    return Payment.objects.filter(organisation=organisation).prefetch_related(taken).order_by("-id")


def currencies_of(organisation: Organisation) -> list[str]:
    """In which a client may pay: their own first. One query."""
    invoiced = Invoice.objects.filter(organisation=organisation).order_by("due_currency")
    known = invoiced.values_list("due_currency", flat=True).distinct()
    return list(dict.fromkeys([organisation.currency, *known]))


def unsent_mails() -> QuerySet[InvoiceMail]:
    """Mails that did not leave though it was tried, of the last month; none to whom a later one about it reached."""
    later = InvoiceMail.objects.filter(
        invoice=OuterRef("invoice"), address=OuterRef("address"), sent_at__gt=OuterRef("created_at")
    )
    news = InvoiceMail.objects.filter(has_failed=True, created_at__gt=clock.now() - NEWS)
    return news.filter(~Exists(later)).select_related("invoice__organisation")


def project_money(engagement: Engagement) -> ProjectMoney:
    """Nine queries."""
    lines = Prefetch(
        "lines", InvoiceLine.objects.only("invoice", "position", "source", "net", "net_currency", "frozen_at")
    )
    shown = engagement.invoices.exclude(status=Invoice.Status.DISCARDED)
    invoices = list(shown.prefetch_related(lines, "deductions"))
    issued = [one for one in invoices if one.is_issued]
    nothing = engagement.currency
    for one in invoices:
        one.engagement = engagement
    return ProjectMoney(
        contract=contract_value(engagement),
        invoiced=total((_newly_asked(one) for one in issued), nothing),
        owed=total((one.balance for one in issued if one.is_owed), nothing),
        paid=total((one.paid for one in invoices if one.kind != Invoice.Kind.CREDIT), nothing),
        rows=_billables(engagement, invoices),
        invoices=invoices,
    )


def credits_of(organisation: Organisation) -> list[Money]:
    """What the client has paid and no invoice took, one amount a currency. One query."""
    rows = Payment.objects.filter(organisation=organisation, status=Payment.Status.CLEARED)
    found: dict[str, Money] = {}
    for one in rows:
        currency = str(one.amount.currency)
        found[currency] = found.get(currency, Money(0, currency)) + one.unspent
    return [money for money in found.values() if money.amount]


@dataclass(frozen=True)
class Figures:
    """Money of one currency, tax included. `invoiced` has credit notes taken off, `owed` leaves out what was written
    off, `overdue` is a part of it."""

    currency: str
    invoiced: Money
    paid: Money
    owed: Money
    overdue: Money


@dataclass(frozen=True)
class ClientFigures(Figures):
    """`paid` is all that cleared less what went back; `credit` is the part of it that no invoice took."""

    credit: Money


def client_money(organisation: Organisation) -> list[ClientFigures]:
    """Of a client, one a currency; none where nothing was issued or paid. Two queries. Only for owners and payers."""
    asked = _asked_for(Invoice.objects.filter(organisation=organisation), dates.today_on_page())
    unspent = F("amount") - F("allocated") - F("refunded")
    rows = (
        Payment.objects.filter(organisation=organisation, status__in=CAME_IN)
        .order_by()
        .values("amount_currency")
        .annotate(
            came=Sum(F("amount") - F("refunded"), filter=~Q(status=Payment.Status.REVERSED), output_field=SUM),
            credit=Sum(unspent, filter=Q(status=Payment.Status.CLEARED), output_field=SUM),
        )
    )
    came = {row["amount_currency"]: row for row in rows}
    return [
        ClientFigures(
            **vars(asked.get(currency) or _nothing(currency))
            | {
                "paid": _coins(came.get(currency, {}).get("came"), currency),
                "credit": _coins(came.get(currency, {}).get("credit"), currency),
            }
        )
        for currency in sorted({*asked, *came})
    ]


def engagement_money(engagement: Engagement) -> Figures:
    """Of one project. One query. Only for owners and payers."""
    asked = _asked_for(Invoice.objects.filter(engagement=engagement), dates.today_on_page())
    return asked.get(engagement.currency) or _nothing(engagement.currency)


def _asked_for(invoices: QuerySet[Invoice], today: dt.date) -> dict[str, Figures]:
    """By currency. A deposit may have been paid before it was issued; what it asks for counts from then on."""
    credit, issued = Q(kind=Invoice.Kind.CREDIT), ~Q(status__in=Invoice.UNISSUED)
    owed = Q(status__in=Invoice.OWED) & ~credit
    left = F("due") - F("paid") - F("credited")
    rows = (
        invoices.exclude(status=Invoice.Status.DISCARDED)
        .order_by()
        .values("due_currency")
        .annotate(
            asked=Sum("due", filter=issued, output_field=SUM),
            came=Sum("paid", filter=~credit, output_field=SUM),
            owed=Sum(left, filter=owed, output_field=SUM),
            overdue=Sum(left, filter=owed & Q(due_on__lt=today), output_field=SUM),
        )
    )
    return {
        row["due_currency"]: Figures(
            row["due_currency"],
            *(_coins(row[name], row["due_currency"]) for name in ("asked", "came", "owed", "overdue")),
        )
        for row in rows
    }


def _coins(amount: Decimal | None, currency: str) -> Money:
    """SQLite adds decimals as floats: rounding to the coin takes off what that left."""
    return round_money(Money(amount or 0, currency))


def _nothing(currency: str) -> Figures:
    zero = Money(0, currency)
    return Figures(currency, zero, zero, zero, zero)


def _newly_asked(invoice: Invoice) -> Money:
    """Its net, less the net of what it deducts: what it added to everything that was asked for before."""
    return total([invoice.net, *(-one.net for one in invoice.deductions.all())], str(invoice.net.currency))


def _billables(engagement: Engagement, invoices: Sequence[Invoice]) -> list[Billable]:
    """What has an invoice, and what may get one: where a final invoice asks for all that is left, nothing else does."""
    counted = [one for one in invoices if one.status not in {Invoice.Status.CREDITED, Invoice.Status.DISCARDED}]
    billed = {line.source: one for one in counted for line in one.lines.all() if line.source}
    by_time = contract.is_by_time(engagement)
    middle = _hours(engagement) if by_time else [*_parts(engagement, billed), *_milestones(engagement, billed)]
    final = contract.final_of(invoices)
    rows = [*_deposit(engagement, billed), *middle, *_orders(engagement, billed)]
    if final is not None:
        since = contract.agreed_since(engagement, final)
        rows = [row for row in rows if row.on or row.what in since]
    else:
        left = contract.room(engagement, invoices)
        rows = [_as_room_allows(row, left, by_time=by_time) for row in rows]
    note = (
        _("The logged time that is left, less what was paid ahead.")
        if by_time
        else _("The whole contract as it stands, less what was invoiced before.")
    )
    return [*rows, Billable("final", _("Final invoice"), note, None, final, engagement.status != "awaiting_deposit")]


def _as_room_allows(row: Billable, left: Money | None, *, by_time: bool) -> Billable:
    """Not ready where the contract has no room for it; its note says so."""
    if (
        row.on
        or row.amount is None
        or left is None
        or row.amount <= left
        or (by_time and row.what.startswith("change:"))
    ):
        return row
    if row.what == "hours" and left.amount > 0:
        return replace(row, amount=left)
    return replace(row, note=_("More than is left of the contract: the final invoice asks for it"), is_ready=False)


def _deposit(engagement: Engagement, billed: dict[str, Invoice]) -> list[Billable]:
    amount = engagement.acceptance.deposit
    if not amount.amount:
        return []
    return [Billable("deposit", _("Deposit"), _("On signing"), amount, billed.get("deposit"))]


def _parts(engagement: Engagement, billed: dict[str, Invoice]) -> list[Billable]:
    """Of the payment plan, between the deposit and the last, which the final invoice asks for."""
    parts = contract.instalments(engagement)
    return [
        Billable(f"instalment:{index}", part.when, _("Payment plan"), part.amount, billed.get(f"instalment:{index}"))
        for index, part in enumerate(parts)
        if 0 < index < len(parts) - 1
    ]


def _milestones(engagement: Engagement, billed: dict[str, Invoice]) -> list[Billable]:
    """Accepted pieces of work, where no part of a payment plan stands for them."""
    if any(source.startswith("instalment:") for source in billed) or len(contract.instalments(engagement)) > 2:
        return []
    return [
        Billable(f"item:{item.pk}", item.title, _("Accepted"), worth, billed.get(f"item:{item.pk}"))
        for item, worth, _traded in items_with_values(engagement)
        if item.status == ScopeItem.Status.ACCEPTED and worth.amount > 0
    ]


def _orders(engagement: Engagement, billed: dict[str, Invoice]) -> list[Billable]:
    return [
        Billable(f"change:{one.pk}", str(one), _("Approved"), one.value_change, billed.get(f"change:{one.pk}"))
        for one in contract.orders_of(engagement)
    ]


def _hours(engagement: Engagement) -> list[Billable]:
    offer = Offer.of(engagement.acceptance.revision)
    if offer.rate is None:
        return []
    hours = sum(hours for _source, _title, hours in contract.unbilled_hours(engagement, dates.today_on_page()))
    if not hours:
        return []
    note = _("%(hours)s hours, not billed yet") % {"hours": hours}
    return [Billable("hours", _("Logged time"), note, round_money(offer.rate * hours))]
