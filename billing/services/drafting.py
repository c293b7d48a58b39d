"""Drafts: what an invoice asks for, before it has a number. Everything that is billed comes from what was agreed and is
billed once; what is written by hand is the consultant's word."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing import contract
from billing.amounts import NewLine, tax_of
from billing.models import BillingParticulars, Deduction, Invoice, InvoiceLine, InvoiceSettings, LineTax, TaxRate
from billing.services.deposits import tell_engagement
from core import events
from core.errors import DomainError, TransitionError
from core.models import Organisation, User
from core.money import LARGEST, Money, format_money, total
from engagements.ledger_queries import items_with_values
from engagements.models import Acceptance, ChangeSet, Engagement, ScopeItem
from engagements.offer import Offer
from outreach import dates

PART_OF_THE_PRICE = "agreed"  # source of a line written by hand that bills the contract
MANY_TIMES = frozenset({PART_OF_THE_PRICE})  # sources that any number of invoices may have, as far as there is room
# Kinds whose lines nobody adds to or takes from.
FOLLOWS_THE_AGREEMENT = frozenset({Invoice.Kind.DEPOSIT, Invoice.Kind.FINAL, Invoice.Kind.CREDIT})


@dataclass(frozen=True)
class DraftWords:
    """What people may say on an invoice besides its lines."""

    title: str
    po_number: str = ""
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    due_days: int = 14
    note: str = ""


@dataclass(frozen=True)
class EditedLine:
    """A line as its form sends it. `pk` None: a new one. What was agreed keeps its amount, whatever the form says."""

    pk: int | None
    title: str
    unit_price: Money
    quantity: Decimal = Decimal(1)
    unit: str = ""
    detail: str = ""
    taxes: Sequence[TaxRate] = ()


@transaction.atomic
def draft_deposit(*, acceptance: Acceptance, engagement: Engagement, actor: User | None) -> Invoice | None:
    """The deposit's invoice; once an engagement, whoever comes second gets it. None where the agreement asks for none.
    Raises DomainError where so much was invoiced that it has no room any more."""
    engagement = _locked(engagement)
    if not acceptance.deposit.amount:
        return None
    if found := engagement.invoices.counted().filter(kind=Invoice.Kind.DEPOSIT).first():
        return found
    invoices = contract.invoices_of(engagement)
    contract.require_no_final(engagement, ["deposit"], invoices)
    reference = acceptance.revision.reference
    line = NewLine(
        title=_("Deposit for %(title)s") % {"title": engagement.title},
        detail=_("%(percent)d %% of the price agreed in %(reference)s")
        % {"percent": acceptance.revision.deposit_percent, "reference": reference},
        unit_price=acceptance.deposit,
        source="deposit",
        agreed_in=reference,
    )
    invoice = _draft(engagement, Invoice.Kind.DEPOSIT, line.title, [line], actor)
    if contract.billed(invoices, engagement.currency).amount:  # else it is what was signed, whatever the cap
        contract.require_room(engagement, contract.invoices_of(engagement))
    return invoice


@transaction.atomic
def draft_instalment(*, engagement: Engagement, index: int, actor: User) -> Invoice:
    """A part of the payment plan; `index` counts from 0, the deposit. Raises DomainError where there is no such part,
    it is billed already, or it is the deposit or the last, which have invoices of their own kinds."""
    engagement = _locked(engagement)
    parts = contract.instalments(engagement)
    if not 0 < index < len(parts) - 1:
        raise DomainError(_("The payment plan has no such part between the deposit and the last."))
    source = f"instalment:{index}"
    _require_unbilled(engagement, [source])
    part = parts[index]
    reference = engagement.acceptance.revision.reference
    line = NewLine(
        title=part.when,
        detail=_("Part %(n)d of %(count)d of the payment plan") % {"n": index + 1, "count": len(parts)},
        unit_price=part.amount,
        source=source,
        agreed_in=reference,
    )
    return _draft_of_contract(engagement, f"{engagement.title}: {part.when}", [line], actor)


@transaction.atomic
def draft_change(*, change_set: ChangeSet, actor: User) -> Invoice:
    """An approved change order that added to the price. Raises DomainError where it is not, or is billed already."""
    engagement = _locked(change_set.engagement)
    change_set.refresh_from_db()
    if change_set.status != ChangeSet.Status.APPROVED or change_set.value_change.amount <= 0:
        raise DomainError(_("Only an approved change that added to the price can be invoiced."))
    line = contract.order_line(change_set)
    _require_unbilled(engagement, [line.source])
    return _draft_of_contract(engagement, str(change_set), [line], actor)


@transaction.atomic
def draft_items(*, engagement: Engagement, items: Sequence[ScopeItem], actor: User) -> Invoice:
    """Milestones: accepted pieces of work at what the ledger says they are worth. Raises DomainError for none, for one
    that is not accepted, of another engagement, worth nothing or billed already."""
    engagement = _locked(engagement)
    chosen = {item.pk for item in items}
    rows = [(item, worth) for item, worth, _traded in items_with_values(engagement) if item.pk in chosen]
    if not rows or len(rows) != len(chosen):
        raise DomainError(_("Choose what is to be invoiced."))
    for item, worth in rows:
        if item.status != ScopeItem.Status.ACCEPTED or worth.amount <= 0:
            raise DomainError(_("“%(title)s” is not accepted yet, or is worth nothing."), title=item.title)
    _require_unbilled(engagement, [f"item:{item.pk}" for item, _worth in rows])
    origin = contract.agreed_in(engagement)
    drafts = [
        NewLine(title=item.title, unit_price=worth, source=f"item:{item.pk}", agreed_in=origin.get(item.pk, ""))
        for item, worth in rows
    ]
    title = drafts[0].title if len(drafts) == 1 else engagement.title
    return _draft_of_contract(engagement, title, drafts, actor)


@transaction.atomic
def draft_hours(*, engagement: Engagement, until: dt.date, actor: User) -> Invoice:
    """Logged time of capped time and materials up to a day, less what was billed before, at the agreed rate and never
    above what the cap leaves beside the deposit, which the final invoice deducts. Time logged late for days past is
    billed with the next. Raises DomainError where there is none."""
    engagement = _locked(engagement)
    if Offer.of(engagement.acceptance.revision).rate is None or not contract.unbilled_hours(engagement, until):
        raise DomainError(_("There is no logged time to invoice up to that day."))
    drafts = contract.hour_lines(engagement, until)
    if not drafts:
        raise DomainError(
            _(
                "With what was paid ahead the agreed cap is reached. The final invoice bills what is left of it; for "
                "more, agree on a change order."
            )
        )
    return _draft_of_contract(engagement, engagement.title, drafts, actor, service_to=until)


@transaction.atomic
def draft_by_hand(
    *, engagement: Engagement, words: DraftWords, lines: Sequence[NewLine], actor: User, agreed: bool = False
) -> Invoice:
    """Something beside the contract; or with `agreed` a part of its price, which the final invoice deducts. Raises
    DomainError for no line, a line below zero, or more than is left of the contract."""
    engagement = _locked(engagement)
    _require_lines(lines)
    title = words.title.strip() or engagement.title
    sourced = [replace(line, source=PART_OF_THE_PRICE if agreed else "") for line in lines]
    if agreed:
        invoice = _draft_of_contract(engagement, title, sourced, actor)
    else:
        invoice = _draft(engagement, Invoice.Kind.PROGRESS, title, sourced, actor)
    return _say(invoice, words)


@transaction.atomic
def draft_final(*, engagement: Engagement, actor: User) -> Invoice:
    """The whole contract as it stands, less what earlier invoices have asked for: the deposit, instalments, orders. Of
    capped time what was logged and is on no invoice, less what was paid ahead.

    Raises DomainError where a draft is still open, a final one exists, or more was invoiced than the contract is worth.
    """
    engagement = _locked(engagement)
    _require_nothing_waits(engagement)
    if contract.final_of(contract.invoices_of(engagement)):
        raise DomainError(_("There is a final invoice already."))
    lines = contract.final_lines(engagement)
    if not lines and contract.is_by_time(engagement):
        raise DomainError(_("All logged time is invoiced. What was paid ahead goes back by a credit note."))
    if not lines:
        raise DomainError(_("The contract is worth nothing: there is nothing to invoice."))
    title = _("Final invoice for %(title)s") % {"title": engagement.title}
    service_to = dates.today() if contract.is_by_time(engagement) else None
    invoice = _draft(engagement, Invoice.Kind.FINAL, title, lines, actor, service_to=service_to)
    _deduct(invoice)
    return invoice


@transaction.atomic
def edit_draft(*, invoice: Invoice, words: DraftWords, lines: Sequence[EditedLine], actor: User) -> Invoice:
    """Words, dates and lines of a draft. Lines left out go; a line of the agreement keeps its amount, that of a credit
    note its taxes too. Raises
    TransitionError once it is being issued, DomainError for no line, a line below zero or dates the wrong way."""
    invoice = locked_draft(invoice)
    if words.service_from and words.service_to and words.service_to < words.service_from:
        raise DomainError(_("The service period ends before it begins."))
    kept = {line.pk: line for line in invoice.lines.all()}
    by_hand = PART_OF_THE_PRICE if any(line.source == PART_OF_THE_PRICE for line in kept.values()) else ""
    drafts = [_edited(line, kept.get(line.pk or 0), by_hand) for line in lines]
    if invoice.kind in FOLLOWS_THE_AGREEMENT and len(drafts) != len(kept):
        raise DomainError(_("The lines of this invoice follow the agreement. Change words, dates and taxes only."))
    if invoice.kind == Invoice.Kind.CREDIT:
        _reword(invoice, lines)
    else:
        _require_lines(drafts, below_zero=invoice.kind == Invoice.Kind.FINAL)
        _write_lines(invoice, drafts)
    if by_hand:
        contract.require_room(invoice.engagement, contract.invoices_of(invoice.engagement))
    invoice = _say(invoice, words)
    if invoice.kind == Invoice.Kind.DEPOSIT:  # of what was paid on it another part is for the work
        tell_engagement(invoice.engagement, actor)
    events.record(invoice, "invoice.edited", actor=actor, total=invoice.total)
    return invoice


@transaction.atomic
def discard_draft(*, invoice: Invoice, actor: User | None) -> Invoice:
    """Raises TransitionError once it has a number, DomainError where money has come in for it."""
    invoice = locked_draft(invoice)
    if invoice.allocations.filter(payment__status__in=["pending", "cleared"]).exists():
        raise DomainError(_("Money has come in for it: issue it."))
    invoice.move_to(Invoice.Status.DISCARDED)
    invoice.save(update_fields=["status"])
    events.record(invoice, "invoice.discarded", actor=actor)
    return invoice


@transaction.atomic
def restore_draft(*, invoice: Invoice, actor: User) -> Invoice:
    """Undo of discarding. Raises DomainError where what it bills was billed otherwise meanwhile, or has no room."""
    engagement = _locked(invoice.engagement)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.status != Invoice.Status.DISCARDED:
        raise TransitionError(_("Only a discarded draft can be brought back."))
    sources = [line.source for line in invoice.lines.all() if line.source]
    if invoice.kind == Invoice.Kind.CREDIT:
        _require_still_credited(invoice, sources)
        sources = []
    _require_unbilled(engagement, [one for one in sources if one not in MANY_TIMES and not is_hours(one)])
    _require_unbilled_hours(engagement, invoice)
    if invoice.kind == Invoice.Kind.FINAL:
        _require_nothing_waits(engagement)
    contract.require_no_final(engagement, sources, contract.invoices_of(engagement))
    invoice.status = Invoice.Status.DRAFT
    invoice.save(update_fields=["status"])
    if sources:
        contract.require_room(engagement, contract.invoices_of(engagement))
    events.record(invoice, "invoice.restored", actor=actor)
    return invoice


@transaction.atomic
def discard_drafts(*, engagement: Engagement, actor: User | None) -> int:
    """Of an engagement whose acceptance was rescinded; how many. What was paid on stays."""
    drafts = list(engagement.invoices.select_for_update().filter(status=Invoice.Status.DRAFT).order_by("id"))
    unpaid = [one for one in drafts if not one.allocations.exists()]
    for invoice in unpaid:
        discard_draft(invoice=invoice, actor=actor)
    return len(unpaid)


def taxes_for(organisation: Organisation) -> list[TaxRate]:
    """What its invoices carry: its own choice, else the practice's."""
    own = BillingParticulars.objects.filter(organisation=organisation, has_own_taxes=True).first()
    rates = own.taxes.all() if own else TaxRate.objects.filter(is_default=True)
    return list(rates.filter(retired_at=None))


