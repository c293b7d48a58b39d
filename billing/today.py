"""What the day brings in money: deposits that are still on their way, and what is late."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from billing import reminder_queries
from billing.models import Invoice
from billing.reminder_queries import LateCounts
from core.models import User
from outreach import dates

MOST = 12
AWAITED = (Invoice.Status.DRAFT, Invoice.Status.ISSUED, Invoice.Status.PART_PAID)


@dataclass(frozen=True)
class MoneyToday:
    deposits: Sequence[Invoice]
    late: LateCounts


def money_today(user: User) -> MoneyToday | None:
    """One query. Every late invoice is counted; of the deposits the oldest are shown."""
    awaited = Q(kind=Invoice.Kind.DEPOSIT, status__in=AWAITED)
    rows = list(reminder_queries.watched(besides=awaited).defer("snapshot"))
    found = [one for one in rows if one.kind == Invoice.Kind.DEPOSIT and one.status in AWAITED]
    deposits = sorted(found, key=lambda one: one.pk)[:MOST]
    late = reminder_queries.late_counts(rows, dates.today_on_page())
    return MoneyToday(deposits, late) if deposits or not late.is_empty else None
