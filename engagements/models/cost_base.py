"""What an hour of the practice costs, and what it sells for. Private to staff, all of it."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from core import clock
from core.models import PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from core.money import Money, money_field, round_money, total


class CostBaseQuerySet(StaffOnlyQuerySet["CostBase"]):
    def in_force(self) -> "CostBase | None":
        """The one in force: the last that was dated."""
        return self.order_by("-valid_from", "-id").first()


class CostBase(PublicIdModel):
    """A year's costs and capacity, dated. Fixed once an offer was reckoned with it: a change makes a new one."""

    COSTS = (
        "pay",
        "office",
        "supplies",
        "training",
        "liability_insurance",
        "health_insurance",
        "retirement",
        "software",
        "accounting",
        "severance_reserve",
        "overhead",
    )

    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    pay = money_field()
    overhead = money_field()  # the short form's one figure for all that is not pay
    office = money_field()
    supplies = money_field()
    training = money_field()
    liability_insurance = money_field()
    health_insurance = money_field()
    retirement = money_field()
    software = money_field()
    accounting = money_field()
    severance_reserve = money_field()
    others = models.JSONField(default=list)  # [{"name": "…", "amount": "120.00"}]
    weeks_off = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(6))
    hours_a_week = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(40))
    not_billable_percent = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal("27.5"))
    used_at = models.DateTimeField(null=True, editable=False)  # the first offer that was reckoned with it
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = CostBaseQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-id"]
        constraints = [
            models.CheckConstraint(name="cost_base_weeks", condition=Q(weeks_off__gte=0) & Q(weeks_off__lt=52)),
            models.CheckConstraint(name="cost_base_hours", condition=Q(hours_a_week__gt=0) & Q(hours_a_week__lte=100)),
            models.CheckConstraint(
                name="cost_base_share", condition=Q(not_billable_percent__gte=0) & Q(not_billable_percent__lt=100)
            ),
        ]

    def __str__(self) -> str:
        return f"Cost base of {self.valid_from}"

    @property
    def yearly_cost(self) -> Money:
        named = [Money(Decimal(one["amount"]), self.currency) for one in self.others]
        return total([*(getattr(self, name) for name in self.COSTS), *named], self.currency)

    @property
    def working_hours(self) -> Decimal:
        return (52 - self.weeks_off) * self.hours_a_week

    @property
    def billable_hours(self) -> Decimal:
        """Hours a year that a client pays for."""
        return self.working_hours * (100 - self.not_billable_percent) / 100

    @property
    def loaded_cost(self) -> Money:
        """What an hour that is sold costs."""
        return round_money(self.yearly_cost / self.billable_hours)


class SellingRate(PublicIdModel):
    """What an hour sells for, from a date on; prices are filled in from it."""

    valid_from = models.DateField()
    rate = money_field()
    target_margin_percent = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(20))
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["SellingRate"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-valid_from", "-id"]
        constraints = [models.CheckConstraint(name="selling_rate_above_zero", condition=Q(rate__gt=0))]

    def __str__(self) -> str:
        return f"{self.rate} from {self.valid_from}"
