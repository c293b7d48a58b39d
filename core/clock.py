"""The one place that knows what time it is.

The demo and the tests shift the whole product by `CLOCK_OFFSET_S`. Leases and authentication use real time.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def real_now() -> dt.datetime:
    """UTC, aware, never shifted: for leases and whatever must agree with the outside."""
    return timezone.now()


def now() -> dt.datetime:
    """UTC, aware, shifted by the configured offset."""
    return real_now() + dt.timedelta(seconds=settings.CLOCK_OFFSET_S)


def today(zone: str) -> dt.date:
    """The calendar date in an IANA zone ("Europe/London")."""
    return now().astimezone(ZoneInfo(zone)).date()
