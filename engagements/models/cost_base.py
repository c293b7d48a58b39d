"""What an hour of the practice costs, and what it sells for. Private to staff, all of it."""

import datetime as dt
from decimal import Decimal
from typing import Generic, TypeVar

from django.db import models
from django.db.models import Q

from core import clock, triggers
from core.models import PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from core.money import Money, money_field, round_money, total

Dated = TypeVar("Dated", bound=models.Model)


class DatedQuerySet(StaffOnlyQuerySet[Dated], Generic[Dated]):
    """Rows of which each holds from its day until the next begins."""

    def in_force(self, on: dt.date) -> Dated | None:
        """The one that holds on a day; of two of the same day the later made."""
        return self.filter(valid_from__lte=on).order_by("-valid_from", "-id").first()


class CostBaseQuerySet(DatedQuerySet["CostBase"]):
    def locked(self, base: "CostBase") -> "CostBase":
        """The row as it is now, and nobody else's until the transaction ends."""
        return self.select_for_update().get(pk=base.pk)


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
    def named_costs(self) -> list[tuple[str, Money]]:
        """The entries of their own naming."""
        return [(one["name"], Money(Decimal(one["amount"]), self.currency)) for one in self.others]

    @property
    def yearly_cost(self) -> Money:
        own = (amount for _name, amount in self.named_costs)
        return total([*(getattr(self, name) for name in self.COSTS), *own], self.currency)

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


triggers.frozen(CostBase, when="OLD.used_at IS NOT NULL")


class SellingRate(PublicIdModel):
    """What an hour sells for, from a date on; prices are filled in from it. A change is a new row."""

    valid_from = models.DateField()
    rate = money_field()
    target_margin_percent = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(20))
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: DatedQuerySet["SellingRate"] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-valid_from", "-id"]
        constraints = [models.CheckConstraint(name="selling_rate_above_zero", condition=Q(rate__gt=0))]

    def __str__(self) -> str:
        return f"{self.rate} from {self.valid_from}"


triggers.append_only(SellingRate)
