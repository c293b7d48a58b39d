"""Payments that a person records, and which invoices they pay. Only what cleared counts.

The client's engagements are locked first, then invoices, then payments, each in the order of their keys: whoever comes
second waits, and sees what the first one did.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from billing.models import Allocation, Invoice, Payment
from billing.services.deposits import tell_engagement
from billing.services.reminders import drop_settled
from core import events
from core.errors import DomainError, TransitionError
from core.models import Event, Organisation, User
from core.money import Money, format_money, total
from engagements.models import Engagement
from outreach import dates


@dataclass(frozen=True)
class Received:
    """Money that arrived on a day, and the day it cleared, where it has. `another`: it is a second one of the same
    amount on the same day, and no mistake."""

    amount: Money
    received_on: dt.date
    cleared_on: dt.date | None = None
    note: str = ""
    bank_reference: str = ""
    another: bool = False


@transaction.atomic
def record_payment(*, invoice: Invoice, received: Received, actor: User) -> Payment:
    """“Received and cleared on” in one step, or only received. What is more than the invoice asks for is kept as the
    client's credit: all of it, where it is paid or written off. A deposit may be paid while it is still a draft;
    everything else is issued first.

    Raises DomainError for no amount, another currency, a day to come, a draft or a credit note, and for the same amount
    on the same day again: of two clerks who record one payment, the second is told so.
    """
    lock_client(invoice.organisation)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    takes = takes_money(invoice)
    if invoice.kind == Invoice.Kind.CREDIT:
        raise DomainError(_("A credit note is not paid."))
    if not takes and not invoice.is_issued:
        raise DomainError(
            _("This invoice asks for no money: it is “%(status)s”."), status=invoice.get_status_display().lower()
        )
    currency = str(invoice.total.currency)
    payment = _create(invoice.organisation, received, currency, invoice.engagement.locale, actor)
    if takes:
        _allocate(payment, invoice, min(payment.amount, _free(invoice, payment)))
    settle([invoice], actor)
    return payment


@transaction.atomic
def record_advance(*, organisation: Organisation, received: Received, actor: User) -> Payment:
    """Money that came for no invoice in particular: the client's credit. Raises DomainError as `record_payment`."""
    lock_client(organisation)
    return _create(organisation, received, str(received.amount.currency), organisation.locale, actor)


def takes_money(invoice: Invoice) -> bool:
    """Whether a payment may be put to it. A deposit takes money before it is issued."""
    waits = invoice.kind == Invoice.Kind.DEPOSIT and invoice.status in {Invoice.Status.DRAFT, Invoice.Status.ISSUING}
    return invoice.is_owed or waits


def _create(organisation: Organisation, received: Received, currency: str, locale: str, actor: User) -> Payment:
    _check(organisation, received, currency, locale)
    payment = Payment.objects.create(
        organisation=organisation,
        status=Payment.Status.CLEARED if received.cleared_on else Payment.Status.PENDING,
        amount=received.amount,
        allocated=Money(0, received.amount.currency),
        refunded=Money(0, received.amount.currency),
        received_on=received.received_on,
        cleared_on=received.cleared_on,
        bank_reference=received.bank_reference.strip()[:100],
        note=received.note.strip()[:200],
        recorded_by=actor,
    )
    _record(payment, "payment.recorded", actor, amount=payment.amount)
    return payment


@transaction.atomic
def clear_payment(*, payment: Payment, on: dt.date, actor: User) -> Payment:
    """What was paid meanwhile by other money is not paid twice: the rest becomes credit. Raises TransitionError where
    it is not on its way, DomainError for a day to come or before it was received."""
    payment, invoices = _locked(payment)
    if on > dates.today():
        raise DomainError(_("That day has not come yet."))
    if on < payment.received_on:
        raise DomainError(_("It cannot clear before it was received."))
    payment.move_to(Payment.Status.CLEARED)
    payment.cleared_on = on
    payment.save(update_fields=["status", "cleared_on"])
    for invoice in invoices:
        shrink(payment, invoice, invoice.balance)
    _record(payment, "payment.cleared", actor, amount=payment.amount)
    settle(invoices, actor)
    return payment


@transaction.atomic
def fail_payment(*, payment: Payment, reason: str, actor: User) -> Payment:
    """It never arrived: a check that bounced, a transfer that came to nothing."""
    return _end(payment, Payment.Status.FAILED, reason, "payment.failed", actor)


