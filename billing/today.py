"""What the day brings in money: deposits that are still on their way, and what is late."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from billing import reminder_queries
from billing.models import Invoice
from billing.queries import unsent_mails
from billing.reminder_queries import LateCounts
from core.models import User
from engagements.models import Engagement
from engagements.today import deposits_taken_back
from outreach import dates

MOST = 12
AWAITED = (Invoice.Status.DRAFT, Invoice.Status.ISSUED, Invoice.Status.PART_PAID)


@dataclass(frozen=True)
class MoneyToday:
    taken_back: Sequence[Engagement]  # whose gate has closed again
    deposits: Sequence[Invoice]
    unsent: int  # mails about invoices that did not leave
    late: LateCounts


def money_today(user: User) -> MoneyToday | None:
    """Three queries. Every late invoice is counted; of the deposits the oldest are shown."""
    awaited = Q(kind=Invoice.Kind.DEPOSIT, status__in=AWAITED)
    rows = list(reminder_queries.watched(besides=awaited).defer("snapshot"))
    found = [one for one in rows if one.kind == Invoice.Kind.DEPOSIT and one.status in AWAITED]
    taken_back = list(deposits_taken_back()[:MOST])
    told = {one.pk for one in taken_back}
    deposits = sorted((one for one in found if one.engagement_id not in told), key=lambda one: one.pk)[:MOST]
    late = reminder_queries.late_counts(rows, dates.today_on_page())
    unsent = unsent_mails().count()
    says_something = taken_back or deposits or unsent or not late.is_empty
    return MoneyToday(taken_back, deposits, unsent, late) if says_something else None
