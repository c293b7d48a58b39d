"""Conditions over sums of amounts. SQLite adds decimals as floats, so each is rounded to a column's three decimals:
without that, 0.1 + 0.2 is more than 0.3."""

from typing import Any

from django.db.models import DecimalField, Value
from django.db.models.functions import Round
from django.db.models.lookups import Exact, GreaterThanOrEqual

NOTHING = Value(0, output_field=DecimalField(max_digits=15, decimal_places=3))


def nothing_left(amount: Any) -> Any:
    """The expression comes to zero."""
    return Exact(_rounded(amount), NOTHING)


def not_negative(amount: Any) -> Any:
    """The expression comes to zero or more."""
    return GreaterThanOrEqual(_rounded(amount), NOTHING)


def _rounded(amount: Any) -> Round:
    return Round(amount, 3, output_field=DecimalField(max_digits=18, decimal_places=3))