# How a draft is written


def locked_draft(invoice: Invoice) -> Invoice:
    """Its engagement first, as everywhere. Raises TransitionError where it is no draft any more."""
    _locked(invoice.engagement)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.status != Invoice.Status.DRAFT:
        raise TransitionError(
            _("This invoice is “%(now)s”: it can no longer be changed."), now=invoice.get_status_display()
        )
    return invoice


def _locked(engagement: Engagement) -> Engagement:
    return Engagement.objects.select_for_update().get(pk=engagement.pk)


def _draft(
    engagement: Engagement,
    kind: Invoice.Kind,
    title: str,
    lines: Sequence[NewLine],
    actor: User | None,
    *,
    service_to: dt.date | None = None,
) -> Invoice:
    nothing = Money(0, engagement.currency)
    particulars = BillingParticulars.objects.filter(organisation=engagement.organisation).first()
    due_days = particulars.due_days if particulars else None
    invoice = Invoice.objects.create(
        organisation=engagement.organisation,
        engagement=engagement,
        kind=kind,
        title=title[:200],
        po_number=engagement.acceptance.po_number or (particulars.po_number if particulars else ""),
        due_days=InvoiceSettings.get().due_days if due_days is None else due_days,
        service_to=service_to,
        **dict.fromkeys(("net", "tax", "total", "deducted", "due", "paid", "credited"), nothing),
    )
    _write_lines(invoice, lines)
    events.record(invoice, "invoice.drafted", actor=actor, total=invoice.total)
    return invoice


