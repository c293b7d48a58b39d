from django.db import models

from core import clock
from core.models import User
from core.models.staff_only import StaffOnlyQuerySet
from portal.models.report import ReportRevision


class ReportMail(models.Model):
    """The mail about a report to one person: the claim of the worker that sends it, and whether it went."""

    revision = models.ForeignKey(ReportRevision, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(default=clock.now)  # last
    sent_at = models.DateTimeField(null=True)

    objects: StaffOnlyQuerySet["ReportMail"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["revision", "user"], name="one_report_mail_a_person")]

    def __str__(self) -> str:
        return f"{self.revision} to {self.user}"
