"""Signed engagements with what is billed on them, and invoices issued as the worker issues them."""

from unittest import mock

from billing.models import Invoice
from billing.services import drafting, issuing, payments
from billing.services.drafting import DraftWords
from billing.services.payments import Received
from billing.services.settings import NewTax, Particulars, Printed, add_tax, set_particulars, set_printed
from core.money import Money
from outreach import dates
from tests.scope_factories import make_engagement, usd


def make_signed(ben, ada, **fields):
    """An engagement with its deposit's draft; the deposit has not cleared."""
    fields = {"deposit_percent": 30, "prices": ("4000", "3000", "2000", "1000"), **fields}
    engagement = make_engagement(ben, owner=ada, cleared=False, **fields)
    drafting.draft_deposit(acceptance=engagement.acceptance, engagement=engagement, actor=ben)
    return engagement


def make_tax(ada, name="VAT 23 %", percent=23, **fields):
    return add_tax(tax=NewTax(name=name, percent=percent, **fields), actor=ada)


def make_printed(ada, **fields):
    return set_printed(printed=Printed(**{"pay_to": "IBAN XX00 0000", "tax_id": "XX 1", **fields}), actor=ada)


def make_particulars(organisation, ada, **fields):
    values = {"legal_name": "Tern and Tide Ltd", "address": "1 Quay\nCork", **fields}
    return set_particulars(organisation=organisation, particulars=Particulars(**values), actor=ada)


def deposit_of(engagement):
    return engagement.invoices.counted().get(kind=Invoice.Kind.DEPOSIT)


def by_hand(engagement, ada, *amounts, title="By hand", agreed=False, **words):
    """A draft with one line for each amount; with `agreed` it bills the contract."""
    lines = [
        drafting.NewLine(title=f"Line {n}", unit_price=Money(str(amount), engagement.currency))
        for n, amount in enumerate(amounts, start=1)
    ]
    return drafting.draft_by_hand(
        engagement=engagement, words=DraftWords(title=title, **words), lines=lines, agreed=agreed, actor=ada
    )


def issue(invoice, ada, *, mail=False):
    """Through the service and the worker's part of it, without drawing the PDF."""
    with mock.patch("billing.services.issuing.invoice_pdf", return_value=b"%PDF-1.7 drawn elsewhere"):
        issuing.issue_invoice(invoice=invoice, mail=mail, actor=ada)
        issuing.finish_issuing(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    return invoice


def received(amount, *, cleared=True, currency="USD", **fields):
    today = dates.today()
    return Received(Money(str(amount), currency), today, today if cleared else None, **fields)


def pay(invoice, amount, ada, *, cleared=True, **fields):
    money = received(amount, cleared=cleared, currency=str(invoice.total.currency), **fields)
    payment = payments.record_payment(invoice=invoice, received=money, actor=ada)
    invoice.refresh_from_db()
    return payment


__all__ = [
    "by_hand",
    "deposit_of",
    "issue",
    "make_particulars",
    "make_printed",
    "make_signed",
    "make_tax",
    "pay",
    "usd",
]
