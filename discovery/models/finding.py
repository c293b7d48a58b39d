from typing import Self

from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When

from core import clock
from core.errors import TransitionError
from core.models import Organisation, PublicIdModel, User
from discovery.models.run import Run
from infra_audit import registry
from infra_audit.inventory import GLOBAL

SeverityChoices = [(severity.value, severity.value.title()) for severity in registry.Severity]


class FindingQuerySet(models.QuerySet["Finding"]):
    def visible_to(self, user: User) -> Self:
        """A client's people see what was published to them, in their own organisations."""
        if user.is_consultant:
            return self
        return self.published().filter(organisation__in=Organisation.objects.visible_to(user))

    def published(self) -> Self:
        """What a client was told. A status alone does not say: what was never told can be mended, and come back."""
        return self.exclude(published_at=None).exclude(status__in=[Finding.Status.OPEN, Finding.Status.FALSE_POSITIVE])


class Finding(PublicIdModel):
    """One bad thing about one resource of a client, recognised from run to run by its fingerprint."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        PUBLISHED = "published", "Published"
        AGREED = "agreed", "Agreed"
        DISPUTED = "disputed", "Disputed"
        FIXED = "fixed", "Fixed (claimed)"
        VERIFIED = "verified", "Verified"
        ACCEPTED_RISK = "accepted_risk", "Accepted risk"
        REGRESSED = "regressed", "Regressed"
        FALSE_POSITIVE = "false_positive", "False positive"

    MOVES = {
        Status.OPEN: {Status.PUBLISHED, Status.VERIFIED, Status.FALSE_POSITIVE},
        Status.PUBLISHED: {
            Status.AGREED,
            Status.DISPUTED,
            Status.FIXED,
            Status.VERIFIED,
            Status.ACCEPTED_RISK,
            Status.FALSE_POSITIVE,
        },
        Status.AGREED: {Status.FIXED, Status.VERIFIED, Status.ACCEPTED_RISK, Status.FALSE_POSITIVE},
        Status.DISPUTED: {Status.AGREED, Status.VERIFIED, Status.ACCEPTED_RISK, Status.FALSE_POSITIVE},
        Status.FIXED: {Status.VERIFIED, Status.REGRESSED},
        Status.VERIFIED: {Status.REGRESSED},
        Status.REGRESSED: {
            Status.PUBLISHED,
            Status.AGREED,
            Status.FIXED,
            Status.VERIFIED,
            Status.ACCEPTED_RISK,
            Status.FALSE_POSITIVE,
        },
        Status.ACCEPTED_RISK: {Status.VERIFIED, Status.REGRESSED},
        Status.FALSE_POSITIVE: {Status.OPEN},
    }

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="findings")
    fingerprint = models.CharField(max_length=32)
    check_id = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=Status, default=Status.OPEN)
    account = models.CharField(max_length=12, blank=True)
    region = models.CharField(max_length=32, blank=True)
    repository = models.CharField(max_length=200, blank=True)
    resource = models.CharField(max_length=2048)
    resource_type = models.CharField(max_length=64, blank=True)
    resource_name = models.CharField(max_length=300, blank=True)
    first_seen_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)
    published_at = models.DateTimeField(null=True)  # when the client was first told of it
    ruled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ruled_at = models.DateTimeField(null=True)
    ruling_reason = models.CharField(max_length=500, blank=True)
    accepted_by = models.CharField(max_length=200, blank=True)  # who of the client takes the risk
    accepted_until = models.DateField(null=True)
    # What the client last said of it, and what was said to that.
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=500, blank=True)
    replied_at = models.DateTimeField(null=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "fingerprint"], name="finding_once"),
            models.CheckConstraint(
                name="false_positive_has_reason",
                condition=~Q(status="false_positive") | ~Q(ruling_reason=""),
            ),
            models.CheckConstraint(
                name="reply_follows_an_answer", condition=Q(replied_at=None) | Q(answered_at__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["organisation", "check_id"], name="finding_by_check")]

    def __str__(self) -> str:
        return f"{self.check_id}: {self.resource_name or self.resource}"

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError."""
        if status not in self.MOVES.get(self.Status(self.status), ()):
            raise TransitionError(
                "This finding is “%(now)s”, so it cannot become “%(then)s”.",
                now=self.get_status_display(),
                then=status.label,
            )
        self.status = status


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def worst_first(self) -> Self:
        """Critical before information, then by check, then by resource."""
        ranks = [When(severity=severity.value, then=Value(severity.rank)) for severity in registry.Severity]
        return self.annotate(severity_rank=Case(*ranks, default=Value(9), output_field=IntegerField())).order_by(
            "severity_rank", "finding__check_id", "finding__account", "finding__region", "finding__resource", "id"
        )

    def bad(self) -> Self:
        """What the run saw, without what it saw mended and without what was ruled false."""
        return self.exclude(status=Occurrence.Status.FIXED).exclude(finding__status=Finding.Status.FALSE_POSITIVE)


class Occurrence(models.Model):
    """What one run said of one finding. `fixed` rows are findings of before that this run saw mended."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        STILL = "still", "Still there"
        REGRESSED = "regressed", "Back again"
        ACCEPTED = "accepted", "Accepted"
        FIXED = "fixed", "Fixed"

    run = models.ForeignKey(Run, models.CASCADE, related_name="occurrences")
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="occurrences")
    status = models.CharField(max_length=16, choices=Status, default=Status.NEW)
    severity = models.CharField(max_length=16, choices=SeverityChoices)
    severity_reason = models.CharField(max_length=300, blank=True)
    effort = models.CharField(max_length=16)
    confidence = models.CharField(max_length=16, default="high")
    title = models.CharField(max_length=300)
    detail = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)
    tags = models.JSONField(default=dict)
    environment = models.CharField(max_length=64, null=True)  # noqa: DJ001  (None: nothing says)
    path = models.TextField(null=True)  # noqa: DJ001
    line = models.PositiveIntegerField(null=True)
    commit = models.CharField(max_length=64, null=True)  # noqa: DJ001
    date = models.CharField(max_length=32, null=True)  # noqa: DJ001
    at_head = models.BooleanField(null=True)
    author = models.CharField(max_length=300, null=True)  # noqa: DJ001  (staff's eyes only)

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "finding"], name="occurrence_once")]

    def __str__(self) -> str:
        return f"{self.finding} in {self.run}"

    @property
    def where(self) -> str:
        """In a few words, for a list: the file and line of a repository, or the resource's name and region."""
        if self.path is not None:
            line = f":{self.line}" if self.line else ""
            return f"{self.path}{line} · {self.finding.repository}"
        name = self.finding.resource_name or self.finding.resource
        region = "" if self.finding.region == GLOBAL else self.finding.region
        return " · ".join(filter(None, (name, region, self.finding.repository)))
