"""What a draft costs the practice against what it brings. For staff alone: none of it reaches a snapshot."""

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import Any

from django.utils.translation import gettext as _

from core.money import Money, as_json, percent_of, round_money, total
from engagements.models import CostBase, ProposalLine, ProposalRevision, SellingRate
from engagements.offer import Offer

DEPOSIT_POLICY_PERCENT = 20
WIDE_RATIO = 3  # of high to low hours
ONE_SIDED_80 = Decimal("1.2816")  # standard deviations each way that hold 80 % of a normal distribution


@dataclass(frozen=True)
class Hours:
    """All lines together as PERT sees them: independent of each other, which they seldom are quite."""

    mean: Decimal
    low: Decimal
    high: Decimal
    likely: Decimal


@dataclass(frozen=True)
class Reckoning:
    """`floor`, `margin_percent` and `cost` are None without a cost base in the currency, or without any hours."""

    price: Money
    deposit: Money
    hours: Hours | None
    cost: Money | None
    floor: Money | None
    margin_percent: Decimal | None
    target_percent: Decimal
    verdict: str  # good, thin, below or unknown
    warnings: tuple[str, ...]
    cost_base: CostBase | None

    @property
    def is_below_floor(self) -> bool:
        return self.verdict == "below"

    @property
    def sentence(self) -> str:
        return {
            "good": _("Above your target margin."),
            "thin": _("Below your target margin."),
            "below": _("Below what it costs you: sending asks for a reason."),
        }.get(self.verdict, self._unknown())

    def _unknown(self) -> str:
        if self.cost_base is None:
            return _("No cost base yet, so nothing guards this price.")
        return _("No hours yet, so nothing guards this price.")

    def as_record(self) -> dict[str, Any]:
        """As it is kept with what was sent."""
        return {
            "price": as_json(self.price),
            "floor": as_json(self.floor) if self.floor else None,
            "cost": as_json(self.cost) if self.cost else None,
            "margin_percent": str(self.margin_percent) if self.margin_percent is not None else None,
            "verdict": self.verdict,
            "warnings": list(self.warnings),
        }


def reckon(revision: ProposalRevision) -> Reckoning:
    """Of the lines that are taken where nobody picks otherwise."""
    offer = Offer.of(revision)
    lines = list(revision.lines.all())
    taken = {line.key for line in offer.lines_with(offer.default_picks)}
    counted = [line for line in lines if str(line.key) in taken]
    base = _cost_base(revision.currency)
    target = _target_percent()
    hours = pert(counted)
    cost = floor = margin = None
    verdict = "unknown"
    if base and hours and hours.likely:
        cost = round_money(base.loaded_cost * hours.likely)
        floor = total([cost, percent_of(cost, revision.contingency_percent)], revision.currency)
        margin = _margin(offer.price, cost)
        thin = margin is None or margin < target
        verdict = "below" if offer.price < floor else "thin" if thin else "good"
    return Reckoning(
        price=offer.price,
        deposit=offer.deposit,
        hours=hours,
        cost=cost,
        floor=floor,
        margin_percent=margin,
        target_percent=target,
        verdict=verdict,
        warnings=tuple(_warnings(revision, lines)),
        cost_base=base,
    )


def pert(lines: list[ProposalLine]) -> Hours | None:
    """Mean (low + 4 likely + high) / 6 and deviation (high − low) / 6 of each line; the sum with its 80 % range."""
    known = [line for line in lines if line.likely_hours is not None]
    if not known:
        return None
    mean = likely = variance = Decimal(0)
    for line in known:
        middle = line.likely_hours or Decimal(0)
        low = line.low_hours if line.low_hours is not None else middle
        high = line.high_hours if line.high_hours is not None else middle
        mean += (low + 4 * middle + high) / 6
        variance += ((high - low) / 6) ** 2
        likely += middle
    spread = ONE_SIDED_80 * Decimal(sqrt(variance))
    tenth = Decimal("0.1")
    return Hours(
        mean=mean.quantize(tenth),
        low=max(mean - spread, Decimal(0)).quantize(tenth),
        high=(mean + spread).quantize(tenth),
        likely=likely,
    )


def _cost_base(currency: str) -> CostBase | None:
    base = CostBase.objects.order_by("-valid_from", "-id").first()
    return base if base and base.currency == currency else None


def _target_percent() -> Decimal:
    rate = SellingRate.objects.order_by("-valid_from", "-id").first()
    return rate.target_margin_percent if rate else Decimal(20)


def _margin(price: Money, cost: Money) -> Decimal | None:
    if not price.amount:
        return None
    return ((price.amount - cost.amount) * 100 / price.amount).quantize(Decimal("0.1"))


def _warnings(revision: ProposalRevision, lines: list[ProposalLine]) -> list[str]:
    said = []
    blank = sum(1 for line in lines if line.likely_hours is None)
    if blank:
        said.append(_("%(n)d of %(m)d lines have no hours") % {"n": blank, "m": len(lines)})
    wide = [
        line for line in lines if line.low_hours and line.high_hours and line.high_hours > WIDE_RATIO * line.low_hours
    ]
    if wide:
        said.append(_("hours of “%(line)s” range over three times") % {"line": wide[0].title})
    if late := _late(lines):
        said.append(_("“%(line)s” holds up more work than it is itself") % {"line": late.title})
    if not revision.exclusions:
        said.append(_("nothing is excluded"))
    if not revision.trade_rule.strip():
        said.append(_("no trade rule"))
    if revision.deposit_percent < DEPOSIT_POLICY_PERCENT:
        said.append(_("deposit under %(n)d %%") % {"n": DEPOSIT_POLICY_PERCENT})
    if not revision.finishes_on:
        said.append(_("no finish date"))
    return said + _of_the_lead(revision)


def _is_wide(line: ProposalLine) -> bool:
    return bool(line.low_hours and line.high_hours and line.high_hours > WIDE_RATIO * line.low_hours)


def _late(lines: list[ProposalLine]) -> ProposalLine | None:
    """A line whose being late costs more than its own hours: those that wait for it, directly or not, take longer."""
    by_key = {str(line.key): line for line in lines}
    waiting: dict[str, set[str]] = {key: set() for key in by_key}
    for key, line in by_key.items():
        seen, todo = set[str](), list(line.depends_on)
        while todo:
            before = todo.pop()
            if before in by_key and before not in seen:
                seen.add(before)
                waiting[before].add(key)
                todo.extend(by_key[before].depends_on)
    for key, line in by_key.items():
        own = line.likely_hours or Decimal(0)
        others = sum((by_key[one].likely_hours or Decimal(0) for one in waiting[key] - {key}), Decimal(0))
        if own and others > own:
            return line
    return None


def _of_the_lead(revision: ProposalRevision) -> list[str]:
    lead = revision.proposal.lead
    if lead is None:
        return []
    said = [_("a poor client fit")] if lead.fit.verdict == "poor" else []
    return said + ([_("a channel that you do not own")] if lead.is_their_customer else [])
