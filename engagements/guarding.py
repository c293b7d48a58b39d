"""A draft's figures for staff: what the guard says of its price, and the hours behind it. No client sees them."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core import charts
from core.money import Money
from engagements import estimating, guard, pricing, rates_queries
from engagements.models import CostBase, ProposalLine, ProposalRevision, SellingRate
from engagements.offer import Offer
from outreach import dates


@dataclass(frozen=True)
class Reckoning:
    """Of the lines that are taken where nobody picks otherwise. `picture` is None without hours."""

    price: Money
    deposit: Money
    judgement: guard.Judgement
    hours: estimating.HoursRange | None
    picture: charts.RangeChart | None
    warnings: tuple[str, ...]
    cost_base: CostBase | None

    @property
    def is_below_floor(self) -> bool:
        return self.judgement.needs_reason


def reckon(revision: ProposalRevision) -> Reckoning:
    today = dates.today()
    offer = Offer.of(revision)
    taken = {line.key for line in offer.lines_with(offer.default_picks)}
    lines = [line for line in revision.lines.all() if str(line.key) in taken]
    base, rate = CostBase.objects.in_force(today), SellingRate.objects.in_force(today)
    judgement = guard.judge(_bid(revision, offer, lines, base, rate))
    estimates = [_estimate(line) for line in lines if line.likely_hours is not None]
    late = [one.sentence for one in estimating.late_costs(estimates)[:1]]
    unsaid = [] if revision.finishes_on else [_("no finish date")]
    return Reckoning(
        price=offer.price,
        deposit=offer.deposit,
        judgement=judgement,
        hours=estimating.total_range(estimates),
        picture=estimating.picture(estimates) if estimates else None,
        warnings=(*judgement.warnings, *unsaid, *late),
        cost_base=base,
    )


def suggested_price(hours: Decimal | None, currency: str, day: dt.date | None = None) -> Money | None:
    """From the selling rate; None without hours, or without a rate in that currency."""
    rate = rates_queries.selling_rate_on(day or dates.today())
    if not hours or rate is None or str(rate.currency) != currency:
        return None
    return pricing.price_for(hours, rate)


def _bid(
    revision: ProposalRevision,
    offer: Offer,
    lines: list[ProposalLine],
    base: CostBase | None,
    rate: SellingRate | None,
) -> guard.Bid:
    lead = revision.proposal.lead
    return guard.Bid(
        price=offer.price,
        lines=tuple(guard.GuardedLine(one.title, one.low_hours, one.likely_hours, one.high_hours) for one in lines),
        loaded_cost=base.loaded_cost if base else None,
        contingency_percent=revision.contingency_percent,
        target_margin_percent=rate.target_margin_percent if rate else rates_queries.TARGET_PERCENT,
        has_exclusions=bool(revision.exclusions),
        has_trade_rule=bool(revision.trade_rule.strip()),
        deposit_percent=revision.deposit_percent,
        is_poor_fit=bool(lead and lead.fit.verdict == "poor"),
        is_their_customer=bool(lead and lead.is_their_customer),
    )


def _estimate(line: ProposalLine) -> estimating.Estimate:
    """Where only the likely hours are known, they are low and high as well."""
    likely = line.likely_hours or Decimal(0)
    low = likely if line.low_hours is None else line.low_hours
    high = likely if line.high_hours is None else line.high_hours
    return estimating.Estimate(str(line.key), line.title, low, likely, high, tuple(line.depends_on))
