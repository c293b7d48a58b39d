"""Credit notes: how an issued invoice is corrected. Each takes back lines of one invoice, whole or in part."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from billing.amounts import tax_of
from billing.models import Deduction, Invoice, InvoiceLine, LineTax
from billing.services import payments
from billing.services.drafting import total_up
from core import events
from core.errors import DomainError, TransitionError
from core.models import User
from core.money import Money, as_json, format_money, from_json, total
from engagements.models import Engagement


@transaction.atomic
def draft_credit_note(
    *, invoice: Invoice, reason: str, actor: User, amounts: Mapping[int, Money] | None = None
) -> Invoice:
    """A draft that takes back the whole invoice, or of its lines (by primary key) the net amounts given. What a final
    invoice deducted is given back with the whole of it.

    Raises TransitionError where it has no number or another correction waits, DomainError without a reason, for an
    amount above what is left of its line, and where a final invoice has deducted it: that one is corrected first.
    """
    Engagement.objects.select_for_update().get(pk=invoice.engagement_id)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not reason.strip():
        raise DomainError(_("Say what is corrected, and why."))
    if not invoice.is_issued or invoice.kind == Invoice.Kind.CREDIT:
        raise TransitionError(_("Only an issued invoice can be corrected."))
    if invoice.credit_notes.filter(status__in=[Invoice.Status.DRAFT, Invoice.Status.ISSUING]).exists():
        raise TransitionError(_("A credit note for it waits to be issued. Issue or discard that first."))
    nothing = Money(0, invoice.total.currency)
    note = Invoice.objects.create(
        organisation=invoice.organisation,
        engagement=invoice.engagement,
        kind=Invoice.Kind.CREDIT,
        title=_("Credit for %(reference)s") % {"reference": invoice.reference},
        po_number=invoice.po_number,
        service_from=invoice.service_from,
        service_to=invoice.service_to,
        due_days=0,
        corrects=invoice,
        reason=reason.strip()[:500],
        **dict.fromkeys(("net", "tax", "total", "deducted", "due", "paid", "credited"), nothing),
    )
    _take_back(invoice, note, amounts)
    if amounts is None:
        _give_back_deductions(invoice, note)
    total_up(note)
    check(note)
    events.record(note, "credit_note.drafted", actor=actor, total=note.total, of=invoice.reference)
    return note


def check(note: Invoice) -> None:
    """Raises DomainError where it would take back nothing, more than is left of the invoice, or what a final invoice
    has deducted."""
    if note.corrects is None or note.total.amount >= 0:
        raise DomainError(_("A credit note takes something back: choose what."))
    if deducting := _deducted_on(note.corrects):
        raise DomainError(
            _("%(final)s has deducted this invoice. Correct that one instead."), final=deducting.reference
        )
    left = note.corrects.due - note.corrects.credited
    if -note.due > left:
        raise DomainError(
            _("Only %(left)s are left of %(reference)s."),
            left=format_money(left, note.engagement.locale),
            reference=note.corrects.reference,
        )


def apply(note: Invoice) -> None:
    """It was issued: the invoice it corrects asks for less, and what was paid above that becomes the client's credit.
    Runs inside the transaction that issues it, the client's engagements locked: credit goes from one to another."""
    invoice = Invoice.objects.select_for_update().get(credit_notes=note)
    credited = invoice.credited - note.due
    room = invoice.due - credited
    for allocation in invoice.allocations.select_related("payment").order_by("-id"):
        if allocation.payment.status != "cleared":
            continue
        over = _cleared(invoice) - room
        if over.amount > 0:
            payments.shrink(allocation.payment, invoice, allocation.amount - over)
    invoice.paid = _cleared(invoice)
    invoice.credited = credited
    if note.deducted.amount and invoice.status != Invoice.Status.WRITTEN_OFF:
        invoice.move_to(Invoice.Status.CREDITED)  # even where nothing of it was left to pay
    invoice.save(update_fields=["paid", "credited", "status"])
    payments.settle([invoice], note.issued_by)


def _take_back(invoice: Invoice, note: Invoice, amounts: Mapping[int, Money] | None) -> None:
    taken = _taken_back(invoice)
    nothing = Money(0, invoice.total.currency)
    for position, line in enumerate(invoice.lines.prefetch_related("taxes__rate"), start=1):
        left = line.net - taken.net.get(line.position, nothing)
        back = left if amounts is None else amounts.get(line.pk, nothing)
        if not back.amount:
            continue
        if amounts is not None and not 0 < back.amount <= left.amount:
            raise DomainError(
                _("Of “%(title)s” up to %(left)s can be taken back."),
                title=line.title,
                left=format_money(max(left, nothing), note.engagement.locale),
            )
        minus = InvoiceLine.objects.create(
            invoice=note,
            position=position,
            title=line.title,
            detail=line.detail,
            quantity=1,
            unit_price=-back,
            net=-back,
            source=f"credit:{line.position}",
            agreed_in=line.agreed_in,
            is_reduction=True,
        )
        for tax in line.taxes.all():
            rest = tax.amount - taken.tax.get((line.position, tax.rate_id), nothing)
            LineTax.objects.create(
                line=minus,
                rate=tax.rate,
                name=tax.name,
                percent=tax.percent,
                note=tax.note,
                amount=-rest if back == left else -min(tax_of(back, tax.rate), rest),
            )


@dataclass(frozen=True)
class _Taken:
    """What earlier credit notes took back: net by a line's position, tax by that and the rate's primary key. Whoever
    takes the rest of a line takes the rest of its tax, so that parts come to the whole."""

    net: dict[int, Money]
    tax: dict[tuple[int, int], Money]


def _taken_back(invoice: Invoice) -> _Taken:
    rows = InvoiceLine.objects.filter(invoice__in=invoice.credit_notes.issued(), source__startswith="credit:")
    nothing = Money(0, invoice.total.currency)
    found = _Taken({}, {})
    for row in rows.prefetch_related("taxes"):
        position = int(row.source.removeprefix("credit:"))
        found.net[position] = found.net.get(position, nothing) - row.net
        for tax in row.taxes.all():
            key = (position, tax.rate_id)
            found.tax[key] = found.tax.get(key, nothing) - tax.amount
    return found


def _give_back_deductions(invoice: Invoice, note: Invoice) -> None:
    """A final invoice that is taken back whole no longer deducts anything: the note gives that back, so that it comes
    to what was asked for."""
    Deduction.objects.bulk_create(
        Deduction(
            invoice=note,
            earlier=one.earlier,
            net=-one.net,
            tax=-one.tax,
            total=-one.total,
            taxes=[tax | {name: as_json(-from_json(tax[name])) for name in ("net", "tax")} for tax in one.taxes],
        )
        for one in invoice.deductions.select_related("earlier")
    )


def _deducted_on(invoice: Invoice) -> Invoice | None:
    finals = Invoice.objects.counted().filter(kind=Invoice.Kind.FINAL, deductions__earlier=invoice)
    return finals.issued().first()


def _cleared(invoice: Invoice) -> Money:
    rows = invoice.allocations.filter(payment__status="cleared")
    return total((one.amount for one in rows), str(invoice.total.currency))
