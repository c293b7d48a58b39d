"""When a schedule is due: days and hours as the practice's clock on the wall shows them.

Due is a day, and a day is claimed once. So nothing is due twice where the scheduler calls twice, where the clock is set
back, or in the hour that comes twice in autumn; and an hour that is skipped in spring makes the next one the first.
What was missed while nobody called is made up for by one run, at its usual hour.
"""

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

from core import clock
from core.queries import practice_or_blank
from discovery.models import Schedule

LOOKED_BACK_DAYS = 31  # the longest period
LOOKED_AHEAD_DAYS = 70  # more than two of them: where this one was claimed, and the next


def now_here() -> dt.datetime:
    """In the practice's zone."""
    return clock.now().astimezone(ZoneInfo(practice_or_blank().zone))


def claimed_days(schedule: Schedule, now: dt.datetime) -> list[dt.date]:
    """Those of the last month, and of days to come where the clock was set back. One query."""
    since = now.date() - dt.timedelta(days=LOOKED_BACK_DAYS)
    return list(schedule.days.filter(on__gte=since).values_list("on", flat=True))


def due_day(schedule: Schedule, now: dt.datetime, claimed: Collection[dt.date]) -> dt.date | None:
    """The day that may be claimed now, which is today; None where it is too early, or was claimed before.

    `now` is in the practice's zone, `claimed` are the days that the schedule ran or was skipped on.
    """
    today = now.date()
    return today if now.hour >= schedule.at_hour and _is_due_on(schedule, today, now.tzinfo, claimed) else None


def next_due(schedule: Schedule, now: dt.datetime, claimed: Collection[dt.date]) -> dt.datetime | None:
    """The moment from which it can start next, which is past where it is due already; None where it is far away."""
    for days in range(LOOKED_AHEAD_DAYS):
        day = now.date() + dt.timedelta(days=days)
        if _is_due_on(schedule, day, now.tzinfo, claimed):
            return _moment(schedule, day, now.tzinfo)
    return None


def _is_due_on(schedule: Schedule, day: dt.date, zone: dt.tzinfo | None, claimed: Collection[dt.date]) -> bool:
    """Once that day's hour has come: whether the period that it lies in was claimed, and began while this counted."""
    begins = _period_begins(Schedule.Every(schedule.every), day)
    if any(begins <= one <= day for one in claimed):
        return False
    return _moment(schedule, begins, zone) >= schedule.counts_from


def _period_begins(every: Schedule.Every, day: dt.date) -> dt.date:
    match every:
        case Schedule.Every.DAY:
            return day
        case Schedule.Every.WEEK:
            return day - dt.timedelta(days=day.weekday())
        case Schedule.Every.MONTH:
            return day.replace(day=1)


def _moment(schedule: Schedule, day: dt.date, zone: dt.tzinfo | None) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(schedule.at_hour), tzinfo=zone)
