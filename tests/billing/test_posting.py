"""Mails with invoices and reminders: one a person, tried again where they did not leave, and seen to have failed."""

import smtplib
from unittest import mock

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.urls import reverse

from billing.models import InvoiceMail, ReminderStep
from billing.services import posting, reminders
from billing.today import money_today
from core import posting as core_posting
from core.errors import DomainError
from core.models import Event
from tests.dunning_factories import climb, make_goes_by_itself, make_owed, pay
from tests.factories import make_client
from tests.threads import all_at_once

MINUTE = 60


@pytest.fixture
def invoice(ada, ben):
    invoice = make_owed(ben, ada, due=-1, mailed_at=None)
    make_client("payer", organisation=invoice.organisation, role="payer")
    mail.outbox.clear()  # the invitation
    return invoice


def refused(*addresses):
    """A mail server that does not take mails for these."""
    send = EmailMessage.send

    def send_or_refuse(message, fail_silently=False):
        if message.to[0].split("@")[0] in addresses:
            raise smtplib.SMTPServerDisconnected("Later.")
        return send(message, fail_silently)

    return mock.patch.object(EmailMessage, "send", send_or_refuse)


def sent_to():
    return sorted(message.to[0].split("@")[0] for message in mail.outbox)


def test_what_did_not_leave_is_tried_again_until_it_does(
    client, ada, invoice, settings, django_capture_on_commit_callbacks
):  # fmt: skip
    with refused("ben"), django_capture_on_commit_callbacks(execute=True):
        posting.mail_invoice(invoice=invoice, actor=ada)
    assert sent_to() == ["payer"]
    client.force_login(ada)
    page = client.get(reverse("billing:invoice", args=[invoice.public_id])).content.decode()
    board = client.get(reverse("billing:reminders")).content.decode()
    today = client.get(reverse("outreach:today")).content.decode()
    assert ("tried 1 time " in page, invoice.reference in board) == (True, True)
    assert "1 mail with an invoice did not leave" in today

    posting.post_what_waits()  # too early
    assert sent_to() == ["payer"]
    settings.CLOCK_OFFSET_S = 11 * MINUTE
    posting.post_what_waits()
    posting.post_what_waits()
    assert sent_to() == ["ben", "payer"]
    assert money_today(ada) is None
    invoice.refresh_from_db()
    assert invoice.mailed_at


def test_nobody_is_told_that_it_was_mailed_when_nothing_left(ada, invoice, django_capture_on_commit_callbacks):
    with refused("ben", "payer"), django_capture_on_commit_callbacks(execute=True):
        posting.mail_invoice(invoice=invoice, actor=ada)
    invoice.refresh_from_db()
    assert invoice.mailed_at is None


def test_in_the_end_it_is_given_up_and_stays_visible_until_another_leaves(
    client, ada, invoice, settings, django_capture_on_commit_callbacks
):  # fmt: skip
    with refused("ben"):
        with django_capture_on_commit_callbacks(execute=True):
            posting.mail_invoice(invoice=invoice, actor=ada)
        for days in range(1, 15):
            settings.CLOCK_OFFSET_S = days * 1440 * MINUTE
            posting.post_what_waits()
    row = InvoiceMail.objects.get(address__startswith="ben")
    assert (row.tries, row.is_given_up) == (core_posting.MOST_TRIES, True)
    assert Event.objects.filter(what="invoice.mail_given_up").count() == 1
    client.force_login(ada)
    page = reverse("billing:invoice", args=[invoice.public_id])
    assert "given up" in client.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        posting.mail_invoice(invoice=invoice, actor=ada)
    assert "given up" not in client.get(page).content.decode()
    assert money_today(ada) is None


def test_a_reminder_that_was_paid_before_it_left_is_not_sent_after_all(
    ada, invoice, settings, django_capture_on_commit_callbacks
):  # fmt: skip
    step = climb(invoice)
    with refused("ben"), django_capture_on_commit_callbacks(execute=True):
        reminders.send_step(step=step, actor=ada)
    assert sent_to() == ["payer"]
    pay(invoice, ada)
    settings.CLOCK_OFFSET_S = 11 * MINUTE
    posting.post_what_waits()
    assert sent_to() == ["payer"]
    assert not InvoiceMail.objects.exclude(next_try_at=None).exists()
    assert money_today(ada) is None


def test_a_reminder_whose_document_cannot_be_read_is_not_called_sent(ada, ben, invoice):
    step = climb(invoice)
    invoice.pdf.file.storage.delete(invoice.pdf.file.name)
    with pytest.raises(DomainError, match="cannot be read"):
        reminders.send_step(step=step, actor=ada)
    step.refresh_from_db()
    assert (step.status, InvoiceMail.objects.count()) == ("draft", 0)


def test_one_invoice_that_fails_costs_no_other_its_reminder(ada, ben, invoice, django_capture_on_commit_callbacks):
    make_goes_by_itself()
    lost, sound = make_owed(ben, ada, due=-2), make_owed(ben, ada, due=-1)
    lost.pdf.file.storage.delete(lost.pdf.file.name)
    broken = mock.patch("billing.services.reminders._make", side_effect=fails_for(invoice))
    with broken, django_capture_on_commit_callbacks(execute=True):
        assert reminders.climb_ladder() == 2
    steps = dict(ReminderStep.objects.exclude(status="superseded").values_list("invoice", "status"))
    assert steps == {lost.pk: "draft", sound.pk: "sent"}
    with django_capture_on_commit_callbacks(execute=True):
        assert reminders.climb_ladder() == 1  # an hour later
    assert ReminderStep.objects.get(invoice=invoice, status="sent")


def fails_for(invoice):
    make = reminders._make

    def make_or_fail(one, rung, dropped):
        if one.pk == invoice.pk:
            raise OSError("The disk is full.")
        return make(one, rung, dropped)

    return make_or_fail


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(ada, ben):
    invoice = make_owed(ben, ada, due=-1)
    mail.outbox.clear()
    with mock.patch("billing.services.posting.tasks.post_mails.delay"):
        posting.mail_invoice(invoice=invoice, actor=ada)

    def work():
        try:
            posting.post_mails(invoice_id=invoice.pk)
        finally:
            connection.close()

    all_at_once(4, work)
    assert sent_to() == ["ben"]