@transaction.atomic
def reverse_payment(*, payment: Payment, reason: str, actor: User) -> Payment:
    """The bank took it back; a deposit's gate closes again. Raises DomainError without a reason or where part of it
    was refunded, TransitionError where it had not cleared."""
    return _end(payment, Payment.Status.REVERSED, reason, "payment.reversed", actor)


@transaction.atomic
def refund(*, payment: Payment, amount: Money, reason: str, actor: User) -> Payment:
    """Paid back to the client, out of what no invoice took. Raises DomainError for more than that, TransitionError
    where it had not cleared."""
    payment, _invoices = _locked(payment)
    if payment.status != Payment.Status.CLEARED:
        raise TransitionError(_("Only money that cleared can be paid back."))
    if amount.currency != payment.amount.currency or not 0 < amount.amount <= payment.unspent.amount:
        raise DomainError(
            _("Up to %(left)s of it can be paid back: the rest pays invoices."),
            left=format_money(payment.unspent, payment.organisation.locale),
        )
    payment.refunded += amount
    if payment.refunded == payment.amount:
        payment.move_to(Payment.Status.REFUNDED)
    payment.save(update_fields=["refunded", "status"])
    _record(payment, "payment.refunded", actor, amount=amount, reason=_said(reason, _("Say why it is paid back.")))
    return payment


@transaction.atomic
def use_credit(*, invoice: Invoice, actor: User) -> Money:
    """Put the client's credit to the invoice, the oldest money first; how much. Raises DomainError where there is
    none, or the invoice asks for nothing."""
    lock_client(invoice.organisation)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not invoice.is_owed:
        raise DomainError(_("Nothing is owed on this invoice."))
    used = Money(0, invoice.total.currency)
    for payment in _with_credit(invoice.organisation, str(invoice.total.currency)):
        part = min(payment.unspent, invoice.balance - used)
        if part.amount <= 0:
            break
        _allocate(payment, invoice, part)
        used += part
    if not used.amount:
        raise DomainError(_("The client has no credit."))
    events.record(invoice, "invoice.credit_used", actor=actor, audience=Event.Audience.CLIENT, amount=used)
    settle([invoice], actor)
    return used


def credit_of(organisation: Organisation, currency: str) -> Money:
    """What the client has paid and no invoice took."""
    return total((one.unspent for one in _cleared(organisation, currency)), currency)


def settle(invoices: Iterable[Invoice], actor: User | None) -> None:
    """What was paid on each follows its allocations, its state follows that, and so does the gate of a deposit. Expects
    the rows locked."""
    for invoice in invoices:
        rows = invoice.allocations.filter(payment__status=Payment.Status.CLEARED)
        invoice.paid = total((one.amount for one in rows), str(invoice.total.currency))
        if invoice.is_issued and invoice.status != Invoice.Status.WRITTEN_OFF:
            invoice.move_to(status_by_money(invoice))
        invoice.save(update_fields=["paid", "status"])
        drop_settled(invoice, actor)
        if invoice.kind == Invoice.Kind.DEPOSIT:
            tell_engagement(invoice.engagement, actor)


def status_by_money(invoice: Invoice) -> Invoice.Status:
    """Of one that is issued."""
    if invoice.balance.amount <= 0:
        taken_back = invoice.credited.amount or invoice.status == Invoice.Status.CREDITED  # though it asked for nothing
        return Invoice.Status.CREDITED if taken_back and not invoice.paid.amount else Invoice.Status.PAID
    return Invoice.Status.PART_PAID if invoice.paid.amount else Invoice.Status.ISSUED


def shrink(payment: Payment, invoice: Invoice, to: Money) -> None:
    """What the payment gives the invoice, at most `to`; what is left over becomes credit. Expects the rows locked."""
    allocation = Allocation.objects.filter(payment=payment, invoice=invoice).first()
    if allocation is None or allocation.amount <= to:
        return
    if to.amount <= 0:
        allocation.delete()
    else:
        allocation.amount = to
        allocation.save(update_fields=["amount"])
    _count_allocated(payment)


