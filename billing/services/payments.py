"""Payments that a person records: on their way, cleared, failed, reversed."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Invoice, Payment
from billing.services.deposits import cleared_of, tell_engagement
from core import events
from core.errors import DomainError
from core.models import User
from core.money import Money, format_money
from engagements.models import Engagement
from outreach import dates


@dataclass(frozen=True)
class Received:
    """Money that arrived on a day, and the day it cleared, where it has."""

    amount: Money
    received_on: dt.date
    cleared_on: dt.date | None = None
    note: str = ""


@transaction.atomic
def record_payment(*, invoice: Invoice, received: Received, actor: User) -> Payment:
    """“Received and cleared on” in one step, or only received. The invoice's row is locked: of two clerks who record
    the same payment the second is told that nothing is left to pay.

    Raises DomainError for no amount, another currency, a day to come, or more than is owed.
    """
    invoice = _locked_invoice(invoice)
    if invoice.status == Invoice.Status.DISCARDED:
        raise DomainError(_("This invoice was discarded."))
    if received.amount.amount <= 0 or received.amount.currency != invoice.total.currency:
        raise DomainError(_("Enter an amount above zero in %(currency)s."), currency=str(invoice.total.currency))
    today = dates.today()
    if received.received_on > today or (received.cleared_on and received.cleared_on > today):
        raise DomainError(_("That day has not come yet."))
    if received.cleared_on and received.cleared_on < received.received_on:
        raise DomainError(_("It cannot clear before it was received."))
    left = invoice.total - _taken(invoice)
    if received.amount > left:
        raise DomainError(
            _("Only %(left)s are left to pay."),
            left=format_money(left, invoice.engagement.locale),
        )
    payment = Payment.objects.create(
        invoice=invoice,
        status=Payment.Status.CLEARED if received.cleared_on else Payment.Status.PENDING,
        amount=received.amount,
        received_on=received.received_on,
        cleared_on=received.cleared_on,
        note=received.note.strip()[:200],
        recorded_by=actor,
    )
    events.record(payment, "payment.recorded", actor=actor, organisation=invoice.organisation, amount=payment.amount)
    _settle(invoice, actor)
    return payment


@transaction.atomic
def clear_payment(*, payment: Payment, on: dt.date, actor: User) -> Payment:
    """Raises TransitionError where it is not on its way."""
    payment = _locked(payment)
    payment.move_to(Payment.Status.CLEARED)
    payment.cleared_on = on
    payment.save(update_fields=["status", "cleared_on"])
    events.record(payment, "payment.cleared", actor=actor, organisation=payment.invoice.organisation)
    _settle(payment.invoice, actor)
    return payment


@transaction.atomic
def reverse_payment(*, payment: Payment, reason: str, actor: User) -> Payment:
    """The bank took it back; a deposit's gate closes again. Raises DomainError without a reason, TransitionError where
    it had not cleared."""
    payment = _locked(payment)
    if not reason.strip():
        raise DomainError(_("Say why it was reversed."))
    payment.move_to(Payment.Status.REVERSED)
    payment.reversal_reason = reason.strip()[:500]
    payment.save(update_fields=["status", "reversal_reason"])
    events.record(
        payment,
        "payment.reversed",
        actor=actor,
        organisation=payment.invoice.organisation,
        reason=payment.reversal_reason,
    )
    _settle(payment.invoice, actor)
    return payment


def _settle(invoice: Invoice, actor: User) -> None:
    """The invoice's state follows what cleared, and so does the gate."""
    cleared = cleared_of(invoice)
    if cleared >= invoice.total:
        invoice.move_to(Invoice.Status.PAID)
    elif cleared.amount:
        invoice.move_to(Invoice.Status.PART_PAID)
    else:
        invoice.move_to(Invoice.Status.DRAFT)
    invoice.save(update_fields=["status"])
    tell_engagement(invoice, actor)


def _taken(invoice: Invoice) -> Money:
    """What cleared or is on its way."""
    counted = invoice.payments.filter(status__in=[Payment.Status.CLEARED, Payment.Status.PENDING])
    return Money(sum((one.amount.amount for one in counted), invoice.total.amount * 0), invoice.total.currency)


def _locked_invoice(invoice: Invoice) -> Invoice:
    """The engagement first, as everything does that locks both: a rescission comes from there."""
    Engagement.objects.select_for_update().get(pk=invoice.engagement_id)
    return Invoice.objects.select_for_update().get(pk=invoice.pk)


def _locked(payment: Payment) -> Payment:
    _locked_invoice(payment.invoice)
    return Payment.objects.select_for_update(of=("self",)).select_related("invoice__engagement").get(pk=payment.pk)
