"""Hours as a range: PERT, what a late item holds up, and the picture of both."""

from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from core import charts
from core.errors import DomainError
from engagements.estimating import Estimate, check_hours, late_costs, picture, shown, total_range


def item(key, low, likely, high, *depends_on):
    return Estimate(key, f"Item {key}", Decimal(str(low)), Decimal(str(likely)), Decimal(str(high)), depends_on)


hours = st.decimals(min_value=0, max_value=999, places=1)
items_drawn = st.lists(
    st.tuples(hours, hours, hours).map(lambda three: item("a", *sorted(three))), min_size=1, max_size=12
)


def test_one_item_has_its_mean_and_its_deviation():
    one = item("a", 4, 7, 16)

    assert (one.mean, one.deviation) == (8, 2)
    assert total_range([one]).mean == Decimal("8.0")


def test_the_total_adds_means_and_squares_of_deviations():
    total = total_range([item("a", 4, 7, 16), item("b", 10, 20, 30), item("c", 5, 5, 5)])

    # 8 + 20 + 5; the root of 2² + (20 / 6)² is 3.887
    assert total.mean == Decimal("33.0")
    assert (total.low_80, total.high_80) == (Decimal("28.0"), Decimal("38.0"))
    assert (total.low_95, total.high_95) == (Decimal("25.4"), Decimal("40.6"))


def test_nothing_estimated_has_no_range():
    assert total_range([]) is None
    assert picture([]).rows == ()


@given(items=items_drawn)
def test_the_wider_range_holds_the_narrower_and_none_is_below_zero(items):
    total = total_range(items)

    assert 0 <= total.low_95 <= total.low_80 <= total.mean <= total.high_80 <= total.high_95


def test_an_item_that_holds_up_more_than_itself_is_named_with_what_waits():
    items = [item("a", 2, 4, 6), item("b", 5, 10, 20, "a"), item("c", 5, 10, 20, "b"), item("d", 1, 50, 60)]

    costs = late_costs(items)

    assert [(cost.item.key, cost.others, cost.waiting) for cost in costs] == [("a", 2, Decimal(20))]
    assert costs[0].sentence == "“Item a” takes 4 h, but while it is late 20 h of other work wait."


def test_items_that_wait_for_each_other_end_the_search():
    items = [item("a", 1, 2, 3, "b"), item("b", 1, 3, 4, "a"), item("c", 1, 1, 1, "gone", "c")]

    assert [cost.item.key for cost in late_costs(items)] == ["a"]


@pytest.mark.parametrize("wrong", [(-1, 2, 3), (3, 2, 4), (1, 5, 4)])
def test_hours_out_of_order_are_refused(wrong):
    with pytest.raises(DomainError, match=r"negative|come first"):
        check_hours(*map(Decimal, wrong))
    check_hours(Decimal(0), Decimal(0), Decimal(0))


def test_the_picture_has_each_item_and_the_total_in_words():
    page = render_to_string("charts/range.html", {"chart": picture([item("a", 4, 7, 16), item("b", 10, 20.5, 30)])})

    assert "4 – 7 – 16 h" in page
    assert "10 – 20.5 – 30 h" in page
    assert "<strong>Total</strong>" in page
    assert "23 – 28 – 33 h" in page  # 28.1 ± 1.2816 · √(2² + (20 / 6)²), in whole hours
    assert "PERT, which takes the items to be independent" in page
    assert 'class="fill-chart-1" fill="#0b5f79"' in page


@given(items=items_drawn)
def test_everything_drawn_stays_inside_the_drawing(items):
    for row in picture(items).rows:
        for part in row.segments:
            assert part.x >= 0
            assert part.width > 0
            assert part.x + part.width <= charts.FULL


def test_a_range_out_of_order_cannot_be_drawn():
    with pytest.raises(ValueError, match="this order"):
        charts.ranges("Hours", [charts.Reach("a", Decimal(3), Decimal(2), Decimal(4), "")], legend=("", "", ""))


def test_hours_are_shown_without_a_zero_behind_the_point():
    assert [shown(Decimal(one)) for one in ("8", "8.0", "13.45", "100")] == ["8", "8", "13.5", "100"]
