"""Prices that are filled in from hours and the selling rate, for staff to look at."""

from decimal import ROUND_HALF_UP, Decimal

from core.money import Money
from engagements.models import SellingRate
from outreach import dates

STEP = 50  # of the currency's unit


def suggested_price(hours: Decimal | None, currency: str) -> Money | None:
    """Rounded to 50, at least 50; None without hours, or without a selling rate in that currency."""
    if not hours:
        return None
    rate = SellingRate.objects.filter(valid_from__lte=dates.today()).order_by("-valid_from", "-id").first()
    if rate is None or str(rate.rate.currency) != currency:
        return None
    steps = (hours * rate.rate.amount / STEP).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return Money(max(steps, Decimal(1)) * STEP, currency)
