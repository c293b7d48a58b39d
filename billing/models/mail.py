from django.db import models

from billing.models.invoice import Invoice
from billing.models.reminders import ReminderStep
from core import clock
from core.models.staff_only import StaffOnlyQuerySet


class InvoiceMail(models.Model):
    """One mail to one person: an invoice with its PDF, or with `step` a reminder of it. It is the claim of the worker
    that sends it, and says whether it went: until then it is tried again, and in the end given up."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="mails")
    step = models.ForeignKey(ReminderStep, models.PROTECT, null=True, related_name="mails")
    address = models.EmailField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now, null=True, db_index=True)  # empty: sent, or given up
    sent_at = models.DateTimeField(null=True)
    has_failed = models.BooleanField(default=False)  # the last time
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["InvoiceMail"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["step", "address"], name="one_reminder_mail_a_person")]

    def __str__(self) -> str:
        return f"{self.invoice} to {self.address}"

    @property
    def is_given_up(self) -> bool:
        return self.has_failed and self.next_try_at is None
