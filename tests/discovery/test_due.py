"""When a schedule is due, by the practice's clock on the wall."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from discovery import due
from discovery.models import Schedule

LONDON = ZoneInfo("Europe/London")
DAY, WEEK, MONTH = Schedule.Every
MONDAY = dt.date(2026, 5, 11)


def day(number):
    """Of the week that begins on the Monday."""
    return MONDAY + dt.timedelta(days=number)


def at(on, hour=3, minute=0, zone=LONDON):
    return dt.datetime.combine(on, dt.time(hour, minute), tzinfo=zone)


def schedule(every=DAY, at_hour=3, since=dt.date(2026, 1, 1)):
    return Schedule(every=every, at_hour=at_hour, counts_from=at(since, 0))


@pytest.mark.parametrize(
    ("every", "now", "claimed", "expected"),
    [
        (DAY, at(day(0), 2, 59), [], None),
        (DAY, at(day(0)), [], day(0)),
        (DAY, at(day(0), 23, 59), [], day(0)),  # the scheduler stood still until then
        (DAY, at(day(0), 4), [day(0)], None),
        (DAY, at(day(1)), [day(0)], day(1)),
        (DAY, at(day(10), 4), [day(0)], day(10)),  # ten days of standing still: one run, not ten
        (DAY, at(day(2), 5), [day(2), day(3)], None),  # the clock was set back from the 3rd
        (DAY, at(day(2), 5), [day(3)], day(2)),
        (WEEK, at(day(0)), [], day(0)),
        (WEEK, at(day(2)), [day(0)], None),
        (WEEK, at(day(2), 1), [], None),  # made up for, but at its hour
        (WEEK, at(day(2)), [day(-7)], day(2)),
        (WEEK, at(day(3)), [day(2)], None),
        (WEEK, at(day(7)), [day(2)], day(7)),
        (MONTH, at(dt.date(2026, 6, 1)), [dt.date(2026, 5, 1)], dt.date(2026, 6, 1)),
        (MONTH, at(dt.date(2026, 5, 31)), [dt.date(2026, 5, 1)], None),
        (MONTH, at(dt.date(2026, 5, 9)), [dt.date(2026, 4, 30)], dt.date(2026, 5, 9)),
    ],
)
def test_the_day_that_may_be_claimed(every, now, claimed, expected):
    assert due.due_day(schedule(every), now, claimed) == expected


@pytest.mark.parametrize(
    ("every", "since", "now", "expected"),
    [
        (DAY, at(day(0), 14), at(day(0), 14, 5), None),
        (DAY, at(day(0), 14), at(day(1)), day(1)),
        (DAY, at(day(0), 2), at(day(0)), day(0)),
        (WEEK, at(day(1), 14), at(day(6), 23), None),
        (WEEK, at(day(1), 14), at(day(7)), day(7)),
        (MONTH, at(day(1), 14), at(dt.date(2026, 6, 1)), dt.date(2026, 6, 1)),
    ],
)
def test_what_was_due_before_it_was_set_up_is_not_made_up_for(every, since, now, expected):
    one = schedule(every)
    one.counts_from = since

    assert due.due_day(one, now, []) == expected


@pytest.mark.parametrize("at_hour", [0, 1, 2, 3, 23])
@pytest.mark.parametrize("on", [dt.date(2026, 3, 29), dt.date(2026, 10, 25)])  # 23 and 25 hours, in London
def test_a_day_that_is_longer_or_shorter_has_one_too(on, at_hour):
    now, claimed = at(on - dt.timedelta(days=1), 12).astimezone(dt.UTC), []
    one = schedule(at_hour=at_hour, since=on - dt.timedelta(days=1))
    for _quarter in range(4 * 60):
        here = now.astimezone(LONDON)
        if found := due.due_day(one, here, claimed):
            assert here.hour >= at_hour
            claimed.append(found)
        now += dt.timedelta(minutes=15)

    assert claimed.count(on) == 1
    assert len(claimed) == len(set(claimed))


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_day_is_the_practices_own(zone):
    there = ZoneInfo(zone)
    now = dt.datetime(2026, 5, 11, 13, 30, tzinfo=dt.UTC).astimezone(there)

    assert due.due_day(schedule(at_hour=0), now, []) == now.date()


@pytest.mark.parametrize(
    ("every", "now", "claimed", "expected"),
    [
        (DAY, at(day(0), 2), [], at(day(0))),
        (DAY, at(day(0), 4), [day(0)], at(day(1))),
        (DAY, at(day(0), 4), [], at(day(0))),  # past: the scheduler has not come by yet
        (DAY, at(day(0), 4), [day(0), day(1)], at(day(2))),
        (WEEK, at(day(1), 4), [day(0)], at(day(7))),
        (WEEK, at(day(1), 4), [day(-7)], at(day(1))),
        (MONTH, at(day(1), 4), [dt.date(2026, 5, 1)], at(dt.date(2026, 6, 1))),
    ],
)
def test_when_it_is_due_next(every, now, claimed, expected):
    assert due.next_due(schedule(every), now, claimed) == expected


def test_what_counts_from_a_far_day_has_no_next():
    assert due.next_due(schedule(since=dt.date(2031, 1, 1)), at(day(0)), []) is None
