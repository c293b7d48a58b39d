"""Cost bases and selling rates for tests."""

import datetime as dt
from decimal import Decimal

from core.money import Money
from engagements.services import rates
from engagements.services.rates import CostFigures
from outreach import dates

WORKED_EXAMPLE = {
    "pay": 110_000,
    "office": 6_000,
    "supplies": 1_200,
    "training": 5_000,
    "liability_insurance": 3_600,
    "health_insurance": 14_400,
    "retirement": 11_000,
    "software": 4_600,
    "accounting": 3_000,
    "severance_reserve": 3_000,
}
"""161,800 a year."""


def make_figures(costs=WORKED_EXAMPLE, *, currency="USD", days=0, **fields):
    """Of the day so many days from today."""
    amounts = {name: Money(amount, currency) for name, amount in costs.items()}
    return CostFigures(currency, dates.today() + dt.timedelta(days=days), amounts, **fields)


def make_cost_base(actor, costs=WORKED_EXAMPLE, **fields):
    return rates.add_cost_base(figures=make_figures(costs, **fields), actor=actor)


def make_selling_rate(actor, rate=160, *, currency="USD", target=20, days=0):
    return rates.set_selling_rate(
        rate=Money(rate, currency),
        target_margin_percent=Decimal(target),
        valid_from=dates.today() + dt.timedelta(days=days),
        actor=actor,
    )
