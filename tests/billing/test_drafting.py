"""What is billed comes from what was agreed, once."""

import datetime as dt
from decimal import Decimal

import pytest

from billing.amounts import NewLine
from billing.models import Invoice, TaxRate
from billing.services import credit_notes, drafting
from billing.services.drafting import DraftWords, EditedLine
from billing.services.settings import NewTax, add_tax, retire_tax
from core.errors import DomainError, TransitionError
from core.money import Money
from engagements.models import ProposalRevision, ScopeItem
from engagements.services.work import log_work
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_particulars, make_signed, make_tax, pay
from tests.scope_factories import approve, make_order, usd, work


@pytest.fixture
def engagement(ada, ben):
    return make_signed(ben, ada, payment_plan=[{"when": "Half way", "percent": "40"}])


def running(engagement, ada):
    pay(deposit_of(engagement), 3000, ada)
    engagement.refresh_from_db()
    return engagement


def test_a_part_of_the_plan_is_billed_once(ada, engagement):
    invoice = drafting.draft_instalment(engagement=engagement, index=1, actor=ada)
    assert (invoice.kind, invoice.total) == ("progress", usd(4000))
    with pytest.raises(DomainError, match="on an invoice already"):
        drafting.draft_instalment(engagement=engagement, index=1, actor=ada)
    for index in (0, 2, 9):
        with pytest.raises(DomainError, match="no such part"):
            drafting.draft_instalment(engagement=engagement, index=index, actor=ada)


def test_a_discarded_draft_frees_what_it_billed_and_comes_back_only_alone(ada, engagement):
    first = drafting.draft_instalment(engagement=engagement, index=1, actor=ada)
    drafting.discard_draft(invoice=first, actor=ada)
    second = drafting.draft_instalment(engagement=engagement, index=1, actor=ada)
    with pytest.raises(DomainError, match="already"):
        drafting.restore_draft(invoice=first, actor=ada)
    drafting.discard_draft(invoice=second, actor=ada)
    assert drafting.restore_draft(invoice=first, actor=ada).status == Invoice.Status.DRAFT


def test_an_approved_order_is_billed_once_and_a_draft_of_one_not(ada, ben, engagement):
    running(engagement, ada)
    order = make_order(engagement, actor=ada, incoming=[work("More", 700)])
    with pytest.raises(DomainError, match="approved"):
        drafting.draft_change(change_set=order, actor=ada)
    approve(order, actor=ben)
    invoice = drafting.draft_change(change_set=order, actor=ada)
    assert (invoice.total, invoice.lines.get().agreed_in) == (usd(700), "CO-1")
    with pytest.raises(DomainError, match="already"):
        drafting.draft_change(change_set=order, actor=ada)


def test_milestones_are_what_was_accepted(ada, engagement):
    first, second = engagement.items.all()[:2]
    ScopeItem.objects.filter(pk=first.pk).update(status="accepted")
    with pytest.raises(DomainError, match="not accepted"):
        drafting.draft_items(engagement=engagement, items=[first, second], actor=ada)
    assert drafting.draft_items(engagement=engagement, items=[first], actor=ada).total == usd(4000)
    with pytest.raises(DomainError, match="already"):
        drafting.draft_items(engagement=engagement, items=[first], actor=ada)
    with pytest.raises(DomainError, match="Choose"):
        drafting.draft_items(engagement=engagement, items=[], actor=ada)


def test_the_final_one_is_the_contract_less_everything_asked_for(ada, ben, engagement):
    make_tax(ada, is_default=True)
    running(engagement, ada)
    issue(deposit_of(engagement), ada)
    part = issue(drafting.draft_instalment(engagement=engagement, index=1, actor=ada), ada)
    order = approve(make_order(engagement, actor=ada, incoming=[work("More", 700)]), actor=ben)

    final = drafting.draft_final(engagement=engagement, actor=ada)

    assert order.status == "approved"
    assert (final.net, final.tax) == (usd(10_700), usd(2461))
    assert final.deducted == usd(3000) + part.total  # the deposit was drafted before there was a tax
    assert final.due == final.total - final.deducted
    assert {line.agreed_in for line in final.lines.all()} == {"P-1", "CO-1"}
    with pytest.raises(DomainError, match="Issue or discard"):
        drafting.draft_final(engagement=engagement, actor=ada)


