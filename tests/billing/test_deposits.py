"""The deposit: drafted by a signature, cleared, reversed; and the gate that follows it."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.urls import reverse

from billing.models import Invoice, Payment
from billing.services import payments
from billing.services.payments import Received
from core.errors import DomainError, TransitionError
from core.models import Event
from core.money import Money
from engagements.models import Engagement, ProposalOpening
from engagements.offer import Offer
from engagements.services import acceptance, items
from engagements.services.acceptance import Signature
from outreach import dates
from tests.scope_factories import make_revision, make_sent, usd


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


def received(amount, *, cleared=True, currency="USD"):
    today = dates.today()
    return Received(Money(str(amount), currency), today, today if cleared else None)


def test_signing_asks_for_the_deposit_and_records_who(ada, ben):
    engagement = sign(ben, ada, prices=("10000.01",), deposit_percent=50)

    invoice = Invoice.objects.get(kind="deposit")
    assert invoice.total == usd("5000.01")  # half a cent rounds up
    assert (invoice.status, invoice.engagement) == ("draft", engagement)
    assert Event.objects.get(what="proposal.accepted").actor == ben


def test_without_a_deposit_there_is_no_invoice(ada, ben):
    assert sign(ben, ada, deposit_percent=0).status == Engagement.Status.ACTIVE
    assert not Invoice.objects.exists()


def test_the_gate_follows_what_cleared(ada, ben):
    engagement = sign(ben, ada)
    invoice = Invoice.objects.get()
    pending = payments.record_payment(invoice=invoice, received=received(1000, cleared=False), actor=ada)
    part = payments.record_payment(invoice=invoice, received=received(2000), actor=ada)
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
    payments.record_payment(invoice=invoice, received=received(2000), actor=ada)
    invoice.refresh_from_db()
    assert invoice.status == Invoice.Status.PAID


def test_what_cannot_be_is_refused(ada, ben):
    sign(ben, ada)
    invoice = Invoice.objects.get()
    tomorrow = dates.today() + dt.timedelta(days=1)
    for wrong, words in (
        (received("3000.01"), "left to pay"),
        (received(5, currency="EUR"), "USD"),
        (received(0), "above zero"),
        (Received(usd(1), tomorrow), "not come yet"),
        (Received(usd(1), dates.today(), dates.today() - dt.timedelta(days=1)), "before it was received"),
    ):
        with pytest.raises(DomainError, match=words):
            payments.record_payment(invoice=invoice, received=wrong, actor=ada)
    assert not Payment.objects.exists()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_clerks_record_the_same_payment(ada, ben):
    sign(ben, ada)
    invoice, told, start = Invoice.objects.get(), [], threading.Barrier(2)

    def click():
        try:
            start.wait()
            payments.record_payment(invoice=invoice, received=received(3000), actor=ada)
        except DomainError as refusal:
            told.append(str(refusal))
        finally:
            connection.close()

    clerks = [threading.Thread(target=click) for _ in range(2)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()

    assert Payment.objects.count() == 1
    assert told == ["Only $0.00 are left to pay."]


def test_a_rescission_discards_the_draft(ada, ben):
    engagement = sign(ben, ada)
    rescission = acceptance.propose_rescission(acceptance=engagement.acceptance, reason="Wrong one.", actor=ada)

    acceptance.countersign_rescission(rescission=rescission, actor=ben)

    assert Invoice.objects.get().status == Invoice.Status.DISCARDED


def test_received_and_cleared_is_one_step_on_the_page(client, ada, ben, cleo):
    engagement = sign(ben, ada)
    invoice = Invoice.objects.get()
    url, page = (reverse(f"billing:{name}", args=[invoice.public_id]) for name in ("payment-new", "invoice"))
    form = {"amount": "3,000.00", "received_on": dates.today().isoformat(), "has_cleared": "on"}
    for person in (ben, cleo):  # a draft is for staff
        client.force_login(person)
        assert (client.get(page).status_code, client.post(url, form).status_code) == (404, 404)
    client.force_login(ada)
    assert "$3,000.00" in client.get(page).content.decode()
    assert client.post(url, form | {"amount": "1e9"}).status_code == 422
    assert client.post(url, form | {"amount": "4000"}).status_code == 409

    client.post(url, form)

    engagement.refresh_from_db()
    assert engagement.status == Engagement.Status.ACTIVE
    payment = Payment.objects.get()
    reverse_url = reverse("billing:payment-reverse", args=[payment.public_id])
    assert client.post(reverse_url, {"reason": ""}).status_code == 409
    client.post(reverse_url, {"reason": "No cover."})
    payment.refresh_from_db()
    assert payment.status == Payment.Status.REVERSED


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_asks_the_same_for_three_as_for_thirty(client, ada, ben, count, django_assert_max_num_queries):
    engagement = sign(ben, ada)
    for number in range(count):
        Invoice.objects.create(
            organisation=engagement.organisation,
            engagement=engagement,
            kind=Invoice.Kind.PROGRESS,
            title=f"Part {number}",
            total=usd(5),
        )
    client.force_login(ada)
    with django_assert_max_num_queries(8):
        client.get(reverse("billing:invoices"))
