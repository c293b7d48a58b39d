"""A number is spent on a document that exists, and none is left out."""

import contextlib
import datetime as dt
import itertools
import json
import re
from decimal import Decimal
from unittest import mock

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction

from billing.document import InvoiceDocument, invoice_html, invoice_pdf
from billing.models import Invoice, InvoiceLine
from billing.services import credit_notes, drafting, issuing, posting
from core.errors import DomainError, StaleError, TransitionError
from core.models import Event, NumberSeries, StoredFile
from core.pdf import START_UP_S, PdfError
from core.snapshots import sha256_of
from tests.billing_factories import (
    by_hand,
    deposit_of,
    issue,
    make_particulars,
    make_printed,
    make_signed,
    make_tax,
    pay,
    usd,
)
from tests.factories import make_client
from tests.scope_factories import approve, make_order, make_terms, work
from tests.threads import all_at_once


@pytest.fixture
def engagement(ada, ben):
    return make_signed(ben, ada)


def test_issuing_numbers_freezes_and_keeps_what_is_printed(ada, engagement):
    make_printed(ada, legal_name="Lantern Ltd", note="Thank you.")
    make_particulars(engagement.organisation, ada, tax_id="IE 7")
    invoice = issue(deposit_of(engagement), ada)
    year = invoice.issued_on.year
    assert (invoice.status, invoice.reference, invoice.number) == ("issued", f"INV-{year}-0001", 1)
    assert invoice.due_on == invoice.issued_on + dt.timedelta(days=14)
    assert invoice.snapshot_sha256 == sha256_of(invoice.snapshot)
    make_printed(ada, legal_name="Another Ltd")
    make_particulars(engagement.organisation, ada, legal_name="Moved Ltd")
    document = InvoiceDocument.of(invoice)
    assert (document.practice.name, document.client.name, document.client.tax_id) == (
        "Lantern Ltd",
        "Tern and Tide Ltd",
        "IE 7",
    )
    assert (document.agreement, document.pay_to, document.note) == ("P-1", "IBAN XX00 0000", "Thank you.")
    assert Event.objects.get(what="invoice.issued").actor == ada


