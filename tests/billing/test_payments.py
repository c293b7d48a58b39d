"""Partial, over, on its way, failed, reversed, paid back, and put to another invoice."""

import datetime as dt
import itertools
import threading
import time
from unittest import mock

import pytest
from django.db import connection

from billing.models import Invoice, Payment
from billing.services import credit_notes, issuing, payments
from billing.services.drafting import draft_deposit, draft_final
from core.errors import DomainError, TransitionError
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, make_tax, pay, received, usd
from tests.threads import all_at_once


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


def test_money_for_what_asks_for_none_is_the_clients_credit(ada, engagement, invoice):
    pay(invoice, 100, ada)
    twice = pay(invoice, 100, ada, another=True)
    given_up = issue(by_hand(engagement, ada, 70), ada)
    issuing.write_off(invoice=given_up, reason="Bankrupt.", actor=ada)
    late = pay(given_up, 70, ada)
    assert (invoice.status, invoice.paid, given_up.status, given_up.paid) == ("paid", usd(100), "written_off", usd(0))
    assert (twice.unspent, late.unspent) == (usd(100), usd(70))
    with pytest.raises(DomainError, match="asks for no money"):
        pay(by_hand(engagement, ada, 5), 5, ada)


def test_money_that_came_for_no_invoice_pays_the_next(ada, engagement):
    payments.record_advance(organisation=engagement.organisation, received=received(80), actor=ada)
    with pytest.raises(DomainError, match="recorded already"):
        payments.record_advance(organisation=engagement.organisation, received=received(80), actor=ada)
    invoice = issue(by_hand(engagement, ada, 50), ada)
    assert payments.use_credit(invoice=invoice, actor=ada) == usd(50)
    assert payments.credit_of(engagement.organisation, "USD") == usd(30)


def test_what_no_invoice_took_is_cleared_failed_reversed_and_paid_back_too(ada, invoice):
    pay(invoice, 100, ada, cleared=False)
    second = pay(invoice, 100, ada, cleared=False, another=True)
    third = pay(invoice, 90, ada, cleared=False)
    assert (second.allocated, third.allocated) == (usd(0), usd(0))
    payments.fail_payment(payment=third, reason="Bounced.", actor=ada)
    second = payments.clear_payment(payment=second, on=dates.today(), actor=ada)
    second = payments.refund(payment=second, amount=usd(40), reason="Twice.", actor=ada)
    assert (second.status, second.unspent) == ("cleared", usd(60))


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_credit_note_and_a_payment_elsewhere_do_not_wait_for_each_other(ada, ben):
    """The payment asks for all of the client's engagements while a note on the second of them is being issued."""
    first = make_signed(ben, ada, deposit_percent=0)
    second = make_signed(ben, ada, deposit_percent=0)
    elsewhere, credited = issue(by_hand(first, ada, 50), ada), issue(by_hand(second, ada, 100), ada)
    pay(credited, 100, ada)
    note = credit_notes.draft_credit_note(invoice=credited, reason="Wrong.", actor=ada)
    with mock.patch("billing.services.issuing.tasks.finish_issuing.delay"):
        issuing.issue_invoice(invoice=note, mail=False, actor=ada)
    inside, turn, drawn = threading.Event(), itertools.count(), itertools.count()

    def draw(*_args, **_kwargs):
        if next(drawn) == 1:  # the trial was 0; this one stands inside the transaction
            inside.set()
            time.sleep(1)
        return b"%PDF-"

    def act():
        try:
            if next(turn) == 0:
                issuing.finish_issuing(invoice_id=note.pk)
            else:
                inside.wait(20)
                payments.record_payment(invoice=elsewhere, received=received(50), actor=ada)
        finally:
            connection.close()

    with mock.patch("billing.services.issuing.invoice_pdf", side_effect=draw):
        all_at_once(2, act)
    note.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (note.status, elsewhere.status) == ("issued", "paid"), note.failure


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_credit_note_and_a_payment_of_one_invoice_at_once(ada, ben):
    invoice = issue(by_hand(make_signed(ben, ada, deposit_percent=0), ada, 100), ada)
    note = credit_notes.draft_credit_note(invoice=invoice, reason="Wrong.", actor=ada)
    with mock.patch("billing.services.issuing.tasks.finish_issuing.delay"):
        issuing.issue_invoice(invoice=note, mail=False, actor=ada)
    turn = itertools.count()

    def act():
        try:
            if next(turn) == 0:
                issuing.finish_issuing(invoice_id=note.pk)
            else:
                payments.record_payment(invoice=invoice, received=received(100), actor=ada)
        finally:
            connection.close()

    with mock.patch("billing.services.issuing.invoice_pdf", return_value=b"%PDF-"):
        all_at_once(2, act)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid, invoice.credited) == ("credited", usd(0), usd(100))
    assert payments.credit_of(invoice.organisation, "USD") == usd(100)