def _draft_of_contract(
    engagement: Engagement,
    title: str,
    lines: Sequence[NewLine],
    actor: User | None,
    *,
    service_to: dt.date | None = None,
) -> Invoice:
    """Something that is a part of the price. Raises DomainError where the contract has no room for it, or a final
    invoice asks for it."""
    sources = [line.source for line in lines]
    contract.require_no_final(engagement, sources, contract.invoices_of(engagement))
    invoice = _draft(engagement, Invoice.Kind.PROGRESS, title, lines, actor, service_to=service_to)
    contract.require_room(engagement, contract.invoices_of(engagement))
    return invoice


def _write_lines(invoice: Invoice, drafts: Iterable[NewLine]) -> None:
    """In place of those it has."""
    drafts = list(drafts)
    for draft in drafts:
        require_fits(draft.net, draft.title)
    usual = taxes_for(invoice.organisation)
    invoice.lines.all().delete()
    for position, draft in enumerate(drafts, start=1):
        line = InvoiceLine.objects.create(
            invoice=invoice,
            position=position,
            title=draft.title[:200],
            detail=draft.detail,
            quantity=draft.quantity,
            unit=draft.unit,
            unit_price=draft.unit_price,
            net=draft.net,
            source=draft.source,
            agreed_in=draft.agreed_in,
            is_reduction=draft.is_reduction,
        )
        for rate in usual if draft.taxes is None else draft.taxes:
            LineTax.objects.create(
                line=line,
                rate=rate,
                name=rate.name,
                percent=rate.percent,
                note=rate.note,
                amount=tax_of(line.net, rate),
            )
    total_up(invoice)


