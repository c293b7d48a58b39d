from django.db import models

from core import clock
from core.models import User
from core.models.staff_only import StaffOnlyQuerySet
from discovery.models.finding import Finding
from engagements.models import Proposal


class PricedFinding(models.Model):
    """A finding that a line of a proposal mends. The line's key survives revisions; whether it still stands is asked of
    the proposal's newest revision."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="priced")
    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="priced_findings")
    line_key = models.UUIDField()
    priced_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    priced_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["PricedFinding"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["finding", "proposal"], name="finding_priced_once")]

    def __str__(self) -> str:
        return f"{self.finding} in {self.proposal.reference}"
