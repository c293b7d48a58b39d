"""The underbid guard: what a price is against what the work costs. Private to staff; it asks, and stops no work.

Pure: numbers in, a judgement out. Whoever calls it reads the rows.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import Money, as_json, format_money, percent_of, round_money

WIDE_RATIO = 3  # of high to low hours
DEPOSIT_POLICY_PERCENT = 30
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class GuardedLine:
    """A line that is bought; hours are None where nobody estimated it."""

    title: str
    low: Decimal | None = None
    likely: Decimal | None = None
    high: Decimal | None = None

    @property
    def is_wide(self) -> bool:
        return bool(self.low is not None and self.high is not None and self.high > WIDE_RATIO * self.low)


@dataclass(frozen=True)
class Bid:
    """What the guard looks at. `loaded_cost` is that of an hour, None without a cost base."""

    price: Money
    lines: tuple[GuardedLine, ...]
    loaded_cost: Money | None
    contingency_percent: Decimal | int = 15
    target_margin_percent: Decimal | int = 20
    has_exclusions: bool = True
    has_trade_rule: bool = True
    deposit_percent: Decimal | int = DEPOSIT_POLICY_PERCENT
    deposit_policy_percent: Decimal | int = DEPOSIT_POLICY_PERCENT
    is_poor_fit: bool = False
    is_their_customer: bool = False


class Verdict(StrEnum):
    GOOD = "good"
    THIN = "thin"  # below the target margin
    BELOW = "below"  # below the floor: sending asks for a reason
    UNKNOWN = "unknown"  # there is nothing to judge by


@dataclass(frozen=True)
class Judgement:
    """`cost`, `floor` and `margin_percent` are None where the verdict is unknown; so is the margin of a zero price."""

    verdict: Verdict
    sentence: str
    warnings: tuple[str, ...]
    hours: Decimal
    cost: Money | None = None
    floor: Money | None = None
    margin_percent: Decimal | None = None

    @property
    def needs_reason(self) -> bool:
        return self.verdict == Verdict.BELOW

    @property
    def in_one_line(self) -> str:
        """The other warnings, folded; empty where there are none."""
        return "; ".join(self.warnings)

    def as_record(self) -> dict[str, Any]:
        """What is kept with the revision for the retrospective."""
        return {
            "verdict": self.verdict.value,
            "hours": str(self.hours),
            "cost": as_json(self.cost) if self.cost is not None else None,
            "floor": as_json(self.floor) if self.floor is not None else None,
            "margin_percent": str(self.margin_percent) if self.margin_percent is not None else None,
            "warnings": list(self.warnings),
        }


def judge(bid: Bid) -> Judgement:
    """Floor = likely hours × loaded cost + contingency. The margin is what the price leaves over the cost alone."""
    hours = sum((line.likely for line in bid.lines if line.likely is not None), Decimal(0))
    warnings = tuple(_warnings(bid))
    why_not = _nothing_to_judge_by(bid, hours)
    if why_not or bid.loaded_cost is None:
        return Judgement(Verdict.UNKNOWN, why_not, warnings, hours)
    cost = round_money(bid.loaded_cost * hours)
    floor = cost + percent_of(cost, bid.contingency_percent)
    margin = margin_of(bid.price, cost)
    verdict = _verdict(bid, floor, margin)
    return Judgement(verdict, _sentence(verdict, bid, floor, margin), warnings, hours, cost, floor, margin)


def margin_of(price: Money, cost: Money) -> Decimal | None:
    """Percent of the price that is left over the cost, to a tenth; None of a price of zero."""
    if not price.amount:
        return None
    return ((price.amount - cost.amount) * 100 / price.amount).quantize(TENTH, rounding=ROUND_HALF_UP)


def suggested_rate(loaded_cost: Money, target_margin_percent: Decimal | int) -> Money:
    """The rate at which so many percent of the price are left. Raises ValueError for a margin of 100 % and more."""
    if target_margin_percent >= 100:
        raise ValueError("No price leaves all of itself.")
    return round_money(loaded_cost * 100 / (100 - Decimal(target_margin_percent)))


def _nothing_to_judge_by(bid: Bid, hours: Decimal) -> str:
    if bid.loaded_cost is None:
        return _("There is no cost base yet, so nothing guards this price.")
    if bid.loaded_cost.currency != bid.price.currency:
        currencies = {"cost": bid.loaded_cost.currency, "price": bid.price.currency}
        return _("Your cost base is in %(cost)s and this price in %(price)s, so nothing guards it.") % currencies
    if not hours:
        return _("No line has hours yet, so nothing guards this price.")
    return ""


def _verdict(bid: Bid, floor: Money, margin: Decimal | None) -> Verdict:
    if bid.price < floor:
        return Verdict.BELOW
    return Verdict.THIN if margin is None or margin < bid.target_margin_percent else Verdict.GOOD


def _sentence(verdict: Verdict, bid: Bid, floor: Money, margin: Decimal | None) -> str:
    words = {"floor": format_money(floor), "margin": margin, "target": bid.target_margin_percent}
    if verdict == Verdict.BELOW:
        return _("Below the floor of %(floor)s: say why before you send it.") % words
    if verdict == Verdict.THIN:
        return _("A margin of %(margin)s %% is below your target of %(target)s %%.") % words
    return _("A margin of %(margin)s %% meets your target of %(target)s %%.") % words


def _warnings(bid: Bid) -> list[str]:
    blank = sum(1 for line in bid.lines if line.likely is None)
    wide = [line.title for line in bid.lines if line.is_wide]
    said = [
        (blank, ngettext("%(n)d line without hours", "%(n)d lines without hours", blank) % {"n": blank}),
        (wide, _("hours of “%(title)s” range over three times") % {"title": wide[0] if wide else ""}),
        (not bid.has_exclusions, _("nothing is excluded")),
        (not bid.has_trade_rule, _("no trade rule")),
        (
            bid.deposit_percent < bid.deposit_policy_percent,
            _("deposit under %(n)s %%") % {"n": bid.deposit_policy_percent},
        ),
        (bid.is_poor_fit, _("a poor client fit")),
        (bid.is_their_customer, _("a channel that you do not own")),
    ]
    return [words for holds, words in said if holds]
