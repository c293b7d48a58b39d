"""What a report says of money, for the client's owners and payers: the one place that reads invoices for it."""

import datetime as dt
from typing import Any

from billing.models import Invoice
from core.money import as_json, total
from engagements.models import Engagement
from engagements.project_queries import Project

MOST_LINES = 3
CLOSED = (Invoice.Status.DRAFT, Invoice.Status.ISSUING, Invoice.Status.DISCARDED)


def money_figures(engagement: Engagement, project: Project, today: dt.date) -> dict[str, Any]:
    """In JSON types: what is agreed, and the invoices that the client got. One query."""
    currency = engagement.currency
    issued = list(Invoice.objects.filter(engagement=engagement).exclude(status__in=CLOSED).order_by("id"))
    return {
        "value": as_json(total([project.value] if project.value else [], currency)),
        "signed": as_json(engagement.acceptance.price),
        "invoiced": as_json(total((one.total for one in issued), currency)),
        "lines": [
            {"title": one.title, "total": as_json(one.total), "state": str(one.get_status_display())}
            for one in issued[-MOST_LINES:]
        ],
    }
