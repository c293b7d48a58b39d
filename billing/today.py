"""What the day brings in money: deposits that are still on their way."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.models import Invoice
from core.models import User

MOST = 12


@dataclass(frozen=True)
class MoneyToday:
    deposits: Sequence[Invoice]


def money_today(user: User) -> MoneyToday | None:
    """One query."""
    waiting = (Invoice.Status.DRAFT, Invoice.Status.ISSUED, Invoice.Status.PART_PAID)
    rows = Invoice.objects.filter(kind=Invoice.Kind.DEPOSIT, status__in=waiting)
    deposits = list(rows.select_related("organisation", "engagement").order_by("id")[:MOST])
    return MoneyToday(deposits) if deposits else None
