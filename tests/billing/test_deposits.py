"""The deposit: drafted by a signature, cleared, reversed; and the gate that follows it."""

import datetime as dt
import itertools
from unittest import mock

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse

from billing.models import Invoice, Payment
from billing.services import drafting, issuing, payments
from billing.services.payments import Received
from billing.today import money_today
from core.errors import DomainError, TransitionError
from core.models import Event
from core.money import Money
from engagements.models import Engagement, ProposalOpening
from engagements.offer import Offer
from engagements.services import acceptance, items
from engagements.services.acceptance import Signature
from engagements.services.deposits import override_gate
from engagements.tasks import tell_of_reversed_deposit
from outreach import dates
from tests.billing_factories import deposit_of, issue, make_signed, make_tax, pay, received
from tests.scope_factories import make_revision, make_sent, usd
from tests.threads import all_at_once


def sign(ben, ada, **fields):
    sent = make_sent(make_revision(ben, owner=ada, **fields))
    acceptance.record_opening(revision=sent, what=ProposalOpening.What.TERMS, user=ben)
    acceptance.accept_revision(
        revision=sent,
        seen_sha256=sent.snapshot_sha256,
        picked=Offer.of(sent).default_picks,
        signature=Signature("Ben"),
        actor=ben,
    )
    return Engagement.objects.get(acceptance__revision=sent)


def test_signing_asks_for_the_deposit_and_records_who(ada, ben):
    engagement = sign(ben, ada, prices=("10000.01",), deposit_percent=50)

    invoice = Invoice.objects.get(kind="deposit")
    assert invoice.total == usd("5000.01")  # half a cent rounds up
    assert (invoice.status, invoice.engagement, invoice.reference) == ("draft", engagement, "")
    assert [line.source for line in invoice.lines.all()] == ["deposit"]
    assert Event.objects.get(what="proposal.accepted").actor == ben


def test_without_a_deposit_there_is_no_invoice(ada, ben):
    assert sign(ben, ada, deposit_percent=0).status == Engagement.Status.ACTIVE
    assert not Invoice.objects.exists()


def test_drafting_it_twice_drafts_it_once(ada, ben):
    engagement = make_signed(ben, ada)
    again = drafting.draft_deposit(acceptance=engagement.acceptance, engagement=engagement, actor=ada)
    assert again == Invoice.objects.get()


def test_the_gate_follows_what_cleared(ada, ben):
    engagement = sign(ben, ada)
    invoice = Invoice.objects.get()
    pending = pay(invoice, 1000, ada, cleared=False)
    part = pay(invoice, 2000, ada)
    engagement.refresh_from_db()
    assert (engagement.status, engagement.deposit_cleared) == ("awaiting_deposit", usd(2000))

    payments.clear_payment(payment=pending, on=dates.today(), actor=ada)
    engagement.refresh_from_db()
    assert (engagement.status, engagement.is_gate_open) == ("active", True)

    payments.reverse_payment(payment=part, reason="No cover.", actor=ada)
    engagement.refresh_from_db()
    assert not engagement.is_gate_open
    with pytest.raises(TransitionError, match=r"\$2,000\.00"):
        items.start_item(item=engagement.items.first(), actor=ada)
    pay(invoice, 2000, ada)
    engagement.refresh_from_db()
    assert engagement.is_gate_open


def test_money_for_a_draft_makes_it_paid_once_it_is_issued(ada, ben):
    invoice = deposit_of(make_signed(ben, ada))
    pay(invoice, 3000, ada)
    assert (invoice.status, invoice.paid) == ("draft", usd(3000))
    with pytest.raises(DomainError, match="issue it"):
        drafting.discard_draft(invoice=invoice, actor=ada)
    assert issue(invoice, ada).status == Invoice.Status.PAID


def test_of_a_taxed_deposit_the_part_without_tax_opens_the_gate(ada, ben):
    make_tax(ada, is_default=True)
    engagement = make_signed(ben, ada)
    invoice = deposit_of(engagement)
    assert (invoice.net, invoice.tax, invoice.due) == (usd(3000), usd(690), usd(3690))

    first = pay(invoice, 3689, ada)
    engagement.refresh_from_db()
    assert not engagement.is_gate_open  # a coin is missing
    payments.reverse_payment(payment=first, reason="Wrong amount.", actor=ada)
    pay(invoice, 3690, ada)

    engagement.refresh_from_db()
    assert engagement.is_gate_open
    assert engagement.deposit_cleared == usd(3000)


def test_what_cannot_be_is_refused(ada, ben):
    sign(ben, ada)
    invoice = Invoice.objects.get()
    today = dates.today()
    tomorrow = today + dt.timedelta(days=1)
    for wrong, words in (
        (received(5, currency="EUR"), "USD"),
        (received(0), "above zero"),
        (Received(usd(1), tomorrow), "not come yet"),
        (Received(usd(1), today, today - dt.timedelta(days=1)), "before it was received"),
    ):
        with pytest.raises(DomainError, match=words):
            payments.record_payment(invoice=invoice, received=wrong, actor=ada)
    assert not Payment.objects.exists()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_clerks_record_the_same_payment(ada, ben):
    sign(ben, ada)
    invoice = Invoice.objects.get()

    def click():
        try:
            payments.record_payment(invoice=invoice, received=received(3000), actor=ada)
            return ""
        except DomainError as refusal:
            return str(refusal)
        finally:
            connection.close()

    told = sorted(all_at_once(2, click))

    assert Payment.objects.count() == 1
    assert told[0] == ""
    assert "recorded already" in told[1]


