"""A client's account in order of days: what was asked for, what came in, what went back, and what that leaves.

It says what counts now: an amount that was written off stands there as it is today, and money that came in for an
invoice which has no number yet is ahead of it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from billing import ageing
from billing.models import Invoice, Payment
from billing.periods import Period
from billing.queries import CAME_IN
from billing.record import Record
from billing.sheets import Cell, plain
from core import charts
from core.logo import logo_as_data
from core.models import Organisation, Practice
from core.money import Money, total
from core.pdf import PdfLimits, render_pdf
from core.queries import practice_or_blank

LIMITS = PdfLimits(seconds=20, megabytes=512, pages=100)
KINDS = ("invoice", "credit_note", "written_off", "payment", "reversal", "refund")  # of one day, in this order


@dataclass(frozen=True)
class Entry:
    """A line. Above zero it is asked for, below zero it is paid or taken back; `balance` is what the account comes to
    after it."""

    on: dt.date
    kind: str
    text: str
    reference: str
    amount: Money
    balance: Money
    invoice: str = ""  # the public id of what it is about, where there is a page of it
    key: int = 0

    @property
    def asked(self) -> Money | None:
        return self.amount if self.amount.amount >= 0 else None

    @property
    def taken_off(self) -> Money | None:
        return Money(-self.amount.amount, self.amount.currency) if self.amount.amount < 0 else None


@dataclass(frozen=True)
class Account:
    """One currency. `opening` is the balance before the period, `closing` after it; the rest is how things stand now:
    `owed` = balance + `credit` + `ahead`. `pending` is on its way and counts nowhere."""

    currency: str
    opening: Money
    entries: tuple[Entry, ...]
    closing: Money
    owed: Money
    overdue: Money
    credit: Money
    ahead: Money
    pending: tuple[Payment, ...]
    by_age: charts.BarChart | None = None  # of what is owed


@dataclass(frozen=True)
class Statement:
    """Built by `statement_of`."""

    organisation: Organisation
    period: Period
    today: dt.date
    accounts: tuple[Account, ...]


def statement_of(organisation: Organisation, period: Period, today: dt.date) -> Statement:
    """Six queries. Whoever calls it has checked that its reader may see money."""
    invoices = list(
        Invoice.objects.filter(organisation=organisation)
        .exclude(status=Invoice.Status.DISCARDED)
        .select_related("corrects")
        .defer("snapshot", "corrects__snapshot", "note")
    )
    rows = Payment.objects.filter(organisation=organisation).exclude(status=Payment.Status.FAILED)
    payments = list(rows.prefetch_related("allocations__invoice"))
    record = Record(invoices, payments)
    by_currency: dict[str, tuple[list[Invoice], list[Payment]]] = defaultdict(lambda: ([], []))
    for invoice in invoices:
        by_currency[str(invoice.due.currency)][0].append(invoice)
    for payment in payments:
        by_currency[str(payment.amount.currency)][1].append(payment)
    accounts = [
        _account(currency, *of, record, period, today, organisation.locale)
        for currency, of in sorted(by_currency.items())
    ]
    return Statement(organisation, period, today, tuple(one for one in accounts if _says_something(one)))


def header() -> list[str]:
    return [_("Date"), _("What"), _("Reference"), _("Amount"), _("Balance"), _("Currency")]


def rows(statement: Statement) -> Iterator[list[Cell]]:
    """For a spreadsheet: of each currency the balance before, each line, and what is on its way."""
    for one in statement.accounts:
        yield [statement.period.since, _("Balance before"), "", None, plain(one.opening), one.currency]
        for entry in one.entries:
            yield [entry.on, entry.text, entry.reference, plain(entry.amount), plain(entry.balance), one.currency]
        for payment in one.pending:
            words = _("On its way, not counted")
            yield [payment.received_on, words, "", plain(Money(0, one.currency) - payment.amount), None, one.currency]


def statement_pdf(statement: Statement) -> bytes:
    """Raises PdfError."""
    practice = practice_or_blank()
    return render_pdf(statement_html(statement, practice), title=_title(statement), limits=LIMITS)


def statement_html(statement: Statement, practice: Practice, *, for_page: bool = False) -> str:
    """`for_page`: its style sheets come from where a browser finds them."""
    context = {
        "language": "en",
        "statement": statement,
        "practice": practice,
        "document": _title(statement),
        "imprint": " · ".join(filter(None, (practice.name, statement.organisation.name))),
        "author": practice.name,
        "practice_logo": logo_as_data(),
        "assets": settings.STATIC_URL if for_page else "",
    }
    return render_to_string("reports/statement.html", context)


def _title(statement: Statement) -> str:
    return _("Statement of account: %(client)s") % {"client": statement.organisation.name}


def _account(
    currency: str,
    invoices: Sequence[Invoice],
    payments: Sequence[Payment],
    record: Record,
    period: Period,
    today: dt.date,
    locale: str,
) -> Account:
    nothing = Money(0, currency)
    entries = [entry for one in invoices if one.is_issued for entry in _of_invoice(one, record)]
    entries += [entry for one in payments if one.status in CAME_IN for entry in _of_payment(one, record)]
    entries.sort(key=lambda one: (one.on, KINDS.index(one.kind), one.key))
    balance, running = nothing, []
    for entry in entries:
        balance += entry.amount
        running.append(replace(entry, balance=balance))
    before = [one for one in running if one.on < period.since]
    within = tuple(one for one in running if one.on in period)
    opening = before[-1].balance if before else nothing
    asking = [one for one in invoices if one.is_owed and one.kind != Invoice.Kind.CREDIT]
    return Account(
        currency=currency,
        opening=opening,
        entries=within,
        closing=within[-1].balance if within else opening,
        owed=total((one.balance for one in asking), currency),
        overdue=total((one.balance for one in asking if one.is_overdue(today)), currency),
        credit=total((one.unspent for one in payments if one.status == Payment.Status.CLEARED), currency),
        ahead=total((one.paid for one in invoices if not one.is_issued), currency),
        pending=tuple(one for one in payments if one.status == Payment.Status.PENDING),
        by_age=_by_age(asking, today, currency, locale),
    )


def _by_age(asking: Sequence[Invoice], today: dt.date, currency: str, locale: str) -> charts.BarChart | None:
    parts = ageing.parts_of(asking, today, currency)
    return ageing.by_age(currency, parts, locale) if any(part.amount for part in parts) else None


def _of_invoice(invoice: Invoice, record: Record) -> Iterator[Entry]:
    nothing = Money(0, invoice.due.currency)
    is_credit = invoice.kind == Invoice.Kind.CREDIT
    issued_on = cast(dt.date, invoice.issued_on)  # it has a number
    text = invoice.title if is_credit else _("Invoice: %(title)s") % {"title": invoice.title}
    kind = "credit_note" if is_credit else "invoice"
    one = Entry(issued_on, kind, text, invoice.reference, invoice.due, nothing, invoice.public_id, key=invoice.pk)
    yield one
    if invoice.status == Invoice.Status.WRITTEN_OFF and invoice.balance.amount:
        on = record.written_off_on(invoice) or issued_on
        yield replace(one, on=on, kind="written_off", text=_("Written off"), amount=nothing - invoice.balance)


def _of_payment(payment: Payment, record: Record) -> Iterator[Entry]:
    nothing = Money(0, payment.amount.currency)
    references = [one.invoice.reference for one in payment.allocations.all() if one.invoice.reference]
    on = payment.cleared_on or payment.received_on
    text = _("Payment received")
    one = Entry(on, "payment", text, ", ".join(references), nothing - payment.amount, nothing, key=payment.pk)
    yield one
    if payment.status == Payment.Status.REVERSED:
        text = _("Payment taken back by the bank")
        yield replace(one, on=record.reversed_on(payment) or on, kind="reversal", text=text, amount=payment.amount)
    for day, amount in record.refunds(payment):
        yield replace(one, on=day or on, kind="refund", text=_("Paid back to the client"), amount=amount)


def _says_something(one: Account) -> bool:
    return bool(one.entries or one.pending or one.opening.amount or one.owed.amount or one.ahead.amount)
