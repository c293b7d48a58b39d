"""What a report says of money, for the client's owners and payers: the one place that reads invoices for it."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Invoice
from core.money import as_json, total
from engagements.models import Engagement
from engagements.project_queries import Project

MOST_LINES = 3


def money_figures(engagement: Engagement, project: Project, today: dt.date) -> dict[str, Any]:
    """In JSON types: what is agreed, what was asked for, what came in, and the invoices of which something is owed,
    the one that is due first on top. Tax is included in all but the contract's value. One query."""
    currency = engagement.currency
    rows = Invoice.objects.filter(engagement=engagement).issued().exclude(kind=Invoice.Kind.CREDIT)
    issued = list(rows.order_by("due_on", "pk"))
    owed = [one for one in issued if one.is_owed]
    return {
        "value": as_json(total([project.value] if project.value else [], currency)),
        "signed": as_json(engagement.acceptance.price),
        "invoiced": as_json(total((one.due - one.credited for one in issued), currency)),
        "paid": as_json(total((one.paid for one in issued), currency)),
        "owed": as_json(total((one.balance for one in owed), currency)),
        "lines": [_line(one, today) for one in owed[:MOST_LINES]],
        "more": max(len(owed) - MOST_LINES, 0),
    }


def owed_invoices(engagement: Engagement) -> list[Invoice]:
    """Of which something is owed, the one that is due first on top. One query."""
    return list(Invoice.objects.filter(engagement=engagement).open().defer("snapshot").order_by("due_on", "pk"))


def _line(invoice: Invoice, today: dt.date) -> dict[str, Any]:
    return {
        "title": str(invoice),
        "balance": as_json(invoice.balance),
        "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
        "state": _("overdue") if invoice.is_overdue(today) else "",
    }