def test_a_final_one_waits_for_open_drafts_and_never_asks_below_zero(ada, ben, engagement):
    running(engagement, ada)
    with pytest.raises(DomainError, match="Issue or discard"):
        drafting.draft_final(engagement=engagement, actor=ada)
    issue(deposit_of(engagement), ada)
    issue(by_hand(engagement, ada, 7000, agreed=True), ada)
    approve(make_order(engagement, actor=ada, out=[engagement.items.get(title="Item 3")]), actor=ben)
    with pytest.raises(DomainError, match=r"\$2,000\.00 more were invoiced"):
        drafting.draft_final(engagement=engagement, actor=ada)
    assert not Invoice.objects.filter(kind="final").exists()


def test_logged_time_is_billed_by_the_hour_up_to_the_cap(ada, ben):
    engagement = make_signed(
        ben,
        ada,
        kind=ProposalRevision.Kind.CAPPED_TIME,
        rate=usd(100),
        cap=usd(1000),
        deposit_percent=0,
    )
    item = engagement.items.first()
    today = dates.today()
    log_work(engagement=engagement, actor=ada, on=today, minutes=390, item=item, note="")
    first = drafting.draft_hours(engagement=engagement, until=today, actor=ada)
    line = first.lines.get()
    assert (line.quantity, line.unit, first.total) == (Decimal("6.5"), "h", usd(650))
    with pytest.raises(DomainError, match="no logged time"):
        drafting.draft_hours(engagement=engagement, until=today, actor=ada)

    log_work(engagement=engagement, actor=ada, on=today - dt.timedelta(days=3), minutes=600, item=None, note="late")
    assert drafting.draft_hours(engagement=engagement, until=today, actor=ada).total == usd(350)  # the cap's rest
    log_work(engagement=engagement, actor=ada, on=today, minutes=60, item=None, note="")
    with pytest.raises(DomainError, match="cap is reached"):
        drafting.draft_hours(engagement=engagement, until=today, actor=ada)


def test_several_taxes_each_rounded_on_its_line(ada, ben):
    gst, pst = make_tax(ada, "GST 5 %", 5, is_default=True), make_tax(ada, "PST 7 %", 7, is_default=True)
    engagement = make_signed(ben, ada, deposit_percent=0)
    invoice = by_hand(engagement, ada, "10.10", "10.10")
    assert invoice.tax == usd("2.44")  # 0.505 → 0.51 and 0.707 → 0.71, twice
    retire_tax(rate=pst, actor=ada)
    assert [rate.name for rate in drafting.taxes_for(engagement.organisation)] == [gst.name]
    assert {tax.name for line in invoice.lines.all() for tax in line.taxes.all()} == {"GST 5 %", "PST 7 %"}


def test_a_client_with_taxes_of_its_own(ada, ben):
    make_tax(ada, is_default=True)
    reverse = add_tax(tax=NewTax("Reverse charge", kind=TaxRate.Kind.REVERSE_CHARGE, note="Article 196."), actor=ada)
    engagement = make_signed(ben, ada, deposit_percent=0)
    make_particulars(engagement.organisation, ada, has_own_taxes=True, taxes=(reverse,), due_days=30, po_number="PO-9")
    invoice = by_hand(engagement, ada, 100)
    assert (invoice.tax, [tax.note for tax in invoice.lines.get().taxes.all()]) == (usd(0), ["Article 196."])
    make_particulars(engagement.organisation, ada, has_own_taxes=True, taxes=())
    assert not by_hand(engagement, ada, 100).lines.get().taxes.exists()


def test_editing_keeps_what_was_agreed(ada, engagement):
    invoice = deposit_of(engagement)
    line = invoice.lines.get()
    sent = EditedLine(pk=line.pk, title="Deposit, please", unit_price=usd(1), quantity=Decimal(9))
    edited = drafting.edit_draft(invoice=invoice, words=DraftWords("Deposit", "PO-1"), lines=[sent], actor=ada)
    assert (edited.total, edited.po_number, edited.lines.get().title) == (usd(3000), "PO-1", "Deposit, please")
    with pytest.raises(DomainError, match="follow the agreement"):
        drafting.edit_draft(invoice=invoice, words=DraftWords("Deposit"), lines=[], actor=ada)


