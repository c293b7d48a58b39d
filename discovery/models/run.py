from typing import Self

from django.db import models
from django.db.models import Q

from core import clock
from core.errors import TransitionError
from core.models import Organisation, PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from discovery.models.target import AwsAccount, Repository
from infra_audit import inventory

ENDINGS = [(ending.value, ending.value.replace("_", " ").title()) for ending in inventory.Ending]


class RunQuerySet(StaffOnlyQuerySet["Run"]):
    def whole(self) -> Self:
        """Those that made every check: only they can speak for a client as a whole."""
        return self.filter(only_checks=[])


class Run(PublicIdModel):
    """One audit of a client's accounts and repositories, at one moment (`as_of`)."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        DONE_WITH_GAPS = "done_with_gaps", "Done, with gaps"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    MOVES = {
        Status.QUEUED: {Status.RUNNING, Status.CANCELLED},
        Status.RUNNING: {Status.DONE, Status.DONE_WITH_GAPS, Status.FAILED, Status.CANCELLED},
    }
    OPEN = (Status.QUEUED, Status.RUNNING)

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="runs")
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    failure = models.CharField(max_length=500, blank=True)
    metadata_only = models.BooleanField(default=False)
    only_checks = models.JSONField(default=list)  # ids; empty: the whole catalogue
    as_of = models.DateTimeField(default=clock.now)
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    rows_dropped_at = models.DateTimeField(
        null=True
    )  # since then its units say how they ended, and no longer what they read
    tool_version = models.CharField(max_length=20)
    catalogue_version = models.CharField(max_length=20)
    # What the evaluation said besides findings: examined, passed, not_assessed, inventory, iac_coverage, regions
    result = models.JSONField(default=dict)
    # Accounts that were named and are not read, as infra_audit.accounts.LeftOut.as_json(); who refused is in its shard
    left_out = models.JSONField(default=list)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.created_at:%d %B %Y}"

    @property
    def is_over(self) -> bool:
        return self.Status(self.status) not in self.MOVES

    @property
    def is_whole(self) -> bool:
        return not self.only_checks

    @property
    def has_results(self) -> bool:
        return self.status in {self.Status.DONE, self.Status.DONE_WITH_GAPS}

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        if status not in self.MOVES.get(self.Status(self.status), ()):
            raise TransitionError(
                "This run is %(now)s, so it cannot become %(then)s.", now=self.get_status_display(), then=status.label
            )
        self.status = status


class Shard(models.Model):
    """The part of a run that one worker does at a time. The row is the truth; a queue message only rings the bell.

    A worker holds it by a lease that it keeps renewing; `token` grows with each claim, and whoever writes must
    show the newest. `not_before` delays a retry. Lease times are real time, never the shifted clock.
    """

    class Kind(models.TextChoices):
        ACCOUNT = "account"  # open the account, learn its regions, and make the shards of its places
        PLACE = "place"  # one region of an account, or what is global in it
        REPOSITORY = "repository"

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    OPEN = (Status.QUEUED, Status.RUNNING)

    run = models.ForeignKey(Run, models.CASCADE, related_name="shards")
    kind = models.CharField(max_length=16, choices=Kind)
    aws_account = models.ForeignKey(AwsAccount, models.PROTECT, null=True, related_name="+")
    repository = models.ForeignKey(Repository, models.PROTECT, null=True, related_name="+")
    region = models.CharField(max_length=32, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    planned = models.JSONField(default=list)  # the operations it will store a unit for
    failure = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(default=clock.real_now)
    calls = models.JSONField(default=list)  # what signing in took; the readings' own are with their units

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "aws_account", "region"],
                condition=Q(aws_account__isnull=False),
                name="shard_once_a_place",
            ),
            models.UniqueConstraint(
                fields=["run", "repository"], condition=Q(repository__isnull=False), name="shard_once_a_repository"
            ),
            models.CheckConstraint(
                name="shard_running_has_lease", condition=~Q(status="running") | Q(lease_until__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["status", "not_before"], name="shard_due")]

    def __str__(self) -> str:
        return str(self.repository or f"{self.aws_account} {self.region}".strip())

    @property
    def account(self) -> AwsAccount:
        """The account of a shard that is not a repository's."""
        if self.aws_account is None:
            raise TypeError(f"Shard {self.pk} is of no AWS account.")
        return self.aws_account

    @property
    def place(self) -> inventory.Place:
        """Where its units stand."""
        if self.repository:
            return inventory.Place(partition="", repository=self.repository.name)
        account = self.account
        return inventory.Place(account.partition or "aws", account.account_id, self.region or inventory.GLOBAL)


class Unit(models.Model):
    """One stored `infra_audit.inventory.Unit`. Rows hold no secret: detections only."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="units")
    shard = models.ForeignKey(Shard, models.CASCADE, null=True, related_name="units")
    operation = models.CharField(max_length=100)
    partition = models.CharField(max_length=20, blank=True)
    account = models.CharField(max_length=12, blank=True)
    region = models.CharField(max_length=32, blank=True)
    repository = models.CharField(max_length=200, blank=True)
    ending = models.CharField(max_length=16, choices=ENDINGS)
    rows = models.JSONField(default=list)
    unread = models.JSONField(default=list)
    iam_action = models.CharField(max_length=100, null=True)  # noqa: DJ001  (as in the engine: None is not "")
    denied_by = models.CharField(max_length=100, null=True)  # noqa: DJ001
    message = models.TextField(blank=True)
    api_calls = models.PositiveIntegerField(default=0)
    duration_s = models.FloatField(default=0)
    calls = models.JSONField(default=list)  # of infra_audit.call_log.Calls: each request, by kind, with its times
    stored_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shard", "operation"], condition=Q(shard__isnull=False), name="unit_once_a_shard"
            ),
            models.UniqueConstraint(
                fields=["run", "operation"], condition=Q(shard__isnull=True), name="unit_once_a_run"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} at {self.place}: {self.ending}"

    @property
    def place(self) -> inventory.Place:
        return inventory.Place(self.partition, self.account, self.region, self.repository)

    @property
    def was_throttled(self) -> bool:
        """As the engine means it, told without the rows."""
        throttled = inventory.Ending.THROTTLED
        return self.ending == throttled or any(one["reason"] == throttled for one in self.unread)

    def as_engine_unit(self) -> inventory.Unit:
        """What the collector emitted, equal to it."""
        return inventory.Unit.from_json(
            {
                "operation": self.operation,
                "place": {
                    "partition": self.partition,
                    "account": self.account,
                    "region": self.region,
                    "repository": self.repository,
                },
                "ending": self.ending,
                "rows": self.rows,
                "unread": self.unread,
                "iam_action": self.iam_action,
                "denied_by": self.denied_by,
                "message": self.message,
                "api_calls": self.api_calls,
                "duration_s": self.duration_s,
                "calls": self.calls,
            }
        )
