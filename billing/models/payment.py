from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.exact import not_negative
from billing.models.invoice import Invoice
from core import clock
from core.errors import TransitionError
from core.models import Organisation, PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from core.money import Money, money_field


class Payment(PublicIdModel):
    """Money of a client on its way or in hand. Only what cleared counts; what no invoice took is their credit."""

    class Status(models.TextChoices):
        PENDING = "pending", _("On its way")
        CLEARED = "cleared", _("Cleared")
        FAILED = "failed", _("Failed")
        REVERSED = "reversed", _("Reversed")
        REFUNDED = "refunded", _("Refunded")

    MOVES = {
        Status.PENDING: {Status.CLEARED, Status.FAILED},
        Status.CLEARED: {Status.REVERSED, Status.REFUNDED},
    }

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="payments")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    amount = money_field()
    allocated = money_field()  # what its allocations add up to
    refunded = money_field()  # what of the rest was paid back
    received_on = models.DateField()
    cleared_on = models.DateField(null=True)
    bank_reference = models.CharField(max_length=100, blank=True)  # as the bank prints it
    note = models.CharField(max_length=200, blank=True)
    reversal_reason = models.CharField(max_length=500, blank=True)  # or why it failed
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["Payment"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="payment_above_zero", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_spent_once",
                condition=Q(allocated__gte=0, refunded__gte=0)
                & Q(not_negative(F("amount") - F("allocated") - F("refunded"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.received_on}"

    @property
    def unspent(self) -> Money:
        """What no invoice took and nobody paid back."""
        left: Money = self.amount - self.allocated - self.refunded
        return left

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This payment is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        self.status = status


class Allocation(models.Model):
    """What of a payment goes to which invoice. It counts while the payment is cleared."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    amount = money_field()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["Allocation"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="allocation_once"),
            models.CheckConstraint(name="allocation_above_zero", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} to {self.invoice}"