def test_the_final_one_deducts_what_billed_the_contract_and_no_extras(ada, engagement):
    running(engagement, ada)
    issue(deposit_of(engagement), ada)
    extra = issue(by_hand(engagement, ada, 575), ada)
    part = issue(by_hand(engagement, ada, 1000, 500, agreed=True), ada)
    issue(credit_notes.draft_credit_note(invoice=extra, reason="Half of it.", actor=ada), ada)
    first = part.lines.first()
    less = {first.pk: usd(100)}
    issue(credit_notes.draft_credit_note(invoice=part, reason="A bit.", amounts=less, actor=ada), ada)
    final = drafting.draft_final(engagement=engagement, actor=ada)
    assert {one.earlier.title: one.total for one in final.deductions.all()} == {
        deposit_of(engagement).title: usd(3000),
        part.title: usd(1400),
    }


def test_what_a_draft_cannot_say(ada, engagement):
    invoice = by_hand(engagement, ada, 100)
    below = EditedLine(pk=None, title="Less", unit_price=usd(-5))
    today = dates.today()
    wrong = DraftWords("Later", service_from=today, service_to=today - dt.timedelta(days=1))
    for words, lines, said in (
        (DraftWords("T"), [below], "credit note"),
        (DraftWords("T"), [], "needs a line"),
        (DraftWords(" "), [EditedLine(None, "X", usd(1))], "title"),
        (wrong, [EditedLine(None, "X", usd(1))], "ends before"),
    ):
        with pytest.raises(DomainError, match=said):
            drafting.edit_draft(invoice=invoice, words=words, lines=lines, actor=ada)
    invoice.refresh_from_db()
    assert invoice.total == usd(100)
    issue(invoice, ada)
    with pytest.raises(TransitionError, match="no longer be changed"):
        drafting.edit_draft(invoice=invoice, words=DraftWords("T"), lines=[], actor=ada)


@pytest.mark.parametrize(("currency", "price", "parts"), [("JPY", "100001", 3), ("KWD", "100.001", 3)])
def test_the_parts_of_a_contract_equal_the_whole(ada, ben, currency, price, parts):
    plan = [{"when": "Half way", "percent": "33"}]
    engagement = make_signed(ben, ada, currency=currency, prices=(price,), deposit_percent=33, payment_plan=plan)
    whole = Money(price, currency)
    pay(deposit_of(engagement), deposit_of(engagement).due.amount, ada)
    issue(deposit_of(engagement), ada)
    issue(drafting.draft_instalment(engagement=engagement, index=1, actor=ada), ada)
    issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    asked = [one.due for one in Invoice.objects.issued()]
    assert (len(asked), sum(one.amount for one in asked)) == (parts, whole.amount)


def test_what_no_column_holds_is_refused_in_words(ada, engagement):
    words = DraftWords("Huge")
    almost = usd("999999999999.99")
    for lines in (
        [NewLine("Line", almost, quantity=Decimal(9_999_999))],
        [NewLine("Line", almost), NewLine("Line", almost)],
        [NewLine("Line", almost, taxes=(make_tax(ada),))],
    ):
        with pytest.raises(DomainError, match="million millions"):
            drafting.draft_by_hand(engagement=engagement, words=words, lines=lines, actor=ada)


def test_undo_is_not_taken_for_billing_twice(ada, ben):
    """What any number of invoices may bill, and credit notes of different invoices, are no twins of one another."""
    engagement = make_signed(ben, ada, deposit_percent=0)
    first, second = by_hand(engagement, ada, 100, agreed=True), by_hand(engagement, ada, 50, agreed=True)
    drafting.discard_draft(invoice=second, actor=ada)
    assert drafting.restore_draft(invoice=second, actor=ada).status == "draft"
    for invoice in (first, second):
        issue(invoice, ada)
    noted = credit_notes.draft_credit_note(invoice=first, reason="Wrong.", actor=ada)
    drafting.discard_draft(invoice=noted, actor=ada)
    credit_notes.draft_credit_note(invoice=second, reason="Wrong too.", actor=ada)
    assert drafting.restore_draft(invoice=noted, actor=ada).status == "draft"


def test_a_credit_note_does_not_come_back_beside_another(ada, ben):
    invoice = issue(by_hand(make_signed(ben, ada), ada, 100), ada)
    line = invoice.lines.get()
    first = credit_notes.draft_credit_note(invoice=invoice, reason="Wrong.", amounts={line.pk: usd(60)}, actor=ada)
    drafting.discard_draft(invoice=first, actor=ada)
    second = credit_notes.draft_credit_note(invoice=invoice, reason="Wrong.", amounts={line.pk: usd(60)}, actor=ada)
    for _waiting_then_issued in range(2):
        with pytest.raises(DomainError, match="Write this one anew"):
            drafting.restore_draft(invoice=first, actor=ada)
        if second.status == "draft":
            issue(second, ada)
