from typing import Self

from django.db import models
from django.db.models import Q

from core import clock, triggers
from core.errors import TransitionError
from core.models import Organisation, PublicIdModel, StoredFile, User
from discovery.models.finding import SeverityChoices
from discovery.models.run import Run


class SummaryQuerySet(models.QuerySet["Summary"]):
    def visible_to(self, user: User) -> Self:
        """A client's people see what was frozen for them."""
        if user.is_consultant:
            return self
        return self.filter(organisation__in=Organisation.objects.visible_to(user), status=Summary.Status.FROZEN)


class Summary(PublicIdModel):
    """The executive summary of a run, or of one account of it: what staff chose to say. Once frozen it is its
    snapshot, and never changes."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        FREEZING = "freezing", "Being frozen"
        FROZEN = "frozen", "Frozen"

    MOVES = {
        Status.DRAFT: {Status.FREEZING},
        Status.FREEZING: {Status.FROZEN, Status.DRAFT},
    }

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="summaries")
    run = models.ForeignKey(Run, models.PROTECT, related_name="summaries")
    account = models.CharField(max_length=12, blank=True)  # of this account of the run alone; "" is of all of it
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    failure = models.CharField(max_length=500, blank=True)
    verdict = models.CharField(max_length=400)  # at most 30 words
    words = models.TextField(blank=True, max_length=20_000)  # the consultant's own, Markdown
    good_news = models.JSONField(default=list)  # two true, specific sentences
    not_seen_extra = models.CharField(max_length=500, blank=True)  # "Four people not interviewed."
    next_date = models.DateField(null=True, blank=True)
    next_decision = models.CharField(max_length=200, blank=True)
    next_person = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now, editable=False)
    frozen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    frozen_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)  # while a worker freezes it; real time
    snapshot = models.JSONField(null=True)  # all that the PDF is rendered from
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    evidence_csv = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")

    objects = SummaryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "account"], condition=~Q(status="frozen"), name="one_draft_summary_a_run"
            ),
            models.CheckConstraint(
                name="summary_hashed_once_frozen",
                condition=Q(status="frozen", pdf__isnull=False) & ~Q(snapshot_sha256="")
                | Q(snapshot_sha256="") & ~Q(status="frozen"),
            ),
        ]

    def __str__(self) -> str:
        return f"Summary of {self.run}" + (f", account {self.account}" if self.account else "")

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError."""
        if status not in self.MOVES.get(self.Status(self.status), ()):
            raise TransitionError(
                "This summary is %(now)s, so it cannot become %(then)s.",
                now=self.get_status_display(),
                then=status.label,
            )
        self.status = status


class SummaryAction(models.Model):
    """One of the three rows of "do first": verb and object, consequence, calendar time."""

    summary = models.ForeignKey(Summary, models.CASCADE, related_name="actions")
    rank = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=120)
    consequence = models.CharField(max_length=200)
    calendar_time = models.CharField(max_length=60)
    check_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["summary", "rank"], name="summary_action_rank_once"),
            models.CheckConstraint(name="at_most_three_actions", condition=Q(rank__gte=1, rank__lte=3)),
        ]

    def __str__(self) -> str:
        return self.action


class SummaryEntry(PublicIdModel):
    """A group of findings of one check as the summary tells it, or a finding that staff added by hand.

    `title` and `detail` are empty until staff reword them; then they replace the check's own sentences, and the
    next run's summary keeps them.
    """

    class Topic(models.TextChoices):
        TECHNICAL = "technical", "Technical"
        PROCESS = "process", "Process"
        TEAM = "team", "Team"
        TOOLS = "tools", "Tools"

    class Decision(models.TextChoices):
        KEEP = "keep", "Keep"
        HIDE = "hide", "Hide"

    summary = models.ForeignKey(Summary, models.CASCADE, related_name="entries")
    check_id = models.CharField(max_length=64, blank=True)  # "" for one added by hand
    topic = models.CharField(max_length=16, choices=Topic, default=Topic.TECHNICAL)
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.KEEP)
    rank = models.PositiveIntegerField()
    severity = models.CharField(max_length=16, choices=SeverityChoices)
    effort = models.CharField(max_length=16, blank=True)
    title = models.CharField(max_length=300, blank=True)
    detail = models.TextField(blank=True, max_length=10_000)  # Markdown

    class Meta:
        ordering = ["rank", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["summary", "check_id"], condition=~Q(check_id=""), name="summary_entry_once_a_check"
            ),
            models.CheckConstraint(name="entry_by_hand_has_title", condition=~Q(check_id="") | ~Q(title="")),
        ]

    def __str__(self) -> str:
        return self.title or self.check_id


triggers.frozen(Summary, when="OLD.status = 'frozen'")
