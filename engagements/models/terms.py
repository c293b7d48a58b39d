from django.db import models

from core import clock, triggers
from core.models import PublicIdModel, User


class Terms(PublicIdModel):
    """One version of the practice's terms. A change is a new version: who signed one can always read it again."""

    name = models.CharField(max_length=200)  # "Fixed bid", shared by the versions
    version = models.PositiveIntegerField()
    plain_words = models.TextField()  # Markdown: what it means, before what it says
    body = models.TextField()  # Markdown
    acceptance_days = models.PositiveSmallIntegerField(default=5)  # a delivery counts as accepted after so many
    late_fee = models.CharField(max_length=300, blank=True)  # in words; without it none may be asked for
    cancellation_fee = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="terms_version_once")]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


triggers.frozen(Terms, when="TRUE", mutable=("retired_at",))
