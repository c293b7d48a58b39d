"""The underbid guard: a floor, a target, and the small warnings in one line."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.money import Money
from engagements.guard import Bid, GuardedLine, Verdict, judge, margin_of, suggested_rate


def usd(amount):
    return Money(str(amount), "USD")


def line(title="Backups", low=20, likely=40, high=60):
    return GuardedLine(title, Decimal(low), Decimal(likely), Decimal(high))


BID = Bid(price=usd(8000), lines=(line(),), loaded_cost=usd(100), contingency_percent=15, target_margin_percent=30)


def test_the_floor_is_hours_at_cost_and_contingency():
    judgement = judge(BID)

    assert judgement.cost == usd(4000)
    assert judgement.floor == usd(4600)
    assert judgement.margin_percent == Decimal("50.0")
    assert judgement.verdict == Verdict.GOOD
    assert judgement.in_one_line == ""


@pytest.mark.parametrize(
    ("price", "verdict"),
    [("4599.99", "below"), ("4600", "thin"), ("5714.00", "good"), ("5710.00", "thin"), ("0", "below")],
)
def test_below_the_target_warns_and_below_the_floor_asks_for_a_reason(price, verdict):
    judgement = judge(replace(BID, price=usd(price)))

    assert judgement.verdict == verdict
    assert judgement.needs_reason == (verdict == "below")


def test_each_verdict_says_what_it_is_about():
    assert judge(replace(BID, price=usd(4000))).sentence == "Below the floor of $4,600.00: say why before you send it."
    assert judge(replace(BID, price=usd(5000))).sentence == "A margin of 20.0 % is below your target of 30 %."
    assert judge(BID).sentence == "A margin of 50.0 % meets your target of 30 %."


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"loaded_cost": None}, "no cost base yet"),
        ({"loaded_cost": Money(100, "EUR")}, "cost base is in EUR and this price in USD"),
        ({"lines": ()}, "No line has hours yet"),
    ],
)
def test_without_anything_to_judge_by_it_says_so_and_blocks_nothing(change, says):
    judgement = judge(replace(BID, price=usd(1), **change))

    assert judgement.verdict == Verdict.UNKNOWN
    assert says in judgement.sentence
    assert not judgement.needs_reason
    assert judgement.floor is None


def test_a_price_of_nothing_for_no_work_has_no_margin():
    assert margin_of(usd(0), usd(10)) is None
    assert judge(replace(BID, price=usd(0), loaded_cost=usd(0))).verdict == Verdict.THIN


def test_everything_else_folds_into_one_line():
    bid = replace(
        BID,
        lines=(line(), GuardedLine("DNS"), line("Moving", low=2, likely=5, high=7)),
        has_exclusions=False,
        has_trade_rule=False,
        deposit_percent=10,
        is_poor_fit=True,
        is_their_customer=True,
    )

    assert judge(bid).in_one_line == (
        "1 line without hours; hours of “Moving” range over three times; nothing is excluded; no trade rule; "
        "deposit under 30 %; a poor client fit; a channel that you do not own"
    )


def test_three_times_is_not_over_three_times():
    assert not line(low=2, likely=3, high=6).is_wide
    assert GuardedLine("x", Decimal(0), Decimal(1), Decimal(2)).is_wide


def test_what_is_kept_for_later_is_plain_text():
    record = judge(BID).as_record()

    assert record["floor"] == {"amount": "4600.00", "currency": "USD"}
    assert record["verdict"] == "good"
    assert judge(replace(BID, loaded_cost=None)).as_record()["cost"] is None


def test_the_suggested_rate_leaves_the_target_margin():
    assert suggested_rate(usd("121.29"), 20) == usd("151.61")
    assert suggested_rate(usd("100"), 0) == usd(100)
    assert margin_of(suggested_rate(usd("121.29"), 35), usd("121.29")) == Decimal("35.0")
    with pytest.raises(ValueError, match="leaves"):
        suggested_rate(usd(100), 100)
