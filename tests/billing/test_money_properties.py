"""Whatever people do with invoices and payments, in whatever order: nothing is spent twice or goes below zero, and
parts equal wholes, in coins of no, two and three decimals."""

import os
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Invoice, Payment
from billing.services import credit_notes, drafting, payments
from core.errors import DomainError
from core.money import Money, exponent, total
from engagements.models import Engagement
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, make_tax, pay
from tests.factories import make_client, make_consultant, make_practice

DEEDS = ("bill", "pay", "pend", "clear", "fail", "reverse", "refund", "use", "credit", "credit-part")
LIVES = int(os.environ.get("LIVES", "2"))  # more by hand: LIVES=200 make test ARGS='-k no_life_of_invoices'
STEPS = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 5), st.integers(1, 150_000)), min_size=4, max_size=14)


def check(currency, engagement):
    engagement = Engagement.objects.get(pk=engagement.pk)
    nothing = Money(0, currency)
    for payment in Payment.objects.all():
        given = total((one.amount for one in payment.allocations.all()), currency)
        assert given == payment.allocated
        assert nothing <= payment.allocated + payment.refunded <= payment.amount
    for invoice in Invoice.objects.exclude(kind="credit"):
        rows = invoice.allocations.filter(payment__status="cleared")
        assert invoice.paid == total((one.amount for one in rows), currency)
        assert nothing <= invoice.balance <= invoice.due
        assert invoice.total == invoice.net + invoice.tax
        assert invoice.net == total((line.net for line in invoice.lines.all()), currency)
        coins = invoice.total.amount.scaleb(exponent(currency))
        assert coins == coins.to_integral_value()
        if invoice.is_issued and invoice.status != "written_off":
            assert (invoice.balance == nothing) == (invoice.status in {"paid", "credited"})
    for invoice in Invoice.objects.issued().exclude(kind="credit"):
        notes = invoice.credit_notes.issued()
        assert invoice.credited == total((-note.total for note in notes), currency)
    cleared = total((one.amount - one.refunded for one in Payment.objects.filter(status="cleared")), currency)
    spent = total((one.paid for one in Invoice.objects.exclude(kind="credit")), currency)
    assert cleared == spent + payments.credit_of(engagement.organisation, currency)
    deposit = engagement.invoices.counted().filter(kind="deposit", credited=0).first()
    if deposit:
        assert engagement.is_gate_open == (deposit.balance == nothing)


def do(deed, which, coins, ada, engagement, currency):
    """One deed on the invoice and the payment that `which` picks; raises DomainError where a rule refuses it."""
    amount = Decimal(coins).scaleb(-exponent(currency))
    invoices = list(Invoice.objects.exclude(kind="credit").order_by("id"))
    invoice = invoices[which % len(invoices)]
    on_invoice = {
        "bill": lambda: issue(by_hand(engagement, ada, amount, amount, agreed=True), ada),
        "pay": lambda: pay(invoice, amount, ada, another=True),
        "pend": lambda: pay(invoice, amount, ada, cleared=False, another=True),
        "use": lambda: payments.use_credit(invoice=invoice, actor=ada),
        "credit": lambda: take_back(invoice, None, ada),
        "credit-part": lambda: take_back(invoice, Money(amount, currency), ada),
    }
    given = list(Payment.objects.order_by("id"))
    payment = given[which % len(given)] if given else None
    on_payment = {
        "clear": lambda: payments.clear_payment(payment=payment, on=dates.today(), actor=ada),
        "fail": lambda: payments.fail_payment(payment=payment, reason="Bounced.", actor=ada),
        "reverse": lambda: payments.reverse_payment(payment=payment, reason="Taken back.", actor=ada),
        "refund": lambda: payments.refund(
            payment=payment, amount=Money(amount, currency), reason="Too much.", actor=ada
        ),
    }
    if deed in on_invoice:
        on_invoice[deed]()
    elif payment:
        on_payment[deed]()


def take_back(invoice, amount, ada):
    amounts = None if amount is None else {line.pk: amount for line in invoice.lines.all()[:1]}
    issue(credit_notes.draft_credit_note(invoice=invoice, reason="Wrong.", amounts=amounts, actor=ada), ada)


@pytest.mark.parametrize(("currency", "price"), [("USD", "10000.01"), ("JPY", "999999"), ("KWD", "3333.333")])
@settings(max_examples=LIVES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, percent=st.sampled_from([0, 7, 19, 23]))
@pytest.mark.django_db
def test_no_life_of_invoices_breaks_the_sums(currency, price, steps, percent):
    with transaction.atomic():
        make_practice()
        ada = make_consultant(second_factor=False)
        ben = make_client("ben")
        if percent:
            make_tax(ada, f"Tax {percent} %", percent, is_default=True)
        engagement = make_signed(ben, ada, currency=currency, prices=(price,), deposit_percent=33)
        issue(deposit_of(engagement), ada)
        for deed, which, coins in steps:
            try:
                do(deed, which, coins, ada, engagement, currency)
            except DomainError:
                discard_what_waits(ada)
            check(currency, engagement)
        close_the_books(ada, engagement, currency)
        transaction.set_rollback(True)


def discard_what_waits(ada):
    """A credit note that could not be drafted twice, say."""
    for draft in Invoice.objects.filter(status="draft", allocations=None):
        drafting.discard_draft(invoice=draft, actor=ada)


def close_the_books(ada, engagement, currency):
    """All that was newly asked for, the final invoice with it, is the contract and its tax."""
    discard_what_waits(ada)
    try:
        draft = drafting.draft_final(engagement=engagement, actor=ada)
    except DomainError as refusal:
        said = str(refusal)
    else:
        said = ""
    if said:
        assert "more were invoiced" in said
        return
    final = issue(draft, ada)
    asked = total((one.due for one in Invoice.objects.issued().counted()), currency)
    # A note takes back from what it corrects; one that is credited in full asked for nothing in the end.
    whole_notes = Invoice.objects.issued().filter(kind="credit", corrects__status="credited")
    asked -= total((note.due for note in whole_notes), currency)
    assert final.is_issued
    assert asked == final.total
