from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice
from core import clock
from core.errors import TransitionError
from core.models import PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from core.money import money_field


class Payment(PublicIdModel):
    """Money on its way or in hand. Only what cleared counts."""

    class Status(models.TextChoices):
        PENDING = "pending", _("On its way")
        CLEARED = "cleared", _("Cleared")
        FAILED = "failed", _("Failed")
        REVERSED = "reversed", _("Reversed")

    MOVES = {Status.PENDING: {Status.CLEARED, Status.FAILED}, Status.CLEARED: {Status.REVERSED}}

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    amount = money_field()
    received_on = models.DateField()
    cleared_on = models.DateField(null=True)
    note = models.CharField(max_length=200, blank=True)
    reversal_reason = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["Payment"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(name="payment_above_zero", condition=Q(amount__gt=0))]

    def __str__(self) -> str:
        return f"{self.amount} on {self.received_on}"

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This payment is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        self.status = status