def _reword(note: Invoice, lines: Iterable[EditedLine]) -> None:
    """Titles and details alone: amounts and taxes of a credit note are those of what it takes back."""
    said = {line.pk: line for line in lines}
    for kept in note.lines.filter(pk__in=[pk for pk in said if pk]):
        line = said[kept.pk]
        kept.title, kept.detail = line.title.strip()[:200] or kept.title, line.detail.strip()
        kept.save(update_fields=["title", "detail"])


def total_up(invoice: Invoice) -> None:
    """Its sums follow its lines and deductions."""
    currency = str(invoice.total.currency)
    lines = list(invoice.lines.prefetch_related("taxes"))
    invoice.net = total((line.net for line in lines), currency)
    invoice.tax = total((tax.amount for line in lines for tax in line.taxes.all()), currency)
    invoice.total = invoice.net + invoice.tax
    invoice.deducted = total((one.total for one in invoice.deductions.all()), currency)
    invoice.due = invoice.total - invoice.deducted
    require_fits(invoice.net, invoice.title)
    require_fits(invoice.total, invoice.title)
    # Asked here, so that a sum below zero ends in a sentence and not in the database's refusal.
    if invoice.kind != Invoice.Kind.CREDIT and invoice.due.amount < 0:
        raise DomainError(
            _("%(much)s more were invoiced than the contract is worth. Write a credit note first."),
            much=format_money(-invoice.due, invoice.engagement.locale),
        )
    if invoice.kind != Invoice.Kind.CREDIT and invoice.due < invoice.paid:
        raise DomainError(_("More has been paid on it than it would ask for."))
    invoice.save(update_fields=["net", "tax", "total", "deducted", "due"])


