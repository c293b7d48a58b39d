"""From hours to a price."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money
from engagements.pricing import BANDS, Hours, hours_for, indicative_range, price_for
from infra_audit.registry import Effort

RATE = Money(150, "USD")
hours = st.decimals(min_value="0.1", max_value=2000, places=1)


@pytest.mark.parametrize(
    ("took", "price"), [("8", 1200), ("8.1", 1200), ("8.2", 1250), ("0.1", 50), ("0", 0), ("33.3", 5000)]
)
def test_a_price_is_rounded_to_fifty_and_work_is_never_free(took, price):
    assert price_for(Decimal(took), RATE) == Money(price, "USD")


def test_a_range_is_rounded_to_five_hundred():
    assert indicative_range(Decimal(20), Decimal(30), RATE) == (Money(3000, "USD"), Money(4500, "USD"))


def test_a_range_too_wide_is_narrowed_from_below():
    assert indicative_range(Decimal(10), Decimal(30), RATE) == (Money(3000, "USD"), Money(4500, "USD"))


@given(ends=st.tuples(hours, hours).map(sorted), rate=st.integers(1, 2000))
def test_the_high_end_is_at_most_three_fifths_more_and_both_are_round(ends, rate):
    low, high = indicative_range(*ends, Money(rate, "EUR"))

    assert 0 < low.amount <= high.amount <= Decimal("1.6") * low.amount
    assert low.amount % 500 == high.amount % 500 == 0
    assert high.amount >= ends[1] * rate - 250


def test_each_effort_that_a_check_has_means_hours():
    assert set(BANDS) == {one.value for one in Effort}
    assert all(0 < band.low < band.likely < band.high for band in BANDS.values())


def test_what_it_really_took_before_counts_more_than_the_band():
    took = [Decimal(5), Decimal(9), Decimal(6), Decimal(0)]

    assert hours_for("hours", took) == Hours(Decimal("5.0"), Decimal("6.0"), Decimal("9.0"))


def test_one_time_before_says_how_long_but_not_how_far_it_spreads():
    assert hours_for("hours", [Decimal(6)]) == Hours(Decimal("3.0"), Decimal("6.0"), Decimal("12.0"))
    assert hours_for("hours") == BANDS["hours"]
