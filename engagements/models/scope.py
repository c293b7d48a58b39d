import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock, triggers
from core.errors import TransitionError
from core.models import PublicIdModel, StoredFile, User
from core.models.staff_only import StaffOnlyQuerySet
from core.money import money_field
from engagements.models.engagement import Engagement, OfEngagementQuerySet


class ScopeItem(PublicIdModel):
    """A promised piece of work. Its value is what the ledger's rows of it add up to."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        IN_PROGRESS = "in_progress", _("In progress")
        DELIVERED = "delivered", _("Delivered")
        ACCEPTED = "accepted", _("Accepted")
        TRADED_OUT = "traded_out", _("Traded out")
        REMOVED = "removed", _("Removed")

    MOVES = {
        Status.PLANNED: {Status.IN_PROGRESS, Status.TRADED_OUT, Status.REMOVED},
        Status.IN_PROGRESS: {Status.PLANNED, Status.DELIVERED, Status.TRADED_OUT, Status.REMOVED},
        Status.DELIVERED: {Status.ACCEPTED, Status.IN_PROGRESS},  # back: the client sent it back with a reason
    }
    UNDELIVERED = frozenset({Status.PLANNED, Status.IN_PROGRESS})
    GONE = frozenset({Status.TRADED_OUT, Status.REMOVED})

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="items")
    key = models.UUIDField(default=uuid.uuid4, editable=False)  # of the proposal's line, where it came from one
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    outcome = models.TextField(blank=True)
    done_when = models.TextField(blank=True)
    topic = models.CharField(max_length=64, blank=True)  # the check it came from
    is_original = models.BooleanField(default=True)  # signed at the beginning, not emergent
    status = models.CharField(max_length=12, choices=Status, default=Status.PLANNED)
    started_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    is_deemed_accepted = models.BooleanField(default=False)
    deemed_reminded_at = models.DateTimeField(null=True)
    # For staff alone.
    low_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    likely_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    high_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True)

    objects: OfEngagementQuerySet["ScopeItem"] = OfEngagementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["engagement", "key"], name="scope_item_key_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_undelivered(self) -> bool:
        return self.status in self.UNDELIVERED

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("“%(title)s” is %(now)s, so it cannot become %(then)s."),
                title=self.title,
                now=now.label.lower(),
                then=status.label.lower(),
            )
        self.status = status


class ChangeSetQuerySet(OfEngagementQuerySet["ChangeSet"]):
    def visible_to(self, user: User) -> Self:
        """A client's people see what was offered to them, which is what has a number. A draft they never see, nor
        one that was thrown away; in an overview, which names no items, they see none."""
        seen = super().visible_to(user)
        if user.is_consultant:
            return seen
        return seen.filter(number__isnull=False).exclude(engagement__visibility=Engagement.Visibility.OVERVIEW)


class ChangeSet(PublicIdModel):
    """What changes the scope together, or not at all: the baseline, a change order, a horse trade, a correction."""

    class Kind(models.TextChoices):
        BASELINE = "baseline", _("Baseline")
        CHANGE_ORDER = "change_order", _("Change order")
        HORSE_TRADE = "horse_trade", _("Horse trade")
        CORRECTION = "correction", _("Correction")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OFFERED = "offered", _("Offered")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    MOVES = {
        Status.DRAFT: {Status.OFFERED, Status.WITHDRAWN},
        Status.OFFERED: {Status.APPROVED, Status.REJECTED, Status.EXPIRED, Status.WITHDRAWN},
    }
    PREFIXES = {Kind.BASELINE: "B", Kind.CHANGE_ORDER: "CO", Kind.HORSE_TRADE: "T", Kind.CORRECTION: "C"}

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="change_sets")
    kind = models.CharField(max_length=12, choices=Kind)
    number = models.PositiveIntegerField(null=True)  # within its kind, drawn when offered: CO-1, T-1
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)  # Markdown: why, for the client
    broken_assumption = models.CharField(max_length=500, blank=True)
    days_change = models.SmallIntegerField(default=0)  # what it does to the finish date, in calendar days
    value_change = money_field()
    valid_until = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # From offering on.
    snapshot = models.JSONField(null=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    offered_at = models.DateTimeField(null=True)
    offered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # From the answer on.
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answer_reason = models.CharField(max_length=500, blank=True)
    signature = models.JSONField(default=dict)  # typed name, e-mail, consent text and version, IP, user agent
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ChangeSetQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["engagement", "kind", "number"], name="change_set_number_once")]

    def __str__(self) -> str:
        return f"{self.reference} · {self.title}"

    @property
    def reference(self) -> str:
        """As people quote it: CO-1, T-2."""
        kind = self.Kind(self.kind)
        return f"{self.PREFIXES[kind]}-{self.number}" if self.number else str(kind.label)

    @property
    def days_earlier(self) -> int:
        return max(-self.days_change, 0)

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("%(what)s is %(now)s, so it cannot become %(then)s."),
                what=self.reference,
                now=now.label.lower(),
                then=status.label.lower(),
            )
        self.status = status


triggers.frozen(
    ChangeSet,
    when="OLD.status <> 'draft'",
    mutable=("status", "answered_at", "answered_by_id", "answer_reason", "signature"),
)


class ChangeLine(models.Model):
    """One thing that a change set moves: an item that goes out, or new work that comes in."""

    class Direction(models.TextChoices):
        OUT = "out", _("Out")
        IN = "in", _("In")

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="lines")
    direction = models.CharField(max_length=3, choices=Direction)
    # What goes out, or what a correction is about.
    item = models.ForeignKey(ScopeItem, models.PROTECT, null=True, related_name="change_lines")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    outcome = models.TextField(blank=True)
    done_when = models.TextField(blank=True)
    topic = models.CharField(max_length=64, blank=True)
    value = money_field()  # never negative; the direction says whether it is added or taken
    low_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True)  # hours for staff alone
    likely_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    high_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects: StaffOnlyQuerySet["ChangeLine"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["change_set", "item"], name="item_once_in_a_change"),
            models.CheckConstraint(name="change_line_value", condition=Q(value__gte=0)),
            models.CheckConstraint(
                name="change_line_out_names_item", condition=Q(direction="in") | Q(item__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction}: {self.title}"


triggers.frozen(ChangeLine, when="OLD.frozen_at IS NOT NULL")


class ScopeEntry(models.Model):
    """A row of the ledger, written when a change set is approved. Each carries the hash of the one before it."""

    class Kind(models.TextChoices):
        BASE = "base", _("Agreed")
        ADD = "add", _("Added")
        REMOVE = "remove", _("Removed")
        TRADE_IN = "trade_in", _("Traded in")
        TRADE_OUT = "trade_out", _("Traded out")
        ADJUST = "adjust", _("Adjusted")

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="ledger")
    position = models.PositiveIntegerField()  # from 1, without gaps
    change_set = models.ForeignKey(ChangeSet, models.PROTECT, related_name="entries")
    item = models.ForeignKey(ScopeItem, models.PROTECT, null=True, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    value_change = money_field()
    effort_change = models.DecimalField(max_digits=8, decimal_places=1, default=0)  # likely hours; staff alone
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects: StaffOnlyQuerySet["ScopeEntry"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["engagement_id", "position"]
        constraints = [models.UniqueConstraint(fields=["engagement", "position"], name="ledger_position_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.kind} {self.value_change}"


triggers.append_only(ScopeEntry)


class SwapWish(PublicIdModel):
    """A swap that a client proposes in their own words; staff answer it with an offer, or say why not."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="swap_wishes")
    body = models.TextField(max_length=2000)
    wished_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    change_set = models.ForeignKey(ChangeSet, models.PROTECT, null=True, related_name="wishes")
    refusal = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: OfEngagementQuerySet["SwapWish"] = OfEngagementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.body[:60]


