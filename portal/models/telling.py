from django.db import models

from core.models import QueuedMail, User
from core.models.staff_only import StaffOnlyQuerySet
from portal.models.report import ReportRevision


class ReportMail(QueuedMail):
    """The mail about a report to one person."""

    revision = models.ForeignKey(ReportRevision, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    objects: StaffOnlyQuerySet["ReportMail"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["revision", "user"], name="one_report_mail_a_person")]

    def __str__(self) -> str:
        return f"{self.revision} to {self.user}"
