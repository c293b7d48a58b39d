from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock, triggers
from core.errors import TransitionError
from core.models import PublicIdModel, StoredFile, User
from core.models.staff_only import StaffOnlyQuerySet
from discovery.models import Run
from engagements.models import Engagement
from engagements.models.engagement import OfEngagementQuerySet


class Block(models.TextChoices):
    """The parts of a report, in the order in which they are read."""

    STATUS = "status", _("Status in a sentence")
    NEEDED = "needed", _("Needed from you")
    DONE = "done", _("Done")
    NEXT = "next", _("Next")
    DATES = "dates", _("Dates")
    FINDINGS = "findings", _("Findings")
    SCOPE = "scope", _("Scope")
    MONEY = "money", _("Money")
    RISKS = "risks", _("What may go wrong")


class ReportCadence(models.Model):
    """How often an engagement's client gets a report. An engagement without a row gets one a week."""

    class Every(models.TextChoices):
        WEEK = "week", _("Every week")
        FORTNIGHT = "fortnight", _("Every two weeks")
        MONTH = "month", _("Every month")
        OFF = "off", _("Never")

    engagement = models.OneToOneField(Engagement, models.CASCADE, related_name="report_cadence")
    every = models.CharField(max_length=12, choices=Every, default=Every.WEEK)
    since = models.DateField()  # what lay before it is never late

    objects: StaffOnlyQuerySet["ReportCadence"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.engagement}: {self.every}"


class ProgressReport(PublicIdModel):
    """The report of one period of an engagement: its revisions, or that there is none this time."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="reports")
    starts_on = models.DateField()
    ends_on = models.DateField()
    published_at = models.DateTimeField(null=True)  # first
    skipped_at = models.DateTimeField(null=True)
    skipped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: OfEngagementQuerySet["ProgressReport"] = OfEngagementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "starts_on"], name="one_report_a_period"),
            models.CheckConstraint(name="report_period", condition=Q(ends_on__gte=models.F("starts_on"))),
            models.CheckConstraint(
                name="report_published_or_skipped", condition=Q(published_at=None) | Q(skipped_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engagement}, {self.starts_on} – {self.ends_on}"


class ReportRevisionQuerySet(OfEngagementQuerySet["ReportRevision"]):
    def visible_to(self, user: User) -> Self:
        """A client's people see what was published; a draft they never see."""
        seen = super().visible_to(user)
        return seen if user.is_consultant else seen.exclude(status=ReportRevision.Status.DRAFTING)

    def newest_first(self) -> Self:
        """By when each report first went out: whoever amends an older one does not make it the newest."""
        return self.order_by("-report__published_at", "-number", "-pk")


class ReportRevision(PublicIdModel):
    """One version of a report. Once published it is its snapshot, and never changes."""

    class Status(models.TextChoices):
        DRAFTING = "drafting", _("Drafting")
        PUBLISHED = "published", _("Published")
        AMENDED = "amended", _("Amended")

    MOVES = {Status.DRAFTING: {Status.PUBLISHED}, Status.PUBLISHED: {Status.AMENDED}}

    report = models.ForeignKey(ProgressReport, models.PROTECT, related_name="revisions")
    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="report_revisions")
    number = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFTING)
    reason = models.CharField(max_length=500, blank=True)  # why it amends the one before
    since = models.DateTimeField(null=True)  # what happened after it is told; None: everything
    figures_since = models.DateTimeField(null=True)  # the same of figures, which are as of publishing; None: `since`
    lines_written_at = models.DateTimeField(null=True)  # by the system, last: the next report tells of what came after
    hidden_blocks = models.JSONField(default=list)
    figures = models.JSONField(null=True)  # of the revision that it amends; None: as they are now
    run_before = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    run_after = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # From publishing on.
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    snapshot = models.JSONField(null=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    told_at = models.DateTimeField(null=True)  # by mail
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    pdf_without_money = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")

    objects = ReportRevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-report__starts_on", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="report_revision_number_once"),
            models.UniqueConstraint(fields=["report"], condition=Q(status="drafting"), name="one_draft_a_report"),
            models.UniqueConstraint(fields=["report"], condition=Q(status="published"), name="one_published_a_report"),
            models.CheckConstraint(
                name="report_hashed_once_published", condition=Q(status="drafting") ^ ~Q(snapshot_sha256="")
            ),
            models.CheckConstraint(name="amendment_has_reason", condition=Q(number=1) | ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.report} ({self.number})"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFTING

    def shows(self, block: str) -> bool:
        return block not in self.hidden_blocks

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This report is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        self.status = status


triggers.frozen(
    ReportRevision,
    when="OLD.status <> 'drafting'",
    mutable=("status", "told_at", "pdf_id", "pdf_without_money_id"),
)


class ReportEntry(PublicIdModel):
    """A line of a block while the report is drafted. `key` says what the system drafted it from; "" was typed."""

    revision = models.ForeignKey(ReportRevision, models.CASCADE, related_name="entries")
    block = models.CharField(max_length=10, choices=Block)
    key = models.CharField(max_length=80, blank=True)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)  # Markdown
    note = models.CharField(max_length=500, blank=True)  # Markdown: the proof, what waiting costs, what we do about it
    who = models.CharField(max_length=200, blank=True)  # watches a risk
    on = models.DateField(null=True)
    about = models.CharField(max_length=80, blank=True)  # "decision:…": where the reader acts on it, or sees the proof
    private = models.TextField(blank=True)  # from the work log, for staff alone
    is_for_money = models.BooleanField(default=False)  # not for readers
    is_hidden = models.BooleanField(default=False)
    is_edited = models.BooleanField(default=False)
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects: StaffOnlyQuerySet["ReportEntry"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "block", "key"], condition=~Q(key=""), name="report_entry_once_a_key"
            )
        ]

    def __str__(self) -> str:
        return self.text


triggers.frozen(ReportEntry, when="OLD.frozen_at IS NOT NULL")


class ReadReceipt(models.Model):
    """That somebody of the client had a published report before them, as their own page said."""

    revision = models.ForeignKey(ReportRevision, models.PROTECT, related_name="receipts")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["ReadReceipt"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["revision", "user"], name="read_once")]

    def __str__(self) -> str:
        return f"{self.user}, {self.at}"


triggers.append_only(ReadReceipt)
