from django.db import models

from core import clock
from core.models.base import PublicIdModel
from core.models.staff_only import StaffOnlyQuerySet
from core.models.stored_file import StoredFile
from core.models.user import User


class PracticeExportQuerySet(StaffOnlyQuerySet["PracticeExport"]):
    pass


class PracticeExport(PublicIdModel):
    """Everything of the practice as a ZIP, made by a worker because somebody asked. Deleted after some days."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"
        DELETED = "deleted"

    status = models.CharField(max_length=16, choices=Status, default=Status.WAITING)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)  # while a worker is at it; real time
    file = models.OneToOneField(StoredFile, models.SET_NULL, null=True, related_name="export")
    told = models.JSONField(default=dict)  # how many tables, rows and files
    failure = models.CharField(max_length=300, blank=True)

    objects = PracticeExportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Export of {self.asked_at:%Y-%m-%d %H:%M}"
