"""The periods of reports: which days one tells of, and when it is due. Days alone, no rows."""

import calendar
import datetime as dt
from dataclasses import dataclass

from portal.models import ReportCadence

FRIDAY = 4
DAY = dt.timedelta(days=1)
LEAST_DAYS = 3  # from the beginning of an engagement to its first report
Every = ReportCadence.Every


@dataclass(frozen=True)
class Period:
    """Both days included. The report is late from the day after `due_on`."""

    starts_on: dt.date
    ends_on: dt.date
    due_on: dt.date


def period_at(every: str, began: dt.date, day: dt.date) -> Period:
    """The one that `day` lies in. Fortnights are counted from the week in which the engagement began."""
    if every == Every.MONTH:
        last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        due = last - DAY * max(last.weekday() - FRIDAY, 0)
        return Period(day.replace(day=1), last, due)
    monday = day - DAY * day.weekday()
    if every == Every.FORTNIGHT:
        first = began - DAY * began.weekday()
        start = first + DAY * (14 * ((monday - first).days // 14))
        return Period(start, start + DAY * 13, start + DAY * 11)
    return Period(monday, monday + DAY * 6, monday + DAY * FRIDAY)


def last_due(every: str, began: dt.date, today: dt.date) -> Period | None:
    """The latest that should have been published by now; None where the engagement is too young, or has none."""
    if every == Every.OFF:
        return None
    period = period_at(every, began, today)
    if period.due_on >= today:
        period = period_at(every, began, period.starts_on - DAY)
    return period if period.due_on - began >= DAY * LEAST_DAYS else None
