"""What the day brings from audits: runs of the last days that saw new criticals, and what clients say of findings."""

import datetime as dt

from django.db.models import Count, Q

from core import clock
from core.models import User
from discovery.models import Finding, Occurrence, Run
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


def answered_findings(user: User) -> list[Finding] | None:
    """Disputes without a reply, and what a client says is mended: whoever said so first stands first. One query."""
    waiting = Q(status=Finding.Status.DISPUTED, replied_at=None) | Q(
        status=Finding.Status.FIXED, answered_at__isnull=False
    )
    rows = Finding.objects.published().filter(waiting).select_related("organisation", "answered_by")
    return list(rows.order_by("answered_at", "pk")[:MOST]) or None
