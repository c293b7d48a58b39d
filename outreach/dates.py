"""Days as the practice counts them."""

import datetime as dt

from django.utils import timezone

from core import clock
from core.queries import practice_or_blank

CADENCE_DAYS = 2  # from one touch to the next step, where nobody chose a date


def today() -> dt.date:
    """The date in the practice's zone."""
    return clock.today(practice_or_blank().zone)


def today_on_page() -> dt.date:
    """The same inside a request, whose time zone is the practice's already: no query."""
    return clock.now().astimezone(timezone.get_current_timezone()).date()


def next_by_cadence(touched_on: dt.date, today: dt.date) -> dt.date:
    """When to be in touch again: two days after the last time, and not in the past."""
    return max(touched_on + dt.timedelta(days=CADENCE_DAYS), today)
