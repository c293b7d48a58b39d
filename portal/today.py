"""What the day brings from reports: those that are late, and calls about those that nobody read."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.models import User
from outreach import dates
from portal import report_queries
from portal.models import ReportCall
from portal.report_queries import MOST, Late


@dataclass(frozen=True)
class ReportsToday:
    late: Sequence[Late]
    calls: Sequence[ReportCall]
    more: int


def reports_today(user: User) -> ReportsToday | None:
    """Two queries."""
    late = report_queries.late_reports(dates.today_on_page())
    calls = list(report_queries.calls_to_make()[:MOST])
    if not (late or calls):
        return None
    return ReportsToday(late[:MOST], calls, max(len(late) - MOST, 0))
