"""Partial, over, on its way, failed, reversed, paid back, and put to another invoice."""

import datetime as dt

import pytest

from billing.models import Invoice, Payment
from billing.services import credit_notes, payments
from billing.services.drafting import draft_deposit, draft_final
from core.errors import DomainError, TransitionError
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, make_tax, pay, usd


@pytest.fixture
def engagement(ada, ben):
    return make_signed(ben, ada)


@pytest.fixture
def invoice(ada, engagement):
    return issue(by_hand(engagement, ada, 100), ada)


def test_parts_make_it_part_paid_then_paid(ada, invoice):
    pay(invoice, 40, ada)
    assert (invoice.status, invoice.balance) == ("part_paid", usd(60))
    pay(invoice, 60, ada)
    assert (invoice.status, invoice.balance) == ("paid", usd(0))
    with pytest.raises(DomainError, match="asks for no money"):
        pay(invoice, 1, ada)


def test_what_is_too_much_becomes_credit_and_pays_the_next(ada, engagement, invoice):
    payment = pay(invoice, 130, ada)
    assert (invoice.status, payment.unspent) == ("paid", usd(30))
    second = issue(by_hand(engagement, ada, 50), ada)
    assert payments.use_credit(invoice=second, actor=ada) == usd(30)
    second.refresh_from_db()
    assert (second.status, second.balance) == ("part_paid", usd(20))
    with pytest.raises(DomainError, match="no credit"):
        payments.use_credit(invoice=second, actor=ada)


def test_on_its_way_counts_for_nothing_until_it_clears(ada, invoice):
    payment = pay(invoice, 100, ada, cleared=False)
    assert (invoice.status, invoice.paid) == ("issued", usd(0))
    tomorrow = dates.today() + dt.timedelta(days=1)
    with pytest.raises(DomainError, match="not come yet"):
        payments.clear_payment(payment=payment, on=tomorrow, actor=ada)
    payments.clear_payment(payment=payment, on=dates.today(), actor=ada)
    invoice.refresh_from_db()
    assert invoice.status == "paid"
    with pytest.raises(TransitionError):
        payments.clear_payment(payment=payment, on=dates.today(), actor=ada)


def test_two_on_their_way_for_the_same_debt_leave_credit(ada, invoice):
    first = pay(invoice, 100, ada, cleared=False)
    second = pay(invoice, 80, ada)
    payments.clear_payment(payment=first, on=dates.today(), actor=ada)
    invoice.refresh_from_db()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (invoice.status, first.unspent, second.unspent) == ("paid", usd(80), usd(0))


def test_what_never_arrived_and_what_was_taken_back(ada, invoice):
    pending = pay(invoice, 40, ada, cleared=False)
    payments.fail_payment(payment=pending, reason="The check bounced.", actor=ada)
    cleared = pay(invoice, 100, ada)
    with pytest.raises(DomainError, match="Say why"):
        payments.reverse_payment(payment=cleared, reason=" ", actor=ada)
    payments.reverse_payment(payment=cleared, reason="Charged back.", actor=ada)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid) == ("issued", usd(0))
    assert set(Payment.objects.values_list("status", flat=True)) == {"failed", "reversed"}


def test_only_what_no_invoice_took_is_paid_back(ada, invoice):
    payment = pay(invoice, 130, ada)
    with pytest.raises(DomainError, match=r"\$30\.00"):
        payments.refund(payment=payment, amount=usd(31), reason="Too much.", actor=ada)
    payment = payments.refund(payment=payment, amount=usd(30), reason="Too much.", actor=ada)
    assert (payment.status, payment.unspent) == ("cleared", usd(0))
    with pytest.raises(DomainError, match="paid back"):
        payments.reverse_payment(payment=payment, reason="No.", actor=ada)


def test_a_credit_note_takes_back_lines_and_frees_what_was_paid(ada, ben, engagement):
    make_tax(ada, is_default=True)
    invoice = issue(by_hand(engagement, ada, 100, 200), ada)
    pay(invoice, 369, ada)
    line = invoice.lines.get(position=2)

    note = credit_notes.draft_credit_note(invoice=invoice, reason="Not done.", amounts={line.pk: usd(50)}, actor=ada)
    assert (note.net, note.tax, note.total) == (usd(-50), usd("-11.50"), usd("-61.50"))
    with pytest.raises(TransitionError, match="waits to be issued"):
        credit_notes.draft_credit_note(invoice=invoice, reason="Again.", actor=ada)
    issue(note, ada)

    invoice.refresh_from_db()
    assert note.reference.startswith("CN-")
    assert (invoice.status, invoice.credited, invoice.paid) == ("paid", usd("61.50"), usd("307.50"))
    assert payments.credit_of(engagement.organisation, "USD") == usd("61.50")

    rest = credit_notes.draft_credit_note(invoice=invoice, reason="Nothing of it.", actor=ada)
    assert rest.total == usd("-307.50")
    issue(rest, ada)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance, invoice.paid) == ("credited", usd(0), usd(0))
    assert payments.credit_of(engagement.organisation, "USD") == usd(369)


def test_a_credit_note_cannot_take_more_than_is_left(ada, invoice):
    line = invoice.lines.get()
    for amounts, said in (({line.pk: usd(101)}, "up to"), ({}, "choose what"), ({line.pk: usd(-1)}, "up to")):
        with pytest.raises(DomainError, match=said):
            credit_notes.draft_credit_note(invoice=invoice, reason="Wrong.", amounts=amounts, actor=ada)
    with pytest.raises(DomainError, match="what is corrected"):
        credit_notes.draft_credit_note(invoice=invoice, reason="", actor=ada)
    assert not Invoice.objects.filter(kind="credit").exists()


def test_a_credited_deposit_closes_the_gate_and_may_be_asked_for_anew(ada, engagement):
    deposit = issue(deposit_of(engagement), ada)
    pay(deposit, 3000, ada)
    issue(credit_notes.draft_credit_note(invoice=deposit, reason="Wrong client name.", actor=ada), ada)
    engagement.refresh_from_db()
    assert not engagement.is_gate_open
    again = draft_deposit(acceptance=engagement.acceptance, engagement=engagement, actor=ada)
    assert again != deposit
    issue(again, ada)
    payments.use_credit(invoice=again, actor=ada)
    engagement.refresh_from_db()
    assert engagement.is_gate_open


def test_what_a_final_one_deducted_is_corrected_there(ada, engagement):
    deposit = issue(deposit_of(engagement), ada)
    issue(draft_final(engagement=engagement, actor=ada), ada)
    with pytest.raises(DomainError, match="Correct that one"):
        credit_notes.draft_credit_note(invoice=deposit, reason="Wrong.", actor=ada)


def test_a_credit_note_is_not_paid_and_not_credited(ada, invoice):
    note = issue(credit_notes.draft_credit_note(invoice=invoice, reason="Wrong.", actor=ada), ada)
    with pytest.raises(DomainError, match="not paid"):
        pay(note, 5, ada)
    with pytest.raises(TransitionError, match="Only an issued invoice"):
        credit_notes.draft_credit_note(invoice=note, reason="Wrong.", actor=ada)