def require_fits(money: Money, title: str) -> None:
    """Raises DomainError for an amount that no column holds; asked before the database refuses it."""
    if abs(money.amount) >= LARGEST:
        raise DomainError(_("“%(title)s” comes to a million millions or more."), title=title)


def _deduct(invoice: Invoice) -> None:
    Deduction.objects.bulk_create(contract.to_be_deducted(invoice))
    total_up(invoice)


def _say(invoice: Invoice, words: DraftWords) -> Invoice:
    if not words.title.strip():
        raise DomainError(_("Give it a title."))
    invoice.title = words.title.strip()[:200]
    invoice.po_number = words.po_number.strip()[:100]
    invoice.service_from, invoice.service_to = words.service_from, words.service_to
    invoice.due_days, invoice.note = words.due_days, words.note.strip()
    invoice.failure = ""
    invoice.save(
        update_fields=["title", "po_number", "service_from", "service_to", "due_days", "note", "failure"],
    )
    return invoice


def is_agreed(line: InvoiceLine) -> bool:
    """Whether its amount follows the agreement: nobody changes it by hand."""
    return line.is_reduction or line.source not in {"", PART_OF_THE_PRICE}


def _edited(line: EditedLine, kept: InvoiceLine | None, by_hand: str) -> NewLine:
    """`by_hand` is the source of a line that is new."""
    agreed = kept is not None and is_agreed(kept)
    return NewLine(
        title=line.title.strip() or (kept.title if kept else ""),
        detail=line.detail.strip(),
        unit_price=kept.unit_price if kept and agreed else line.unit_price,
        quantity=kept.quantity if kept and agreed else line.quantity,
        unit=kept.unit if kept and agreed else line.unit.strip(),
        source=kept.source if kept else by_hand,
        agreed_in=kept.agreed_in if kept else "",
        taxes=tuple(line.taxes),
    )


def _require_lines(lines: Sequence[NewLine], *, below_zero: bool = False) -> None:
    if not lines:
        raise DomainError(_("An invoice needs a line."))
    for line in lines:
        if not line.title.strip():
            raise DomainError(_("Say what the line is for."))
        if line.net.amount < 0 and not below_zero:
            raise DomainError(_("“%(title)s” is below zero. What is taken back needs a credit note."), title=line.title)


def _require_nothing_waits(engagement: Engagement) -> None:
    """Raises DomainError where a draft is open that a final invoice would have to know of: any invoice, and a credit
    note that takes back what it deducts."""
    waiting = engagement.invoices.filter(status__in=[Invoice.Status.DRAFT, Invoice.Status.ISSUING])
    for one in waiting.select_related("corrects").order_by("id"):
        if one.kind != Invoice.Kind.CREDIT or (one.corrects and contract.lines_of(one.corrects)):
            raise DomainError(_("Issue or discard “%(title)s” first: the final invoice deducts it."), title=one.title)


def is_hours(source: str) -> bool:
    return source.startswith(contract.HOURS)


def _require_unbilled_hours(engagement: Engagement, invoice: Invoice) -> None:
    """Raises DomainError where time that it bills is on another invoice by now. Each bills what was logged since."""
    hours = [line for line in invoice.lines.all() if is_hours(line.source)]
    if not hours:
        return
    left = {source: much for source, _title, much in contract.unbilled_hours(engagement, dates.today(), invoice)}
    for line in hours:
        if line.quantity > left.get(line.source, 0):
            raise DomainError(_("“%(title)s” is on an invoice already: draft the hours anew."), title=line.title)


def _require_still_credited(note: Invoice, sources: Sequence[str]) -> None:
    """Raises DomainError where another credit note for the same invoice waits, or takes back of the same lines."""
    others = Invoice.objects.counted().filter(corrects=note.corrects_id).exclude(pk=note.pk)
    waits = others.filter(status__in=[Invoice.Status.DRAFT, Invoice.Status.ISSUING])
    if waits.exists() or InvoiceLine.objects.filter(invoice__in=others, source__in=sources).exists():
        raise DomainError(_("Another credit note was written for it meanwhile. Write this one anew."))


def _require_unbilled(engagement: Engagement, sources: Sequence[str]) -> None:
    lines = InvoiceLine.objects.filter(invoice__in=engagement.invoices.counted(), source__in=sources)
    if found := lines.select_related("invoice").first():
        raise DomainError(
            _("“%(title)s” is on an invoice already: %(invoice)s."), title=found.title, invoice=str(found.invoice)
        )
