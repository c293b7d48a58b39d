"""The figures beside a draft: of what is taken by default, and never in what is sent."""

import pytest

from core.money import Money
from engagements.guarding import reckon, suggested_price
from tests.engagement_factories import make_alternative, make_draft, make_line, make_option
from tests.factories import make_organisation
from tests.money_factories import make_cost_base, make_selling_rate
from tests.outreach_factories import make_lead


def hours(low, likely, high):
    return {"low_hours": low, "likely_hours": likely, "high_hours": high}


def test_what_is_taken_by_default_is_reckoned(ada):
    make_cost_base(ada)
    draft = make_draft()
    make_line(draft, price="4000", **hours(8, 10, 12))
    make_alternative(draft, "Small", "1000", **hours(1, 2, 3))
    make_alternative(draft, "Large", "3000", is_recommended=True, **hours(10, 20, 30))
    make_option(draft, price="500", **hours(50, 60, 70))

    told = reckon(draft)

    assert told.price == Money(7000, "USD")
    assert told.judgement.hours == 30
    assert told.judgement.cost == Money("3638.70", "USD")  # 30 h at 121.29
    assert told.judgement.verdict == "good"
    assert told.hours.low_80 < told.hours.mean < told.hours.high_80
    assert [row.label for row in told.picture.rows][-1] == "Total"


def test_a_line_that_holds_up_others_is_named(ada):
    draft = make_draft()
    first = make_line(draft, "Access", **hours(1, 2, 3))
    make_line(draft, "All the rest", depends_on=[str(first.key)], **hours(10, 20, 30))

    assert any("while it is late 20 h" in one for one in reckon(draft).warnings)


def test_a_draft_without_lines_has_figures_too(ada):
    told = reckon(make_draft())

    assert told.price == Money(0, "USD")
    assert told.picture is None
    assert not told.is_below_floor


def test_the_lead_s_channel_is_warned_of(ada):
    draft = make_draft(organisation=make_organisation())
    draft.proposal.lead = make_lead(ada, channel="platform", size="large")
    draft.proposal.save()

    warnings = reckon(draft).warnings

    assert "a poor client fit" in warnings
    assert "a channel that you do not own" in warnings


@pytest.mark.parametrize(("currency", "price"), [("USD", Money(1800, "USD")), ("EUR", None)])
def test_a_price_is_suggested_in_the_rate_s_currency_alone(ada, currency, price):
    make_selling_rate(ada, 180)

    assert suggested_price(10, currency) == price
    assert suggested_price(None, currency) is None