class Deliverable(PublicIdModel):
    """What is handed over for an item: a link or a file. The client accepts it, or sends it back with a reason."""

    item = models.ForeignKey(ScopeItem, models.PROTECT, related_name="deliverables")
    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="deliverables")
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=500, blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)  # Markdown
    handed_over_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    handed_over_at = models.DateTimeField(default=clock.now)
    sent_back_reason = models.CharField(max_length=500, blank=True)
    sent_back_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    sent_back_at = models.DateTimeField(null=True)

    objects: OfEngagementQuerySet["Deliverable"] = OfEngagementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title


class WorkLog(PublicIdModel):
    """Time spent, for staff alone. A timer is a log without minutes: `started_at` is set, `minutes` is not."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="work_logs")
    item = models.ForeignKey(ScopeItem, models.PROTECT, null=True, blank=True, related_name="work_logs")
    worker = models.ForeignKey(User, models.PROTECT, related_name="work_logs")
    on = models.DateField()
    minutes = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    is_before_deposit = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["WorkLog"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="work_log_day", condition=Q(minutes=None) | Q(minutes__gte=1, minutes__lte=1440)
            ),
            models.CheckConstraint(
                name="work_log_or_timer", condition=Q(minutes__isnull=False) | Q(started_at__isnull=False)
            ),
            models.UniqueConstraint(fields=["worker"], condition=Q(minutes=None), name="one_timer_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.on} · {self.note or self.engagement}"
