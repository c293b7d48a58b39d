"""What the day brings from audits: runs of the last days that saw new criticals."""

import datetime as dt

from django.db.models import Count, Q

from core import clock
from core.models import User
from discovery.models import Occurrence, Run
from infra_audit.registry import Severity

DAYS = 7
MOST = 12


def runs_with_new_criticals(user: User) -> list[Run] | None:
    """Each with `criticals`, how many are new or back again. One query."""
    fresh = Q(
        occurrences__severity=Severity.CRITICAL.value,
        occurrences__status__in=[Occurrence.Status.NEW, Occurrence.Status.REGRESSED],
    )
    since = clock.now() - dt.timedelta(days=DAYS)
    rows = Run.objects.filter(finished_at__gte=since).annotate(criticals=Count("occurrences", filter=fresh))
    return list(rows.filter(criticals__gt=0).select_related("organisation").order_by("-finished_at")[:MOST]) or None
