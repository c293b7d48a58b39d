"""Invoices that are owed, as issuing leaves them but for the drawing of the PDF, and what follows."""

import datetime as dt

from billing.document import snapshot_of
from billing.models import Invoice, ReminderStep
from billing.services import payments, reminders
from billing.services.payments import Received
from core import clock
from outreach import dates
from tests.billing_factories import by_hand
from tests.factories import make_stored_file
from tests.scope_factories import make_engagement


def make_owed(ben, ada, *, amount="3000", due=0, issued=None, currency="USD", engagement=None, **fields):
    """Issued; `due` counts days from today, below zero for one that is late."""
    engagement = engagement or make_engagement(ben, owner=ada, currency=currency)
    today = dates.today()
    due_on = today + dt.timedelta(days=due)
    issued_on = due_on - dt.timedelta(days=14) if issued is None else today + dt.timedelta(days=issued)
    invoice = by_hand(engagement, ada, abs(int(amount)), title=fields.pop("title", "The second half"))
    invoice.number = Invoice.objects.count()
    reference = f"INV-2026-{invoice.number:04d}"
    values = {
        "status": Invoice.Status.ISSUED,
        "reference": reference,
        "issued_on": issued_on,
        "due_on": due_on,
        "issued_by": ada,
        "mailed_at": clock.now(),
        "snapshot": snapshot_of(invoice, reference=reference, issued_on=issued_on),
        "snapshot_sha256": "0" * 64,
        "pdf": make_stored_file(
            b"%PDF-1.7", name=f"{reference}.pdf", content_type="application/pdf", organisation=engagement.organisation
        ),
    }
    for name, value in {**values, **fields}.items():
        setattr(invoice, name, value)
    if int(amount) < 0:
        invoice.net, invoice.total, invoice.due = -invoice.net, -invoice.total, -invoice.due
    invoice.save()
    return invoice


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