def _check(organisation: Organisation, received: Received, currency: str, locale: str) -> None:
    today = dates.today()
    if received.amount.amount <= 0 or str(received.amount.currency) != currency:
        raise DomainError(_("Enter an amount above zero in %(currency)s."), currency=currency)
    if received.received_on > today or (received.cleared_on and received.cleared_on > today):
        raise DomainError(_("That day has not come yet."))
    if received.cleared_on and received.cleared_on < received.received_on:
        raise DomainError(_("It cannot clear before it was received."))
    if not received.another and _twins(organisation, received).exists():
        raise DomainError(
            _("%(amount)s received on that day are recorded already. If this is another payment, tick so."),
            amount=format_money(received.amount, locale),
        )


def _twins(organisation: Organisation, received: Received) -> QuerySet[Payment]:
    """What may be the same payment: only two bank references that differ tell two apart, and a clerk may type none."""
    rows = Payment.objects.filter(
        organisation=organisation,
        amount=received.amount.amount,
        amount_currency=str(received.amount.currency),
        received_on=received.received_on,
        status__in=[Payment.Status.PENDING, Payment.Status.CLEARED],
    )
    reference = received.bank_reference.strip()[:100]
    return rows.filter(Q(bank_reference="") | Q(bank_reference__iexact=reference)) if reference else rows


def _free(invoice: Invoice, payment: Payment) -> Money:
    """What of the invoice no other money has claimed, cleared or on its way."""
    rows = invoice.allocations.filter(payment__status=Payment.Status.PENDING).exclude(payment=payment)
    pending = total((one.amount for one in rows), str(invoice.total.currency))
    # Money in hand goes before money on its way; what was on its way becomes credit when it clears.
    claimed = pending if payment.status == Payment.Status.PENDING else Money(0, invoice.total.currency)
    return max(invoice.balance - claimed, Money(0, invoice.total.currency))


def _allocate(payment: Payment, invoice: Invoice, amount: Money) -> None:
    if amount.amount <= 0:
        return
    allocation, made = Allocation.objects.get_or_create(payment=payment, invoice=invoice, defaults={"amount": amount})
    if not made:
        allocation.amount += amount
        allocation.save(update_fields=["amount"])
    _count_allocated(payment)


def _count_allocated(payment: Payment) -> None:
    payment.allocated = total((one.amount for one in payment.allocations.all()), str(payment.amount.currency))
    payment.save(update_fields=["allocated"])


def _end(payment: Payment, status: Payment.Status, reason: str, what: str, actor: User) -> Payment:
    payment, invoices = _locked(payment)
    said = _said(reason, _("Say why it was reversed.") if status == Payment.Status.REVERSED else _("Say why."))
    if payment.refunded.amount:
        raise DomainError(_("Part of it was paid back to the client already."))
    payment.move_to(status)
    payment.reversal_reason = said
    payment.save(update_fields=["status", "reversal_reason"])
    _record(payment, what, actor, amount=payment.amount, reason=said)
    settle(invoices, actor)
    return payment


def _said(reason: str, otherwise: str) -> str:
    if not reason.strip():
        raise DomainError(otherwise)
    return reason.strip()[:500]


def _record(payment: Payment, what: str, actor: User, **details: Any) -> None:
    events.record(payment, what, actor=actor, organisation=payment.organisation, **details)


def _cleared(organisation: Organisation, currency: str) -> list[Payment]:
    rows = Payment.objects.filter(organisation=organisation, status=Payment.Status.CLEARED)
    return [one for one in rows.order_by("id") if str(one.amount.currency) == currency]


def _with_credit(organisation: Organisation, currency: str) -> list[Payment]:
    wanted = [one.pk for one in _cleared(organisation, currency) if one.unspent.amount > 0]
    return list(Payment.objects.select_for_update().filter(pk__in=wanted).order_by("id"))


def lock_client(organisation: Organisation) -> None:
    """All of its engagements, so that money may go from one to another without a knot. Whoever holds one of them
    already must not ask for the rest."""
    list(Engagement.objects.select_for_update().filter(organisation=organisation).order_by("pk"))


def _locked(payment: Payment) -> tuple[Payment, list[Invoice]]:
    """The payment and the invoices it pays."""
    lock_client(payment.organisation)
    paid = Invoice.objects.select_for_update().filter(allocations__payment=payment.pk).order_by("pk")
    invoices = list(paid)
    row = Payment.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=payment.pk)
    return row, invoices
