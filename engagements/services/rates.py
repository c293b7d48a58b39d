"""The cost base and the selling rate: what an hour costs, and what it is sold for."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import events
from core.errors import DomainError
from core.models import User
from core.money import Money, as_json
from engagements.models import CostBase, SellingRate

WEEKS_OFF = Decimal(6)
HOURS_A_WEEK = Decimal(40)
NOT_BILLABLE_PERCENT = Decimal("27.5")


@dataclass(frozen=True)
class CostFigures:
    """A year of the practice. `costs` by the names of CostBase.COSTS, zero where not named; `others` their own."""

    currency: str
    valid_from: dt.date
    costs: Mapping[str, Money]
    others: tuple[tuple[str, Money], ...] = ()
    weeks_off: Decimal = WEEKS_OFF
    hours_a_week: Decimal = HOURS_A_WEEK
    not_billable_percent: Decimal = NOT_BILLABLE_PERCENT

    def values(self) -> dict[str, object]:
        """What the row holds."""
        zero = Money(0, self.currency)
        return {
            **{name: self.costs.get(name, zero) for name in CostBase.COSTS},
            "others": [{"name": name, "amount": as_json(amount)["amount"]} for name, amount in self.others],
            "currency": self.currency,
            "valid_from": self.valid_from,
            "weeks_off": self.weeks_off,
            "hours_a_week": self.hours_a_week,
            "not_billable_percent": self.not_billable_percent,
        }

    def unsaved(self) -> CostBase:
        """A row that is in no table, to reckon with. Raises DomainError where an hour could not be reckoned."""
        base = CostBase(**self.values())
        if base.billable_hours <= 0:
            raise DomainError(_("No billable hours are left: fewer weeks off, more hours a week or a smaller share."))
        if base.yearly_cost.amount <= 0:
            raise DomainError(_("Enter what a year costs: an income at least."))
        return base


@transaction.atomic
def add_cost_base(*, figures: CostFigures, actor: User) -> CostBase:
    """Raises DomainError where there is no cost or no billable hour."""
    base = figures.unsaved()
    base.made_by = actor
    base.save()
    events.record(base, "cost_base.added", actor=actor, valid_from=base.valid_from)
    return base


@transaction.atomic
def change_cost_base(*, base: CostBase, figures: CostFigures, actor: User) -> CostBase:
    """In place while no offer was reckoned with it; after that the change is a new one, and the old stays as it was.

    Raises DomainError as `add_cost_base` does.
    """
    base = CostBase.objects.locked(base)
    if base.used_at:
        return add_cost_base(figures=figures, actor=actor)
    figures.unsaved()
    for name, value in figures.values().items():
        setattr(base, name, value)
    base.save()
    events.record(base, "cost_base.changed", actor=actor, valid_from=base.valid_from)
    return base


@transaction.atomic
def set_selling_rate(*, rate: Money, target_margin_percent: Decimal, valid_from: dt.date, actor: User) -> SellingRate:
    """The rate from a day on; setting the same again, as a second click does, adds nothing.

    Raises DomainError for a rate that is not above zero, and for a margin that no rate could leave.
    """
    if rate.amount <= 0:
        raise DomainError(_("An hour sells for more than nothing."))
    if not 0 <= target_margin_percent < 100:
        raise DomainError(_("A margin is between 0 and 99.9 percent of the price."))
    last = SellingRate.objects.filter(valid_from=valid_from).order_by("-id").first()
    if last and (last.rate, last.target_margin_percent) == (rate, target_margin_percent):
        return last
    row = SellingRate.objects.create(
        rate=rate, target_margin_percent=target_margin_percent, valid_from=valid_from, set_by=actor
    )
    events.record(row, "selling_rate.set", actor=actor, valid_from=valid_from)
    return row
