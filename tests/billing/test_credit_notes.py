"""A correction takes back what was asked for, to the coin, and no more."""

import pytest
from django.urls import reverse

from billing import books
from billing.document import InvoiceDocument, invoice_html
from billing.periods import Period
from billing.services import credit_notes, drafting, issuing, payments
from billing.services.settings import retire_tax
from core.errors import DomainError
from core.money import total
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, make_tax, pay
from tests.scope_factories import usd


@pytest.fixture
def engagement(ada, ben):
    return make_signed(ben, ada)


def draft_note(invoice, ada, **fields):
    return credit_notes.draft_credit_note(invoice=invoice, reason="Wrong.", actor=ada, **fields)


def parts(invoice, ada, *amounts):
    """A note for each amount of its only line."""
    notes = []
    for amount in amounts:
        notes.append(issue(draft_note(invoice, ada, amounts={invoice.lines.get().pk: usd(amount)}), ada))
        invoice.refresh_from_db()
    return notes


def test_a_note_drafted_before_the_final_invoice_is_not_issued_after_it(ada, engagement):
    deposit = issue(deposit_of(engagement), ada)
    note = draft_note(deposit, ada)
    with pytest.raises(DomainError, match="Issue or discard “Credit for"):
        drafting.draft_final(engagement=engagement, actor=ada)
    drafting.discard_draft(invoice=note, actor=ada)
    final = issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    note = drafting.restore_draft(invoice=note, actor=ada)
    with pytest.raises(DomainError, match=f"{final.reference} has deducted"):
        issuing.issue_invoice(invoice=note, mail=False, actor=ada)


def test_a_note_for_an_extra_is_not_in_the_final_invoices_way(ada, engagement):
    issue(deposit_of(engagement), ada)
    extra = issue(by_hand(engagement, ada, 50), ada)
    draft_note(extra, ada)
    assert drafting.draft_final(engagement=engagement, actor=ada).due == usd(7000)


def test_a_final_invoice_is_taken_back_whole_with_what_it_deducted(ada, engagement):
    make_tax(ada, is_default=True)
    make_tax(ada, "Second 5 %", 5, is_default=True)
    deposit = issue(deposit_of(engagement), ada)
    part = issue(by_hand(engagement, ada, 1000, agreed=True), ada)
    final = issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    pay(final, final.due.amount, ada)

    note = issue(draft_note(final, ada), ada)

    final.refresh_from_db()
    assert (note.total, note.deducted, note.due) == (-final.total, -final.deducted, -final.due)
    assert (final.status, final.paid, final.balance) == ("credited", usd(0), usd(0))
    assert payments.credit_of(engagement.organisation, "USD") == final.due
    html = invoice_html(InvoiceDocument.of(note))
    assert "No longer deducted: invoice" in html
    assert "Less invoice" not in html
    rows = list(books.invoice_rows(Period(note.issued_on, note.issued_on)))
    gross = [row[9] for row in rows]
    assert sum(gross) == (deposit.due + part.due).amount  # what the client still owes for
    draft_note(deposit, ada)  # nothing deducts it any more
    assert drafting.discard_draft(invoice=deposit.credit_notes.get(), actor=ada)
    assert drafting.draft_final(engagement=engagement, actor=ada).due == final.due


def test_a_final_invoice_that_asked_for_nothing_can_be_corrected(ada, engagement):
    issue(deposit_of(engagement), ada)
    issue(by_hand(engagement, ada, 7000, agreed=True), ada)
    final = issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    assert (final.due, final.status) == (usd(0), "paid")
    note = issue(draft_note(final, ada), ada)
    final.refresh_from_db()
    assert (note.due, final.status) == (usd(0), "credited")
    payments.settle([final], ada)
    assert final.status == "credited"
    assert drafting.draft_final(engagement=engagement, actor=ada).due == usd(0)


def test_a_part_and_then_the_rest_of_a_final_invoice(ada, engagement):
    issue(deposit_of(engagement), ada)
    final = issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    line = final.lines.first()
    issue(draft_note(final, ada, amounts={line.pk: usd(500)}), ada)
    final.refresh_from_db()
    rest = issue(draft_note(final, ada), ada)
    final.refresh_from_db()
    assert (rest.due, final.status, final.credited) == (usd(-6500), "credited", usd(7000))


def test_what_was_written_off_stays_so(ada, engagement):
    issue(deposit_of(engagement), ada)
    final = issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    issuing.write_off(invoice=final, reason="Bankrupt.", actor=ada)
    issue(draft_note(final, ada), ada)
    final.refresh_from_db()
    assert (final.status, final.balance) == ("written_off", usd(0))


@pytest.mark.parametrize(
    ("price", "percent", "halves"),
    [("10.10", 5, ("5.05", "5.05")), ("1.00", 7, ("0.50", "0.50")), ("0.30", 5, ("0.10", "0.10", "0.10"))],
)
def test_parts_take_back_the_tax_to_the_coin(ada, engagement, price, percent, halves):
    make_tax(ada, f"GST {percent} %", percent, is_default=True)
    invoice = issue(by_hand(engagement, ada, price), ada)
    notes = parts(invoice, ada, *halves)
    assert total((note.tax for note in notes), "USD") == -invoice.tax
    assert (invoice.status, invoice.balance) == ("credited", usd(0))


def test_editing_a_note_changes_its_words_alone(ada, client, engagement):
    """Nor does a tax that was retired fall off a draft that carries it; a new line is not offered it."""
    tax = make_tax(ada, is_default=True)
    invoice = by_hand(engagement, ada, 100)
    draft, _number = by_hand(engagement, ada, 100), issue(invoice, ada)
    note = draft_note(invoice, ada)
    retire_tax(rate=tax, actor=ada)
    client.force_login(ada)
    for one, comes_to in ((note, usd(-123)), (draft, usd(123))):
        address = reverse("billing:invoice-edit", args=[one.public_id])
        rows = client.get(address).context["lines"].forms
        fields = {f"lines-0-{name}": value for name, value in rows[0].initial.items()}
        sent = {"title": "Sorry", "due_days": 0, "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 1}
        answer = client.post(address, {**sent, **fields, "lines-0-title": "Not done", "lines-0-unit_price": "100"})
        assert answer.status_code == 302
        one.refresh_from_db()
        assert (one.total, one.title, one.lines.get().title) == (comes_to, "Sorry", "Not done")
        assert tax.public_id in rows[0].rates
        assert all(tax.public_id not in row.rates for row in rows[1:])
