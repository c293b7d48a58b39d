from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from core import clock
from core.models import Organisation, PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from discovery.models.finding import SeverityChoices
from discovery.models.run import Run
from discovery.models.target import AwsAccount, Repository
from infra_audit.registry import Severity

AT_NIGHT = 3  # o'clock


class Schedule(PublicIdModel):
    """When a client is audited without anybody starting it, what is looked at, and who is told of what is new.

    Days and hours are those of the practice's zone. Accounts are read as deep as the client agreed for each.
    """

    class Every(models.TextChoices):
        DAY = "day", "Every day"
        WEEK = "week", "Every Monday"
        MONTH = "month", "On the first of each month"

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="schedule")
    every = models.CharField(max_length=8, choices=Every, default=Every.DAY)
    at_hour = models.PositiveSmallIntegerField(default=AT_NIGHT)
    everything = models.BooleanField(default=True)  # every account and repository, those added later too
    accounts = models.ManyToManyField(AwsAccount, related_name="+")  # where not everything
    repositories = models.ManyToManyField(Repository, related_name="+")
    only_checks = models.JSONField(default=list)  # ids; empty: the whole catalogue
    tells_from = models.CharField(max_length=16, choices=SeverityChoices, default=Severity.HIGH.value)
    people = models.ManyToManyField(User, related_name="+")  # consultants who are told
    is_paused = models.BooleanField(default=False)
    pause_reason = models.CharField(max_length=200, blank=True)
    counts_from = models.DateTimeField(default=clock.now)  # what was due before is not made up for
    set_up_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    set_up_at = models.DateTimeField(default=clock.now, editable=False)

    objects = StaffOnlyQuerySet["Schedule"].as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="schedule_hour_of_a_day", condition=Q(at_hour__lte=23)),
            models.CheckConstraint(
                name="schedule_pause_has_reason_only_while_it_lasts",
                condition=Q(pause_reason="") | Q(is_paused=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_every_display()} at {self.at_hour:02}:00 for {self.organisation}"

    @property
    def told_of(self) -> str:
        """Of what people are told, in words."""
        severity = self.get_tells_from_display().lower()
        return severity if self.tells_from == Severity.CRITICAL else _("%(severity)s or worse") % {"severity": severity}


class ScheduledRun(models.Model):
    """One day on which a schedule was due, with the run that it started or why it started none: its claim on the day.

    `news` is how many findings people were told of; `told_at` is set once that is settled, told or not.
    """

    class Skip(models.TextChoices):
        UNDER_WAY = "under_way", "Another audit was under way"
        NOTHING = "nothing", "There was nothing to audit, or no check that looks at it"

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="days")
    on = models.DateField()
    run = models.OneToOneField(Run, models.CASCADE, null=True, related_name="scheduled")
    skipped = models.CharField(max_length=16, choices=Skip, blank=True)
    at = models.DateTimeField(default=clock.now, editable=False)
    news = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True)

    objects = StaffOnlyQuerySet["ScheduledRun"].as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "on"], name="scheduled_once_a_day"),
            models.CheckConstraint(
                name="scheduled_run_or_skipped",
                condition=Q(run__isnull=False, skipped="") | Q(run=None) & ~Q(skipped=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule.organisation}, {self.on}"

    @property
    def has_failed(self) -> bool:
        """It looked at nothing at all, though it should have."""
        return self.skipped == self.Skip.NOTHING or (self.run is not None and self.run.status == Run.Status.FAILED)
