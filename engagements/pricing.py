"""From hours to a price. A client sees the price; the hours and the rate stay with staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from statistics import median

from core.money import Money

PRICE_STEP = 50  # of the currency: no offer needs a price to the coin
RANGE_STEP = 500
WIDEST = Decimal("1.6")  # a range's high end to its low one
LEAST_HISTORY = 3  # so many measured times say how far they spread
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Hours:
    low: Decimal
    likely: Decimal
    high: Decimal


# By effort, as the checks say it.
BANDS = {
    "minutes": Hours(Decimal("0.5"), Decimal(1), Decimal(2)),
    "hours": Hours(Decimal(2), Decimal(4), Decimal(8)),
    "days": Hours(Decimal(8), Decimal(16), Decimal(32)),
    "weeks": Hours(Decimal(40), Decimal(80), Decimal(120)),
}


def hours_for(effort: str, history: Sequence[Decimal] = ()) -> Hours:
    """What such work takes: by its effort, or by the hours that the same work really took before.

    From three measured times on, their least, median and most; of one or two the median, spread as its effort is.
    Raises KeyError for an effort that no check has.
    """
    band = BANDS[effort]
    took = [hours for hours in history if hours > 0]
    if not took:
        return band
    middle = median(took)
    if len(took) >= LEAST_HISTORY:
        return Hours(_tenth(min(took)), _tenth(middle), _tenth(max(took)))
    return Hours(_tenth(middle * band.low / band.likely), _tenth(middle), _tenth(middle * band.high / band.likely))


def price_for(hours: Decimal, rate: Money) -> Money:
    """At the selling rate, rounded to 50; work that takes any time has a price."""
    return Money(_to_step(hours * rate.amount, PRICE_STEP), rate.currency)


def indicative_range(low_hours: Decimal, high_hours: Decimal, rate: Money) -> tuple[Money, Money]:
    """Low and high price, rounded to 500, high at most 1.6 × low. For a summary: indicative, not an offer.

    Where the hours are further apart it is the low end that moves: nobody is told less than it may cost.
    """
    low = _to_step(low_hours * rate.amount, RANGE_STEP)
    high = max(low, _to_step(high_hours * rate.amount, RANGE_STEP))
    if high > WIDEST * low:
        low = (high / WIDEST / RANGE_STEP).to_integral_value(rounding=ROUND_CEILING) * RANGE_STEP
    return Money(low, rate.currency), Money(high, rate.currency)


def _to_step(amount: Decimal, step: int) -> Decimal:
    """Half up; at least one step for anything above zero."""
    steps = (amount / step).to_integral_value(rounding=ROUND_HALF_UP)
    return max(steps, Decimal(1)) * step if amount > 0 else Decimal(0)


def _tenth(hours: Decimal) -> Decimal:
    return max(hours.quantize(TENTH, rounding=ROUND_HALF_UP), TENTH)
