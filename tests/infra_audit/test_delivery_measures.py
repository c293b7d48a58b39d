"""Five measures from events; what cannot be known says why."""

from datetime import UTC, datetime

import pytest

from infra_audit.delivery_measures import (
    NO_TAGS,
    SHALLOW,
    Events,
    Month,
    Shipped,
    delivery_of,
    events_of,
    first_month,
    told,
)
from infra_audit.inventory import Ending, Inventory, Place, Unit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def shipped(month, *hours, is_exact=True):
    return Shipped(datetime(int(month[:4]), int(month[5:]), 3, 9, tzinfo=UTC), tuple(hours), is_exact)


def measure(events, name):
    return next(one for one in delivery_of(events, NOW).measures if one.measure == name)


@pytest.mark.parametrize(("now", "month"), [((2026, 11), "2025-12"), ((2026, 12), "2026-01"), ((2026, 1), "2025-02")])
def test_twelve_months_end_with_this_one(now, month):
    assert first_month(datetime(*now, 5, tzinfo=UTC)) == month


def test_the_median_of_what_was_released_lately_and_how_often():
    events = Events(
        (shipped("2025-11", 900.0), shipped("2025-12", 2.0, 4.0), shipped("2026-05", 48.0), shipped("2026-06"))
    )

    lead, often = measure(events, "lead_time"), measure(events, "deployment_frequency")

    assert (lead.value, lead.unit, lead.number, lead.source, lead.confidence) == (
        4.0,
        "hours",
        3,
        "release tags",
        "medium",
    )
    assert (often.value, often.unit, often.number) == (0.25, "a month", 3)


@pytest.mark.parametrize(
    ("events", "confidence"),
    [
        ((shipped("2026-05", 1.0),), "low"),
        ((*[shipped("2026-05", 1.0)] * 3, shipped("2026-06", 2.0, is_exact=False)), "low"),
    ],
)
def test_few_or_inexact_releases_are_worth_little(events, confidence):
    assert measure(Events(events), "lead_time").confidence == confidence


@pytest.mark.parametrize(
    ("events", "because"),
    [
        (Events(), NO_TAGS),
        (Events((shipped("2026-05", 1.0),), is_shallow=True), SHALLOW),
        (
            Events((shipped("2020-05", 1.0),)),
            "Nothing that waited for a release was released in these twelve months.",
        ),
    ],
)
def test_what_cannot_be_measured_has_no_value_and_says_why(events, because):
    lead = measure(events, "lead_time")

    assert (lead.value, lead.source, lead.confidence, lead.because) == (None, None, None, because)


def test_nothing_released_for_a_year_is_a_frequency_of_none():
    assert measure(Events((shipped("2020-05"),)), "deployment_frequency").value == 0.0


def test_failing_restoring_and_reliability_are_not_measurable_and_reverts_are_only_a_hint():
    months = (Month("2025-11", 500, 0, 500, 500), Month("2026-03", 110, 10, 4, 11))
    delivery = delivery_of(Events(months=months), NOW)

    unknown = {one.measure: one for one in delivery.measures[2:]}
    assert list(unknown) == ["change_fail_rate", "restore_time", "reliability"]
    assert all(one.value is None and one.because for one in unknown.values())
    proxies = [(one.name, one.share, one.number) for one in unknown["change_fail_rate"].proxies]
    assert proxies == [("reverts", 0.04, 100), ("hotfixes", 0.1, 110)]
    assert (delivery.commits, delivery.since) == (110, "2025-12")


def test_rows_become_events_and_only_what_was_read_is_told():
    rows = (
        {"event": "history", "commits": 3, "is_shallow": False, "is_cut": False},
        {
            "event": "release",
            "at": "2026-05-01T09:00:00+00:00",
            "is_annotated": True,
            "commits": 2,
            "lead_hours": [3.0],
        },
        {"event": "month", "month": "2026-05", "commits": 3, "merges": 0, "reverts": 0, "hotfixes": 0},
    )
    units = [Unit("repo.delivery", Place("", repository=name), ending, some) for name, ending, some in
             (("shop", Ending.OK, rows), ("gone", Ending.ERROR, ()), ("empty", Ending.OK, rows[:1]))]  # fmt: skip

    assert events_of(rows).shipped == (Shipped(datetime(2026, 5, 1, 9, tzinfo=UTC), (3.0,)),)
    ((name, delivery),) = told(Inventory(tuple(units)), NOW).items()
    assert name == "shop"
    assert delivery["measures"][0]["value"] == 3.0
