"""The days on which money went back or was given up: rows say how things stand, the record of events since when."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.models import Invoice, Payment
from core.models import Event
from core.money import Money, total
from core.queries import practice_or_blank

NOT_A_FIGURE = re.compile(r"[^0-9.]")


class Record:
    """Of the payments and invoices given, in the practice's days. At most three queries."""

    def __init__(self, invoices: Iterable[Invoice], payments: Iterable[Payment]) -> None:
        self.zone = ZoneInfo(practice_or_blank().zone)
        went_back = [one.pk for one in payments if one.status == Payment.Status.REVERSED or one.refunded.amount]
        given_up = [one.pk for one in invoices if one.status == Invoice.Status.WRITTEN_OFF]
        self._payments = _events("billing.payment", went_back, "payment.reversed", "payment.refunded")
        self._invoices = _events("billing.invoice", given_up, "invoice.written_off")

    def written_off_on(self, invoice: Invoice) -> dt.date | None:
        return self._last(self._invoices[invoice.pk])

    def reversed_on(self, payment: Payment) -> dt.date | None:
        return self._last([one for one in self._payments[payment.pk] if one.what == "payment.reversed"])

    def refunds(self, payment: Payment) -> list[tuple[dt.date | None, Money]]:
        """Each day and amount. Where the record does not add up to what was paid back, it is one amount."""
        events = [one for one in self._payments[payment.pk] if one.what == "payment.refunded"]
        if not payment.refunded.amount:
            return []
        currency = str(payment.amount.currency)
        amounts = [Money(_figure(str(one.data.get("amount", ""))), currency) for one in events]
        if len(events) > 1 and total(amounts, currency) == payment.refunded:
            return [(self._day(one), amount) for one, amount in zip(events, amounts, strict=True)]
        return [(self._last(events), payment.refunded)]

    def _last(self, events: Sequence[Event]) -> dt.date | None:
        return self._day(events[-1]) if events else None

    def _day(self, event: Event) -> dt.date:
        return event.at.astimezone(self.zone).date()


def _events(of: str, keys: Sequence[int], *what: str) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = defaultdict(list)
    if keys:
        for event in Event.objects.filter(subject_type=of, subject_id__in=keys, what__in=what).order_by("id"):
            found[event.subject_id].append(event)
    return found


def _figure(text: str) -> Decimal:
    """Out of an amount as events keep it: US$1,234.50."""
    digits = NOT_A_FIGURE.sub("", text)
    return Decimal(digits) if digits.replace(".", "", 1).isdigit() else Decimal(0)
