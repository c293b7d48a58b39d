"""What is done about money that is late: steps of the ladder, what the client promised, what they dispute."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice
from core import clock, triggers
from core.errors import TransitionError
from core.models import PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from core.money import money_field


class ReminderPolicy(models.Model):
    """What the practice made of one rung of the ladder. A rung without a row is as `billing.ladder` has it."""

    key = models.CharField(max_length=32, unique=True)
    days = models.SmallIntegerField()  # from the due date; below zero: before it
    subject = models.CharField(max_length=200)
    body = models.TextField()  # plain text with $names, never a Django template
    is_enabled = models.BooleanField(default=True)

    objects: StaffOnlyQuerySet["ReminderPolicy"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "reminder policies"
        ordering = ["days"]

    def __str__(self) -> str:
        return self.key


class ReminderStep(PublicIdModel):
    """A rung of the ladder that an invoice reached: one row for both, so that nothing is sent twice.

    A draft that nobody edited is filled in anew when it is shown and when it is sent; what was sent is frozen.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Waiting")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Dropped")
        SUPERSEDED = "superseded", _("Passed over")

    MOVES = {
        Status.DRAFT: {Status.SENT, Status.DROPPED, Status.SUPERSEDED},
        # Only where it was dropped because the invoice was settled, and the money was taken back.
        Status.DROPPED: {Status.DRAFT},
    }

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="reminders")
    key = models.CharField(max_length=32)  # of the rung
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    owed = money_field()  # what the text speaks of
    edited_at = models.DateTimeField(null=True)
    was_settled = models.BooleanField(default=False)  # dropped because nothing was owed any more
    sent_to = models.JSONField(default=list)  # addresses
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # nobody: by itself
    call_on = models.DateField(null=True)  # somebody is to call from that day on
    called_at = models.DateTimeField(null=True)
    called_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    call_note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["ReminderStep"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "key"], name="reminder_step_once"),
            models.CheckConstraint(
                name="reminder_sent_with_its_time",
                condition=Q(status="sent", sent_at__isnull=False) | ~Q(status="sent") & Q(sent_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.key

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def wants_call(self) -> bool:
        """Somebody has yet to call, whatever became of the mail, unless the invoice was settled."""
        return self.call_on is not None and self.called_at is None and not self.was_settled

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This reminder is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        self.status = status


triggers.frozen(
    ReminderStep,
    when="OLD.status = 'sent'",
    mutable=("called_at", "called_by_id", "call_note"),
)


class Promise(PublicIdModel):
    """The day on which the client said they would pay. The latest one counts; none is ever changed."""

    class State(models.TextChoices):
        STANDING = "standing", _("Promised")
        REPLACED = "replaced", _("Replaced")
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Not kept")

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="promises")
    pays_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    is_clients = models.BooleanField()  # else we wrote down what they told us
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["Promise"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.pays_on:%Y-%m-%d}"

    def stands(self, today: dt.date) -> bool:
        """The day has not passed: it pauses the ladder while it is the latest."""
        return self.pays_on >= today


triggers.append_only(Promise)


class Dispute(PublicIdModel):
    """The client says that something about the invoice is wrong. One at a time; nothing is sent until it is settled."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="disputes")
    reason = models.CharField(max_length=1000)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    is_clients = models.BooleanField()  # else we wrote down what they told us
    opened_at = models.DateTimeField(default=clock.now, editable=False)
    resolution = models.CharField(max_length=1000, blank=True)  # how; the client reads it
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    objects: StaffOnlyQuerySet["Dispute"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["invoice"], condition=Q(resolved_at=None), name="one_open_dispute"),
            models.CheckConstraint(
                name="dispute_resolved_in_words",
                condition=Q(resolved_at=None, resolution="") | Q(resolved_at__isnull=False) & ~Q(resolution=""),
            ),
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


triggers.frozen(Dispute, when="OLD.resolved_at IS NOT NULL")
