import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import TransitionError
from core.models import PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from outreach.models.contact import Contact
from outreach.models.lead import Lead


class Touch(models.Model):
    """Being in contact once: who, how, what was said."""

    class How(models.TextChoices):
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        MEETING = "meeting", _("Meeting")
        MESSAGE = "message", _("Message")

    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="touches")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="touches")
    how = models.CharField(max_length=8, choices=How, default=How.CALL)
    said = models.TextField(blank=True)
    on = models.DateField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = StaffOnlyQuerySet["Touch"].as_manager()

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="touch_is_with_somebody", condition=Q(contact__isnull=False) | Q(lead__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_how_display()} on {self.on}"


class FollowUpQuerySet(StaffOnlyQuerySet["FollowUp"]):
    def open(self) -> Self:
        return self.filter(status__in=FollowUp.OPEN)

    def due_by(self, day: dt.date) -> Self:
        """Open, and due on that day or before."""
        return self.open().filter(due_on__lte=day)


class FollowUp(PublicIdModel):
    """The next step with somebody. Overdue is computed: `due_on` before today's date in the practice's zone."""

    class Status(models.TextChoices):
        DUE = "due", _("Due")
        SNOOZED = "snoozed", _("Snoozed")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    OPEN = (Status.DUE, Status.SNOOZED)
    MOVES = {
        Status.DUE: {Status.DONE, Status.SNOOZED, Status.DROPPED},
        Status.SNOOZED: {Status.DONE, Status.SNOOZED, Status.DROPPED},
    }
    FREE_SNOOZES = 2  # from the third a reason is asked for

    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="follow_ups")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="follow_ups")
    what = models.CharField(max_length=200, blank=True)
    due_on = models.DateField()
    is_by_hand = models.BooleanField(default=False)  # a date that a person chose does not move with the cadence
    status = models.CharField(max_length=8, choices=Status, default=Status.DUE)
    snoozes = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)  # of the last snooze, or for dropping it
    touch = models.OneToOneField(Touch, models.RESTRICT, null=True, blank=True, related_name="follow_up")
    owner = models.ForeignKey(User, models.PROTECT, related_name="follow_ups")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["status", "due_on"], name="follow_up_due")]
        constraints = [
            models.CheckConstraint(
                name="follow_up_is_of_one", condition=Q(lead__isnull=False) ^ Q(contact__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(status__in=("due", "snoozed")), name="one_next_step_a_lead"
            ),
            models.UniqueConstraint(
                fields=["contact"], condition=Q(status__in=("due", "snoozed")), name="one_next_step_a_contact"
            ),
            models.CheckConstraint(
                name="follow_up_done_by_a_touch", condition=~Q(status="done") | Q(touch__isnull=False)
            ),
            models.CheckConstraint(name="follow_up_dropped_has_reason", condition=~Q(status="dropped") | ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return self.what or str(_("Follow up"))

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def asks_for_reason(self) -> bool:
        """Whether the next snooze needs one."""
        return self.snoozes >= self.FREE_SNOOZES

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. Done and dropped are final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(_("This follow-up is %(now)s already."), now=str(now.label).lower())
        self.status = status
        if not self.is_open:
            self.closed_at = clock.now()


class Digest(models.Model):
    """That a consultant was sent the follow-ups of a day. The row is the claim: of two schedulers, one makes it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    on = models.DateField()
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "on"], name="one_digest_a_day")]

    def __str__(self) -> str:
        return f"{self.user} on {self.on}"
