from typing import Generic, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import TransitionError
from core.models import Organisation, PublicIdModel, User
from core.money import Money, money_field
from engagements.models.acceptance import Acceptance


class EngagementQuerySet(models.QuerySet["Engagement"]):
    def visible_to(self, user: User) -> Self:
        """A client's people see their organisation's, unless it is hidden from them."""
        if user.is_consultant:
            return self
        return self.filter(organisation__in=Organisation.objects.visible_to(user)).exclude(
            visibility=Engagement.Visibility.HIDDEN
        )


class Engagement(PublicIdModel):
    """The work an acceptance began. Its value is the sum of its ledger, never a column."""

    class Status(models.TextChoices):
        AGREED = "agreed", _("Agreed")
        AWAITING_DEPOSIT = "awaiting_deposit", _("Awaiting deposit")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    class Pause(models.TextChoices):
        STOP_WORK = "stop_work", _("Work stopped until payment")
        CLIENT = "client", _("Paused by the client")
        CONSULTANT = "consultant", _("Paused by us")

    class Visibility(models.TextChoices):
        FULL = "full", _("Full")
        READ_ONLY = "read_only", _("Read only")
        OVERVIEW = "overview", _("Overview")
        HIDDEN = "hidden", _("Hidden")

    # What each shows the client's people, as staff are told before they choose.
    SHOWS = {
        Visibility.FULL: _("They see items, changes and handovers, and their owners approve, accept and decide here."),
        Visibility.READ_ONLY: _("They see all of it and can answer nothing here."),
        Visibility.OVERVIEW: _(
            "They see status, dates, sums and questions. No item, change or handover is named, and they answer nothing."
        ),
        Visibility.HIDDEN: _("They do not see that the project exists. Invoices and signed papers stay theirs."),
    }

    MOVES = {
        Status.AGREED: {Status.AWAITING_DEPOSIT, Status.ACTIVE, Status.CANCELLED},
        Status.AWAITING_DEPOSIT: {Status.ACTIVE, Status.CANCELLED},
        Status.ACTIVE: {Status.PAUSED, Status.CLOSING, Status.CANCELLED},
        Status.PAUSED: {Status.ACTIVE, Status.CANCELLED},
        Status.CLOSING: {Status.ACTIVE, Status.CLOSED},
    }

    BEGUN = (Status.ACTIVE, Status.PAUSED, Status.CLOSING)  # what no engagement is before its gate has opened

    acceptance = models.OneToOneField(Acceptance, models.PROTECT, related_name="engagement")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="engagements")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)  # of the revision
    status = models.CharField(max_length=16, choices=Status, default=Status.AGREED)
    pause = models.CharField(max_length=12, choices=Pause, blank=True)
    pause_reason = models.CharField(max_length=500, blank=True)
    paused_on = models.DateField(null=True)
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.FULL)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    locale = models.CharField(max_length=16)
    starts_on = models.DateField(null=True)
    promised_on = models.DateField(null=True)  # as signed, never moved
    finishes_on = models.DateField(null=True)  # promised, and what approved orders and pauses moved
    trade_tolerance = money_field()
    acceptance_days = models.PositiveSmallIntegerField(default=5)  # as the signed terms name them
    # The gate. Billing tells what cleared; the rule is asked of `services.deposits` alone.
    deposit_required = money_field()
    deposit_cleared = money_field()
    deposit_waived_reason = models.CharField(max_length=500, blank=True)
    gate_override_reason = models.CharField(max_length=500, blank=True)
    gate_overridden_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    gate_overridden_at = models.DateTimeField(null=True)
    lessons = models.TextField(blank=True)  # Markdown, staff alone
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_gate_open(self) -> bool:
        """Whether work may begin: the deposit has cleared, none was asked for, or someone took it upon themselves."""
        return bool(self.is_deposit_covered or self.gate_overridden_at or self.deposit_waived_reason)

    @property
    def is_deposit_covered(self) -> bool:
        return bool(self.deposit_cleared >= self.deposit_required)

    @property
    def is_deposit_taken_back(self) -> bool:
        """The gate was open once, and has closed again: the bank took the money back, or it was credited."""
        return not self.is_gate_open and self.status in self.BEGUN

    @property
    def deposit_missing(self) -> Money:
        missing: Money = self.deposit_required - self.deposit_cleared
        return missing if missing.amount > 0 else Money(0, self.currency)

    @property
    def is_live(self) -> bool:
        return self.status not in {self.Status.CLOSED, self.Status.CANCELLED}

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This engagement is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        self.status = status


Row = TypeVar("Row", bound=models.Model)


class OfEngagementQuerySet(models.QuerySet[Row], Generic[Row]):
    """Rows of an engagement; a client's people see those of engagements they see."""

    def visible_to(self, user: User) -> Self:
        return self if user.is_consultant else self.filter(engagement__in=Engagement.objects.visible_to(user))


class Decision(PublicIdModel):
    """A question that someone must answer, by when, and what waiting costs."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="decisions")
    question = models.CharField(max_length=300)
    wanted_by = models.DateField()
    waiting_costs = models.CharField(max_length=300, blank=True)
    is_clients = models.BooleanField(default=True)  # else it is ours to decide
    answer = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: OfEngagementQuerySet["Decision"] = OfEngagementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["wanted_by", "id"]

    def __str__(self) -> str:
        return self.question


class Risk(PublicIdModel):
    """What may go wrong, what it would do, and who watches it."""

    class Level(models.IntegerChoices):
        LOW = 1, _("Low")
        MEDIUM = 2, _("Medium")
        HIGH = 3, _("High")

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="risks")
    title = models.CharField(max_length=300)
    likelihood = models.PositiveSmallIntegerField(choices=Level, default=Level.MEDIUM)
    impact = models.PositiveSmallIntegerField(choices=Level, default=Level.MEDIUM)
    watched_by = models.CharField(max_length=200)
    response = models.CharField(max_length=500, blank=True)
    is_clients_to_see = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True)
    closing_note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: OfEngagementQuerySet["Risk"] = OfEngagementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-impact", "-likelihood", "id"]
        constraints = [
            models.CheckConstraint(name="risk_levels", condition=Q(likelihood__range=(1, 3)) & Q(impact__range=(1, 3)))
        ]

    def __str__(self) -> str:
        return self.title
