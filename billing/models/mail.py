from django.db import models

from billing.models.invoice import Invoice
from billing.models.reminders import ReminderStep
from core.models import QueuedMail
from core.models.staff_only import StaffOnlyQuerySet


class InvoiceMail(QueuedMail):
    """One mail to one person: an invoice with its PDF, or with `step` a reminder of it."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="mails")
    step = models.ForeignKey(ReminderStep, models.PROTECT, null=True, related_name="mails")

    objects: StaffOnlyQuerySet["InvoiceMail"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["step", "address"], name="one_reminder_mail_a_person")]

    def __str__(self) -> str:
        return f"{self.invoice} to {self.address}"