def test_a_second_payment_of_the_same_amount_is_said_to_be_one(ada, ben):
    sign(ben, ada)
    invoice = Invoice.objects.get()
    pay(invoice, 1000, ada)
    with pytest.raises(DomainError, match="recorded already"):
        pay(invoice, 1000, ada)
    with pytest.raises(DomainError, match="recorded already"):  # the other clerk may not have typed it
        pay(invoice, 1000, ada, bank_reference="E2E-77")
    pay(invoice, 1000, ada, bank_reference="E2E-77", another=True)
    with pytest.raises(DomainError, match="recorded already"):
        pay(invoice, 1000, ada)
    assert invoice.paid == usd(2000)


def test_two_bank_references_are_two_payments(ada, ben):
    sign(ben, ada)
    invoice = Invoice.objects.get()
    pay(invoice, 1000, ada, bank_reference="E2E-77")
    pay(invoice, 1000, ada, bank_reference="E2E-78")
    with pytest.raises(DomainError, match="recorded already"):
        pay(invoice, 1000, ada, bank_reference="e2e-78")
    assert invoice.paid == usd(2000)


def test_an_old_override_does_not_outlive_the_money(ada, ben):
    engagement = sign(ben, ada)
    override_gate(engagement=engagement, reason="A friend.", actor=ada)
    part = pay(Invoice.objects.get(), 1000, ada)
    engagement.refresh_from_db()
    assert engagement.gate_overridden_at
    rest = pay(Invoice.objects.get(), 2000, ada)
    engagement.refresh_from_db()
    assert (engagement.is_gate_open, engagement.gate_overridden_at) == (True, None)
    assert Event.objects.filter(what="deposit.cleared").count() == 1

    payments.reverse_payment(payment=rest, reason="No cover.", actor=ada)
    engagement.refresh_from_db()
    assert (engagement.is_gate_open, engagement.is_deposit_taken_back) == (False, True)
    assert Event.objects.filter(what="deposit.reversed").count() == 1
    payments.reverse_payment(payment=part, reason="No cover.", actor=ada)
    assert Event.objects.filter(what="deposit.reversed").count() == 1


def test_a_reversal_is_told_on_today_and_by_mail_and_offers_a_pause(
    client, ada, ben, django_capture_on_commit_callbacks
):  # fmt: skip
    engagement = sign(ben, ada)
    payment = pay(issue(Invoice.objects.get(), ada), 3000, ada)
    assert not money_today(ada)
    with (
        django_capture_on_commit_callbacks(execute=True),
        mock.patch("engagements.tasks.tell_of_reversed_deposit.delay", tell_of_reversed_deposit),
    ):
        payments.reverse_payment(payment=payment, reason="No cover.", actor=ada)
    (message,) = mail.outbox
    page = reverse("engagements:engagement", args=[engagement.public_id])
    assert (message.to, "$3,000.00 are missing" in message.body) == ([ada.email], True)
    assert f"{page}#gate" in message.body
    told = money_today(ada)
    assert (told.taken_back, told.deposits) == ([engagement], [])
    client.force_login(ada)
    assert "The deposit was taken back" in client.get(reverse("outreach:today")).content.decode()
    gate = client.get(page).content.decode().split('id="gate"')[1].split("</section>")[0]
    assert 'action="' + reverse("engagements:pause", args=[engagement.public_id]) in gate
    client.post(
        reverse("engagements:pause", args=[engagement.public_id]), {"why": "stop_work", "reason": "No deposit."}
    )
    engagement.refresh_from_db()
    assert engagement.status == "paused"
    pay(Invoice.objects.get(), 3000, ada)
    assert not money_today(ada)


def test_a_tax_put_on_a_paid_draft_closes_the_gate_at_once(ada, ben):
    engagement = make_signed(ben, ada)
    invoice = deposit_of(engagement)
    pay(invoice, 3000, ada)
    line, tax = invoice.lines.get(), make_tax(ada)
    words = drafting.DraftWords("Deposit")
    taxed = [drafting.EditedLine(line.pk, line.title, line.unit_price, taxes=[tax])]
    drafting.edit_draft(invoice=invoice, words=words, lines=taxed, actor=ada)
    engagement.refresh_from_db()
    assert not engagement.is_gate_open
    line = invoice.lines.get()
    plain = [drafting.EditedLine(line.pk, line.title, line.unit_price)]
    drafting.edit_draft(invoice=invoice, words=words, lines=plain, actor=ada)
    engagement.refresh_from_db()
    assert engagement.is_gate_open


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_deposit_is_paid_while_it_is_issued(ada, ben):
    engagement = make_signed(ben, ada)
    invoice = deposit_of(engagement)
    with mock.patch("billing.services.issuing.tasks.finish_issuing.delay"):
        issuing.issue_invoice(invoice=invoice, mail=False, actor=ada)
    turn = itertools.count()

    def act():
        try:
            if next(turn) == 0:
                issuing.finish_issuing(invoice_id=invoice.pk)
            else:
                payments.record_payment(invoice=invoice, received=received(3000), actor=ada)
        finally:
            connection.close()

    with mock.patch("billing.services.issuing.invoice_pdf", return_value=b"%PDF-"):
        all_at_once(2, act)
    invoice.refresh_from_db()
    engagement.refresh_from_db()
    assert (invoice.status, invoice.paid, engagement.is_gate_open) == ("paid", usd(3000), True)


def test_a_rescission_discards_the_draft(ada, ben):
    engagement = sign(ben, ada)
    rescission = acceptance.propose_rescission(acceptance=engagement.acceptance, reason="Wrong one.", actor=ada)

    acceptance.countersign_rescission(rescission=rescission, actor=ben)

    assert Invoice.objects.get().status == Invoice.Status.DISCARDED


def test_a_currency_without_decimals(ada, ben):
    engagement = make_signed(ben, ada, currency="JPY", prices=("333333",), deposit_percent=33)
    assert deposit_of(engagement).due == Money("110000", "JPY")
