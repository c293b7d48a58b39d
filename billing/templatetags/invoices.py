"""What invoices need to be written: {% load invoices %}."""

import datetime as dt
from collections.abc import Sequence

from django import template

from billing.models import Invoice
from core.money import Money

register = template.Library()


@register.filter
def minus(amount: Money) -> Money:
    return Money(-amount.amount, amount.currency)


@register.filter
def days_late(invoice: Invoice, today: dt.date) -> int:
    """0 where it is not late, or nothing of it is owed."""
    return (today - invoice.due_on).days if invoice.due_on and invoice.is_overdue(today) else 0


@register.filter
def beside(parts: Sequence[Money], labels: Sequence[str]) -> list[tuple[str, Money]]:
    """Each amount with what stands above its column."""
    return list(zip(labels, parts, strict=True))
