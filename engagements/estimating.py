"""Hours of low, likely and high, and what they come to together. Staff's eyes only.

The range of the total is reckoned as PERT does: each item has the mean (low + 4 · likely + high) / 6 and the deviation
(high − low) / 6, and items miss their hours independently of each other. They seldom quite do, so the true range is
wider; the page says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from core import charts
from core.errors import DomainError

TENTH = Decimal("0.1")
# Standard deviations either way that hold so much of a normal distribution.
DEVIATIONS_80 = Decimal("1.2816")
DEVIATIONS_95 = Decimal("1.9600")


@dataclass(frozen=True)
class Estimate:
    """An item's hours; `depends_on` are the keys of items that must be done before it."""

    key: str
    title: str
    low: Decimal
    likely: Decimal
    high: Decimal
    depends_on: tuple[str, ...] = ()

    @property
    def mean(self) -> Decimal:
        return (self.low + 4 * self.likely + self.high) / 6

    @property
    def deviation(self) -> Decimal:
        return (self.high - self.low) / 6


@dataclass(frozen=True)
class HoursRange:
    """All items together, in hours rounded to a tenth; no end is below zero."""

    mean: Decimal
    low_80: Decimal
    high_80: Decimal
    low_95: Decimal
    high_95: Decimal


@dataclass(frozen=True)
class LateCost:
    """What waits while an item is late: `waiting` likely hours of `others` items, directly or not."""

    item: Estimate
    others: int
    waiting: Decimal

    @property
    def sentence(self) -> str:
        words = {"title": self.item.title, "waiting": shown(self.waiting), "own": shown(self.item.likely)}
        return _("“%(title)s” takes %(own)s h, but while it is late %(waiting)s h of other work wait.") % words


def check_hours(low: Decimal, likely: Decimal, high: Decimal) -> None:
    """Raises DomainError where they are negative or out of order."""
    if low < 0:
        raise DomainError(_("Hours cannot be negative."))
    if not low <= likely <= high:
        raise DomainError(_("Low hours come first, then likely, then high: %(low)s, %(likely)s, %(high)s."),
                          low=shown(low), likely=shown(likely), high=shown(high))  # fmt: skip


def total_range(items: Iterable[Estimate]) -> HoursRange | None:
    """None where there are no items."""
    items = tuple(items)
    if not items:
        return None
    mean = sum((item.mean for item in items), Decimal(0))
    deviation = sum((item.deviation**2 for item in items), Decimal(0)).sqrt()
    near, far = DEVIATIONS_80 * deviation, DEVIATIONS_95 * deviation
    ends = (mean, mean - near, mean + near, mean - far, mean + far)
    return HoursRange(*(_tenth(max(end, Decimal(0))) for end in ends))


def late_costs(items: Sequence[Estimate]) -> list[LateCost]:
    """Items whose being late costs more than their own hours, the worst first."""
    found = []
    for item in items:
        behind = _behind(item, items)
        waiting = sum((one.likely for one in behind), Decimal(0))
        if waiting > item.likely:
            found.append(LateCost(item, len(behind), waiting))
    return sorted(found, key=lambda cost: cost.waiting, reverse=True)


def _behind(item: Estimate, items: Sequence[Estimate]) -> list[Estimate]:
    """What waits for the item, directly or through others."""
    keys = {item.key}
    while True:
        more = {one.key for one in items if not keys.isdisjoint(one.depends_on)} - keys
        if not more:
            return [one for one in items if one.key in keys and one.key != item.key]
        keys |= more


def picture(items: Sequence[Estimate]) -> charts.RangeChart:
    """Each item from low to high with its likely hours, and the total with 80 % and 95 %, for charts/range.html."""
    total = total_range(items)
    rows = [
        charts.Reach(item.title, item.low, item.likely, item.high, _words(item.low, item.likely, item.high))
        for item in items
    ]
    if total:
        words = _words(*(_whole(hours) for hours in (total.low_80, total.mean, total.high_80)))
        rows.append(
            charts.Reach(_("Total"), total.low_80, total.mean, total.high_80, words, wide=(total.low_95, total.high_95))
        )
    legend = (_("Low to high; of the total, 80 %"), _("Of the total, 95 %"), _("Likely; of the total, the mean"))
    note = _("The total is reckoned by PERT, which takes the items to be independent: the true range is wider.")
    return charts.ranges(_("Hours"), rows, legend=legend, note=note if total else "")


def shown(hours: Decimal) -> str:
    """Without a zero behind the point: 8, 13.5."""
    rounded = _tenth(hours)
    return f"{rounded:f}".removesuffix(".0")


def _words(low: Decimal, middle: Decimal, high: Decimal) -> str:
    return f"{shown(low)} – {shown(middle)} – {shown(high)} h"


def _whole(hours: Decimal) -> Decimal:
    return hours.quantize(Decimal(1), rounding=ROUND_HALF_UP)


def _tenth(hours: Decimal) -> Decimal:
    return hours.quantize(TENTH, rounding=ROUND_HALF_UP)
