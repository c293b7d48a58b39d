"""Invoices that are owed, as issuing leaves them but for the drawing of the PDF, and what follows."""

import datetime as dt

from billing.models import Invoice, ReminderStep
from billing.services import payments, reminders
from billing.services.payments import Received
from core import clock
from core.money import Money
from outreach import dates
from tests.factories import make_stored_file
from tests.scope_factories import make_engagement


def make_owed(ben, ada, *, amount="3000", due=0, issued=None, currency="USD", engagement=None, **fields):
    """Issued; `due` counts days from today, below zero for one that is late."""
    engagement = engagement or make_engagement(ben, owner=ada, currency=currency)
    number = Invoice.objects.count() + 1
    today, nothing, whole = dates.today(), Money(0, currency), Money(amount, currency)
    due_on = today + dt.timedelta(days=due)
    reference = f"INV-2026-{number:04d}"
    values = {
        "organisation": engagement.organisation,
        "engagement": engagement,
        "kind": Invoice.Kind.PROGRESS,
        "status": Invoice.Status.ISSUED,
        "title": "The second half",
        "number": number,
        "reference": reference,
        "issued_on": due_on - dt.timedelta(days=14) if issued is None else today + dt.timedelta(days=issued),
        "due_on": due_on,
        "pdf": make_stored_file(
            b"%PDF-1.7", name=f"{reference}.pdf", content_type="application/pdf", organisation=engagement.organisation
        ),
        "issued_by": ada,
        "mailed_at": clock.now(),
        **dict.fromkeys(("net", "total", "due"), whole),
        **dict.fromkeys(("tax", "deducted", "paid", "credited"), nothing),
    }
    return Invoice.objects.create(**{**values, **fields})


def pay(invoice, ada, amount=None, *, cleared=True):
    invoice = Invoice.objects.get(pk=invoice.pk)
    today = dates.today()
    given = Received(amount or invoice.balance, today, today if cleared else None, another=True)
    return payments.record_payment(invoice=invoice, received=given, actor=ada)


def climb(invoice, key=None):
    """Let the scheduler call, and give back the step of that key, or the latest that waits."""
    reminders.climb_ladder()
    rows = ReminderStep.objects.filter(invoice=invoice)
    return rows.get(key=key) if key else rows.filter(status=ReminderStep.Status.DRAFT).last()


def make_goes_by_itself():
    from billing.models import InvoiceSettings

    InvoiceSettings.objects.update_or_create(id=1, defaults={"reminders_go_by_themselves": True})