@pytest.mark.both
def test_what_is_issued_is_frozen_in_the_database_too(ada, engagement):
    invoice = issue(deposit_of(engagement), ada)
    line = InvoiceLine.objects.get(invoice=invoice)
    for change in (
        lambda: Invoice.objects.filter(pk=invoice.pk).update(title="Other"),
        lambda: Invoice.objects.filter(pk=invoice.pk).update(due_on=invoice.issued_on),
        lambda: InvoiceLine.objects.filter(pk=line.pk).update(title="Other"),
        lambda: InvoiceLine.objects.filter(pk=line.pk).delete(),
        lambda: Invoice.objects.filter(pk=invoice.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_whatever_fails_it_is_a_draft_again_and_the_next_is_reached(ada, engagement):
    """Storage is away, the database gives up, the program has a bug: never "being issued" for ever."""
    poisoned, sound = by_hand(engagement, ada, 5), by_hand(engagement, ada, 6)
    for invoice in (poisoned, sound):
        issuing.issue_invoice(invoice=invoice, mail=False, actor=ada)
    store = StoredFile.store

    def away(**fields):
        if next(turn) == 0:
            raise ConnectionError("No route to the bucket.")
        return store(**fields)

    turn = itertools.count()
    with (
        mock.patch("billing.services.issuing.invoice_pdf", return_value=b"%PDF-"),
        mock.patch("billing.services.issuing.StoredFile.store", side_effect=away),
    ):
        issuing.resume_issuing()
    poisoned.refresh_from_db()
    sound.refresh_from_db()
    assert (poisoned.status, poisoned.number, sound.status, sound.number) == ("draft", None, "issued", 1)
    assert "could not be stored" in poisoned.failure
    assert "bucket" not in poisoned.failure
    assert issue(poisoned, ada).number == 2


def test_what_cannot_even_be_given_back_keeps_nobody_waiting(ada, engagement):
    first, second = by_hand(engagement, ada, 5), by_hand(engagement, ada, 6)
    for invoice in (first, second):
        issuing.issue_invoice(invoice=invoice, mail=False, actor=ada)
    finish, seen = issuing.finish_issuing, []

    def lost(*, invoice_id):
        seen.append(invoice_id)
        if len(seen) == 1:
            raise DatabaseError("The connection is gone.")
        finish(invoice_id=invoice_id)

    with (
        mock.patch("billing.services.issuing.invoice_pdf", return_value=b"%PDF-"),
        mock.patch("billing.services.issuing.finish_issuing", side_effect=lost),
    ):
        issuing.resume_issuing()
    second.refresh_from_db()
    assert (seen, second.status) == ([first.pk, second.pk], "issued")


def test_the_drawing_that_others_wait_for_ends_before_they_give_up(ada, engagement):
    limits = []

    def draw(_html, **given):
        limits.append(given["limits"])
        return b"%PDF-"

    invoice = deposit_of(engagement)
    issuing.issue_invoice(invoice=invoice, mail=False, actor=ada)
    with mock.patch("billing.document.render_pdf", side_effect=draw):
        issuing.finish_issuing(invoice_id=invoice.pk)
    _trial, locked = limits
    assert START_UP_S + 2 * locked.seconds < 20  # seconds that SQLite waits for its lock, see config.settings.base


def test_a_document_that_cannot_be_drawn_spends_no_number(ada, engagement):
    invoice = deposit_of(engagement)
    issuing.issue_invoice(invoice=invoice, mail=False, actor=ada)
    with mock.patch("billing.services.issuing.invoice_pdf", side_effect=PdfError("The printer is on fire.")):
        issuing.finish_issuing(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.number, invoice.failure) == ("draft", None, "The printer is on fire.")
    assert not NumberSeries.objects.filter(kind="invoice").exists()
    assert issue(invoice, ada).number == 1


def test_a_failure_after_the_number_was_drawn_gives_it_back(ada, engagement):
    """The trial was fine, the real one was not."""
    invoice = deposit_of(engagement)
    issuing.issue_invoice(invoice=invoice, mail=False, actor=ada)
    with mock.patch("billing.services.issuing.invoice_pdf", side_effect=[b"%PDF-", PdfError("Out of paper.")]):
        issuing.finish_issuing(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.reference, invoice.failure) == ("draft", "", "Out of paper.")
    assert not StoredFile.objects.exists()
    assert issue(invoice, ada).number == 1


@pytest.mark.django_db(transaction=True)
def test_what_fails_after_the_commit_leaves_the_document_where_it_is(ada, engagement):
    invoice = deposit_of(engagement)
    with mock.patch("billing.services.issuing.tasks.finish_issuing.delay"):
        issuing.issue_invoice(invoice=invoice, mail=True, actor=ada)
    with (
        mock.patch("billing.services.issuing.invoice_pdf", return_value=b"%PDF-"),
        mock.patch("billing.services.posting.tasks.post_mails.delay", side_effect=OSError("The post is on strike.")),
        contextlib.suppress(OSError),
    ):
        issuing.finish_issuing(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    assert invoice.status == "issued"
    with invoice.pdf.file.open("rb") as stored:
        assert stored.read() == b"%PDF-"


def test_the_worker_that_comes_second_does_nothing(ada, engagement):
    invoice = issue(deposit_of(engagement), ada)
    issuing.finish_issuing(invoice_id=invoice.pk)
    issuing.resume_issuing()
    assert StoredFile.objects.count() == 1
    with pytest.raises(TransitionError):
        issuing.issue_invoice(invoice=invoice, mail=False, actor=ada)


def test_what_a_lost_worker_left_is_taken_up(ada, engagement):
    invoice = deposit_of(engagement)
    issuing.issue_invoice(invoice=invoice, mail=False, actor=ada)
    with mock.patch("billing.services.issuing.invoice_pdf", return_value=b"%PDF-"):
        issuing.resume_issuing()
    invoice.refresh_from_db()
    assert invoice.status == "issued"


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_five_rolled_back_leave_fifteen_in_a_row(ada, ben):
    """Of ten engagements of five clients, so that it is the series they wait for."""
    people = [ben, *(make_client(f"client{n}") for n in range(4))]
    engagements = [make_signed(person, ada, deposit_percent=0) for person in people for _twice in range(2)]
    drafts = [by_hand(engagements[n % 10], ada, 10 + n) for n in range(20)]
    for draft in drafts:
        issuing.issue_invoice(invoice=draft, mail=False, actor=ada)
    waiting, turn = iter(drafts), itertools.count()
    doomed = {draft.pk for draft in drafts[::4]}

    def settle_or_fail(invoices, actor):
        if invoices[0].pk in doomed:
            raise PdfError("Rolled back on purpose.")

    def worker():
        next(turn)
        try:
            issuing.finish_issuing(invoice_id=next(waiting).pk)
        finally:
            connection.close()

    with (
        mock.patch("billing.services.issuing.invoice_pdf", return_value=b"%PDF-"),
        mock.patch("billing.services.payments.settle", side_effect=settle_or_fail),
    ):
        all_at_once(20, worker)

    numbers = sorted(Invoice.objects.issued().values_list("number", flat=True))
    assert numbers == list(range(1, 16))
    assert Invoice.objects.filter(status="draft", failure="Rolled back on purpose.").count() == 5


def test_a_prefix_that_was_the_other_kinds_is_refused_and_would_not_go_on_counting(ada, engagement):
    first = issue(deposit_of(engagement), ada)
    for wrong in ({"prefix": "R", "credit_prefix": "INV"}, {"prefix": "INV", "credit_prefix": "INV"}):
        with pytest.raises(DomainError, match=r"the other kind|two prefixes"):
            make_printed(ada, **wrong)
    make_printed(ada, prefix="R", credit_prefix="G")
    NumberSeries.objects.create(kind="invoice", scope=f"G-{first.issued_on.year}", last=7)
    other = issue(by_hand(engagement, ada, 5), ada)
    note = issue(credit_notes.draft_credit_note(invoice=other, reason="Wrong.", actor=ada), ada)
    assert (other.reference[:2], note.number) == ("R-", 1)
    with pytest.raises(DomainError, match="the other kind"):
        make_printed(ada, prefix="G", credit_prefix="CN")


def test_each_year_and_each_kind_counts_for_itself(ada, engagement):
    first = issue(deposit_of(engagement), ada)
    with mock.patch("billing.services.issuing.dates.today", return_value=dt.date(first.issued_on.year + 1, 1, 2)):
        second = issue(by_hand(engagement, ada, 5), ada)
    assert (second.number, second.reference[-9:]) == (1, f"{first.issued_on.year + 1}-0001")


def test_a_final_draft_that_no_longer_follows_the_contract_is_not_issued(ada, ben, engagement):
    pay(deposit_of(engagement), 3000, ada)
    issue(deposit_of(engagement), ada)
    engagement.refresh_from_db()
    final = drafting.draft_final(engagement=engagement, actor=ada)
    approve(make_order(engagement, actor=ada, incoming=[work("More", 700)]), actor=ben)
    with pytest.raises(StaleError, match="make it anew"):
        issuing.issue_invoice(invoice=final, mail=False, actor=ada)
    drafting.discard_draft(invoice=final, actor=ada)
    again = issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    assert again.due == usd(7700)


def test_nothing_is_issued_over_nothing(ada, engagement):
    with pytest.raises(DomainError, match="over nothing"):
        issuing.issue_invoice(invoice=by_hand(engagement, ada, 0), mail=False, actor=ada)


def test_the_mail_carries_the_pdf_to_those_who_see_money(ada, ben, engagement, django_capture_on_commit_callbacks):
    payer = make_client("payer", organisation=engagement.organisation, role="payer")
    make_client("reader", organisation=engagement.organisation, role="reader")
    with django_capture_on_commit_callbacks(execute=True):
        invoice = issue(deposit_of(engagement), ada, mail=True)
    assert sorted(one.to[0] for one in mail.outbox) == sorted([ben.email, payer.email])
    message = mail.outbox[0]
    assert invoice.reference in message.subject
    assert "$3,000.00" in message.body
    assert message.attachments[0][0] == f"{invoice.reference}.pdf"
    invoice.refresh_from_db()
    assert invoice.mailed_at is not None
    with pytest.raises(TransitionError, match="Issue it first"):
        posting.mail_invoice(invoice=by_hand(engagement, ada, 5), actor=ada)


def test_where_nobody_sees_money_the_mail_is_refused_before_a_number_is_drawn(ada, ben, engagement):
    engagement.organisation.memberships.all().delete()
    with pytest.raises(DomainError, match="Invite an owner or a payer"):
        issuing.issue_invoice(invoice=deposit_of(engagement), mail=True, actor=ada)


def text_of(invoice):
    html = invoice_html(InvoiceDocument.of(invoice), digest=invoice.snapshot_sha256)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_document_prints_what_a_bookkeeper_needs(ada, ben):
    engagement = make_signed(ben, ada, terms=make_terms(late_fee="Late: 1 % a month."))
    tax = make_tax(ada, is_default=True)
    make_printed(ada, legal_name="Lantern Ltd", tax_id="XX 1")
    make_particulars(engagement.organisation, ada, tax_id="IE 7", po_number="PO-9")
    issue(deposit_of(engagement), ada)
    approve(make_order(engagement, actor=ada, incoming=[work("More", 700)]), actor=ben)
    draft = drafting.draft_final(engagement=engagement, actor=ada)
    period = {"service_from": dt.date(2026, 3, 2), "service_to": dt.date(2026, 4, 17)}
    words = drafting.DraftWords("The rest", po_number="PO-9", due_days=30, **period)
    lines = [drafting.EditedLine(one.pk, one.title, one.unit_price, taxes=[tax]) for one in draft.lines.all()]
    final = issue(drafting.edit_draft(invoice=draft, words=words, lines=lines, actor=ada), ada)
    printed = text_of(final)
    for said in (
        f"Invoice {final.reference}",
        "Lantern Ltd",
        "Tax id XX 1",
        "Tern and Tide Ltd 1 Quay Cork Tax id IE 7",
        "Service period March 2, 2026 – April 17, 2026",
        "Purchase order PO-9",
        "Agreement P-1",
        "Changes CO-1",
        "VAT 23 % $2,461.00",
        "Total $13,161.00",
        "Less invoice",
        "-$3,000.00",
        "To pay $10,161.00",
        "IBAN XX00 0000",
        f"Please quote {final.reference}.",
        "Terms To be paid within 30 days. Fixed bid, version 1, as signed with P-1. Late: 1 % a month.",
        final.snapshot_sha256,
    ):
        assert said in printed, said
    assert json.dumps(final.snapshot)  # plain data

    note = issue(credit_notes.draft_credit_note(invoice=final, reason="Wrong hours.", actor=ada), ada)
    printed = text_of(note)
    for said in (f"Credit note {note.reference}", f"Corrects {final.reference}", "Wrong hours.", "Credit -$10,161.00"):
        assert said in printed, said
    assert "To be paid" not in printed
    assert "IBAN" not in printed


def test_what_was_issued_before_terms_were_printed_is_still_read(ada, engagement):
    snapshot = issue(deposit_of(engagement), ada).snapshot
    del snapshot["terms"]
    assert InvoiceDocument.from_snapshot(snapshot).terms == ""


def test_what_is_frozen_holds_plain_numbers(ada, engagement):
    make_tax(ada, "VAT 20 %", 20, is_default=True)
    lines = [drafting.NewLine(title="Days", unit_price=usd(5), quantity=Decimal("10.00"), unit="d")]
    words = drafting.DraftWords("Days")
    draft = drafting.draft_by_hand(engagement=engagement, words=words, lines=lines, actor=ada)
    snapshot = issue(draft, ada).snapshot
    assert (snapshot["lines"][0]["quantity"], snapshot["taxes"][0]["percent"]) == ("10", "20")


def test_the_pdf_is_drawn(ada, engagement):
    assert invoice_pdf(InvoiceDocument.of(deposit_of(engagement)), draft=True).startswith(b"%PDF-")


def test_writing_off_takes_a_reason_and_leaves_the_number(ada, engagement):
    invoice = issue(deposit_of(engagement), ada)
    with pytest.raises(DomainError, match="Say why"):
        issuing.write_off(invoice=invoice, reason=" ", actor=ada)
    assert issuing.write_off(invoice=invoice, reason="Bankrupt.", actor=ada).status == "written_off"
    with pytest.raises(TransitionError, match="Nothing is owed"):
        issuing.write_off(invoice=invoice, reason="Again.", actor=ada)
