"""Reads of what an hour costs and sells for."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import Money
from engagements.guard import margin_of, suggested_rate
from engagements.models import CostBase, SellingRate

SHOWN = 20  # of each, the newest
TARGET_PERCENT = Decimal(20)  # until somebody sets another


@dataclass(frozen=True)
class Rates:
    """What the page of the rates shows. `base` and `rate` are those in force, None where there is none yet."""

    base: CostBase | None
    rate: SellingRate | None
    bases: Sequence[CostBase]
    rates: Sequence[SellingRate]

    @property
    def target_percent(self) -> Decimal:
        return self.rate.target_margin_percent if self.rate else TARGET_PERCENT

    @property
    def suggested(self) -> Money | None:
        """The rate that would leave the target margin."""
        return suggested_rate(self.base.loaded_cost, self.target_percent) if self.base else None

    @property
    def margin_percent(self) -> Decimal | None:
        """What the rate leaves of itself; None where it cannot be told."""
        if self.base is None or self.rate is None or str(self.rate.rate.currency) != self.base.currency:
            return None
        return margin_of(self.rate.rate, self.base.loaded_cost)

    @property
    def is_below_cost(self) -> bool:
        return self.margin_percent is not None and self.margin_percent < 0

    @property
    def is_below_target(self) -> bool:
        return self.margin_percent is not None and self.margin_percent < self.target_percent


def rates_on(day: dt.date) -> Rates:
    return Rates(
        base=CostBase.objects.in_force(day),
        rate=SellingRate.objects.in_force(day),
        bases=list(CostBase.objects.select_related("made_by")[:SHOWN]),
        rates=list(SellingRate.objects.select_related("set_by")[:SHOWN]),
    )


def loaded_cost_on(day: dt.date) -> Money | None:
    """What an hour costs; None without a cost base."""
    base = CostBase.objects.in_force(day)
    return base.loaded_cost if base else None


def selling_rate_on(day: dt.date) -> Money | None:
    """What an hour sells for; None where no rate is set."""
    rate = SellingRate.objects.in_force(day)
    return rate.rate if rate else None
