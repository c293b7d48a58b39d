"""What the day brings in money: deposits that are still on their way, and what is late."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing import reminder_queries
from billing.models import Invoice
from billing.reminder_queries import LateCounts
from core.models import User
from outreach import dates

MOST = 12


@dataclass(frozen=True)
class MoneyToday:
    deposits: Sequence[Invoice]
    late: LateCounts


def money_today(user: User) -> MoneyToday | None:
    """Four queries."""
    waiting = (Invoice.Status.DRAFT, Invoice.Status.ISSUED, Invoice.Status.PART_PAID)
    rows = Invoice.objects.filter(kind=Invoice.Kind.DEPOSIT, status__in=waiting)
    deposits = list(rows.select_related("organisation", "engagement").order_by("id")[:MOST])
    late = reminder_queries.late_counts(dates.today_on_page())
    return MoneyToday(deposits, late) if deposits or not late.is_empty else None
