from django.db import models

from core import clock
from core.models import PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from portal.models.report import ProgressReport


class ReportNag(models.Model):
    """That a consultant was mailed about late reports on a day: the claim that one of two schedulers gets."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    on = models.DateField()
    made_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["ReportNag"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "on"], name="one_report_nag_a_day")]

    def __str__(self) -> str:
        return f"{self.user} on {self.on}"


class ReportCall(PublicIdModel):
    """A call to make: nobody of the client has read the report, and something waits for them."""

    report = models.OneToOneField(ProgressReport, models.PROTECT, related_name="call")
    made_at = models.DateTimeField(default=clock.now, editable=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    objects: StaffOnlyQuerySet["ReportCall"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.report)
