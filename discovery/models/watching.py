from django.db import models

from core.models import QueuedMail
from core.models.staff_only import StaffOnlyQuerySet
from discovery.models.finding import Finding, SeverityChoices
from discovery.models.run import Run
from discovery.models.schedule import Schedule, ScheduledRun


class WatchedFinding(models.Model):
    """A finding that stands, as a schedule's runs last saw it. While the row is there nobody is told of it again."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="findings")
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="+")
    severity = models.CharField(max_length=16, choices=SeverityChoices)
    seen_in = models.ForeignKey(Run, models.CASCADE, related_name="+")

    objects = StaffOnlyQuerySet["WatchedFinding"].as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["schedule", "finding"], name="watched_finding_once")]

    def __str__(self) -> str:
        return f"{self.finding} since {self.seen_in}"


class WatchMail(QueuedMail):
    """What one person is told of one scheduled run."""

    scheduled = models.ForeignKey(ScheduledRun, models.CASCADE, related_name="mails")
    subject = models.CharField(max_length=300)
    body = models.TextField()

    objects = StaffOnlyQuerySet["WatchMail"].as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["scheduled", "address"], name="one_watch_mail_a_person")]

    def __str__(self) -> str:
        return f"{self.scheduled} to {self.address}"
