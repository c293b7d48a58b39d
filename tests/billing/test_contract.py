"""No more is billed than was agreed, whichever way it is asked for."""

import pytest

from billing import contract, queries
from billing.models import Invoice
from billing.services import credit_notes, drafting, issuing
from core.errors import DomainError
from core.money import Money, total
from engagements.models import Engagement, ProposalRevision, ScopeItem
from engagements.services.work import log_work
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, pay
from tests.scope_factories import approve, make_order, usd, work

PLAN = [{"when": "Half way", "percent": "40"}]


def running(ben, ada, **fields):
    engagement = make_signed(ben, ada, **fields)
    pay(deposit_of(engagement), deposit_of(engagement).due.amount, ada)
    issue(deposit_of(engagement), ada)
    return Engagement.objects.get(pk=engagement.pk)


@pytest.fixture
def engagement(ada, ben):
    return running(ben, ada, payment_plan=PLAN)


@pytest.fixture
def by_the_hour(ada, ben):
    """At 100 an hour up to 1,000, of which 200 were paid on signing."""
    kind = ProposalRevision.Kind.CAPPED_TIME
    return running(ben, ada, kind=kind, rate=usd(100), cap=usd(1000), deposit_percent=20, prices=("1000",))


def accept_all(engagement):
    engagement.items.update(status=ScopeItem.Status.ACCEPTED)
    return list(engagement.items.all())


def log(engagement, ada, hours):
    log_work(engagement=engagement, actor=ada, on=dates.today(), minutes=hours * 60, item=None, note="")


def asked_for(engagement):
    return total((one.due for one in engagement.invoices.issued()), engagement.currency)


def drafts_of_the_contract(engagement, order, ada):
    return [
        lambda: drafting.draft_instalment(engagement=engagement, index=1, actor=ada),
        lambda: drafting.draft_items(engagement=engagement, items=accept_all(engagement)[:1], actor=ada),
        lambda: drafting.draft_change(change_set=order, actor=ada),
        lambda: by_hand(engagement, ada, 5, agreed=True),
    ]


def test_after_the_final_invoice_nothing_of_the_contract_is_billed_again(ada, ben, engagement):
    order = approve(make_order(engagement, actor=ada, incoming=[work("More", 700)]), actor=ben)
    waiting = drafting.draft_instalment(engagement=engagement, index=1, actor=ada)
    drafting.discard_draft(invoice=waiting, actor=ada)
    final = drafting.draft_final(engagement=engagement, actor=ada)
    for _turn in ("while it is a draft", "once it is issued"):
        for draft in drafts_of_the_contract(engagement, order, ada):
            with pytest.raises(DomainError, match="all that is left"):
                draft()
        with pytest.raises(DomainError, match="all that is left"):
            drafting.restore_draft(invoice=waiting, actor=ada)
        if final.status == "draft":
            issue(final, ada)
    assert asked_for(engagement) == usd(10_700)
    assert by_hand(engagement, ada, 5).total == usd(5)  # what is beside the contract goes on
    shown = [row for row in queries.project_money(engagement).rows if not row.on]
    assert shown == []


def test_a_draft_that_was_there_before_the_final_one_is_not_issued_after_it(ada, engagement):
    """As an older version could leave it."""
    draft = drafting.draft_instalment(engagement=engagement, index=1, actor=ada)
    Invoice.objects.filter(pk=draft.pk).update(status="discarded")
    issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    Invoice.objects.filter(pk=draft.pk).update(status="draft")
    with pytest.raises(DomainError, match="all that is left"):
        issuing.issue_invoice(invoice=draft, mail=False, actor=ada)


def test_an_order_approved_after_the_final_invoice_is_billed_by_itself(ada, ben, engagement):
    issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    order = approve(make_order(engagement, actor=ada, incoming=[work("Later", 700)]), actor=ben)
    rows = [row.what for row in queries.project_money(engagement).rows if not row.on]
    assert rows == [f"change:{order.pk}"]
    issue(drafting.draft_change(change_set=order, actor=ada), ada)
    assert asked_for(engagement) == usd(10_700)


def test_a_final_one_that_was_credited_whole_makes_room_again(ada, engagement):
    final = issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    issue(credit_notes.draft_credit_note(invoice=final, reason="Wrong.", actor=ada), ada)
    issue(drafting.draft_instalment(engagement=engagement, index=1, actor=ada), ada)
    issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    assert asked_for(engagement) == usd(10_000)


def test_an_order_and_its_accepted_item_are_one_thing(ada, ben):
    engagement = running(ben, ada)
    order = approve(make_order(engagement, actor=ada, incoming=[work("More", 700)]), actor=ben)
    items = accept_all(engagement)
    drafting.draft_items(engagement=engagement, items=items[:2], actor=ada)
    drafting.draft_change(change_set=order, actor=ada)  # 3000 + 7000 + 700 = 10,700
    with pytest.raises(DomainError, match=r"\$700\.00 more than is left"):
        drafting.draft_items(engagement=engagement, items=[items[4]], actor=ada)


def test_deposit_and_milestones_stop_at_the_contract(ada, ben):
    engagement = running(ben, ada)
    items = accept_all(engagement)
    first = drafting.draft_items(engagement=engagement, items=items[:2], actor=ada)
    rows = {row.title: row for row in queries.project_money(engagement).rows}
    assert not rows["Item 3"].is_ready
    assert "More than is left" in rows["Item 3"].note
    with pytest.raises(DomainError, match=r"\$2,000\.00 more than is left"):
        drafting.draft_items(engagement=engagement, items=[items[2]], actor=ada)
    drafting.discard_draft(invoice=first, actor=ada)
    drafting.draft_items(engagement=engagement, items=items[2:], actor=ada)
    with pytest.raises(DomainError, match=r"\$3,000\.00 more than is left"):
        drafting.restore_draft(invoice=first, actor=ada)


def test_what_the_contract_lost_meanwhile_is_not_issued(ada, ben, engagement):
    draft = by_hand(engagement, ada, 7000, agreed=True)
    line = draft.lines.get()
    more = drafting.EditedLine(pk=line.pk, title="More", unit_price=usd(7001))
    with pytest.raises(DomainError, match=r"\$1\.00 more than is left"):
        drafting.edit_draft(invoice=draft, words=drafting.DraftWords("More"), lines=[more], actor=ada)
    approve(make_order(engagement, actor=ada, out=[engagement.items.get(title="Item 3")]), actor=ben)
    with pytest.raises(DomainError, match=r"\$2,000\.00 more than is left"):
        issuing.issue_invoice(invoice=draft, mail=False, actor=ada)


def test_a_discarded_deposit_is_not_asked_for_once_the_contract_is_billed(ada, ben):
    engagement = make_signed(ben, ada)
    deposit = deposit_of(engagement)
    drafting.discard_draft(invoice=deposit, actor=ada)
    by_hand(engagement, ada, 7001, agreed=True)
    for ask in (
        lambda: drafting.draft_deposit(acceptance=engagement.acceptance, engagement=engagement, actor=ada),
        lambda: drafting.restore_draft(invoice=deposit, actor=ada),
    ):
        with pytest.raises(DomainError, match=r"\$1\.00 more than is left"):
            ask()


def test_hours_and_the_deposit_together_stay_below_the_cap(ada, by_the_hour):
    log(by_the_hour, ada, 20)
    assert issue(drafting.draft_hours(engagement=by_the_hour, until=dates.today(), actor=ada), ada).due == usd(800)
    with pytest.raises(DomainError, match="cap is reached"):
        drafting.draft_hours(engagement=by_the_hour, until=dates.today(), actor=ada)
    final = issue(drafting.draft_final(engagement=by_the_hour, actor=ada), ada)
    assert (final.net, final.deducted, final.due, final.status) == (usd(200), usd(200), usd(0), "paid")
    assert asked_for(by_the_hour) == usd(1000)


def test_the_last_hours_deduct_what_was_paid_ahead(ada, ben, by_the_hour):
    log(by_the_hour, ada, 3)
    issue(drafting.draft_hours(engagement=by_the_hour, until=dates.today(), actor=ada), ada)
    order = approve(make_order(by_the_hour, actor=ada, incoming=[work("More", 700)]), actor=ben)
    log(by_the_hour, ada, 4)
    final = issue(drafting.draft_final(engagement=by_the_hour, actor=ada), ada)
    assert (final.net, final.due) == (usd(1100), usd(900))
    assert asked_for(by_the_hour) == usd(1400)  # seven hours and the order
    log(by_the_hour, ada, 1)
    for draft in (
        lambda: drafting.draft_hours(engagement=by_the_hour, until=dates.today(), actor=ada),
        lambda: drafting.draft_change(change_set=order, actor=ada),
    ):
        with pytest.raises(DomainError, match=r"already|all that is left"):
            draft()


def test_a_final_one_by_the_hour_holds_every_hour_of_its_day(ada, by_the_hour):
    log(by_the_hour, ada, 3)
    final = drafting.draft_final(engagement=by_the_hour, actor=ada)
    assert final.service_to == dates.today()
    log(by_the_hour, ada, 1)
    with pytest.raises(DomainError, match="make it anew"):
        issuing.issue_invoice(invoice=final, mail=False, actor=ada)


def test_where_all_hours_are_billed_the_deposit_goes_back_by_a_credit_note(ada, by_the_hour):
    log(by_the_hour, ada, 5)
    issue(drafting.draft_hours(engagement=by_the_hour, until=dates.today(), actor=ada), ada)
    with pytest.raises(DomainError, match="goes back by a credit note"):
        drafting.draft_final(engagement=by_the_hour, actor=ada)
    issue(credit_notes.draft_credit_note(invoice=deposit_of(by_the_hour), reason="Not used.", actor=ada), ada)
    assert asked_for(by_the_hour) == usd(500)


def test_the_page_of_time_offers_what_the_cap_leaves_and_a_final_invoice(ada, by_the_hour):
    log(by_the_hour, ada, 20)
    rows = {row.what: row for row in queries.project_money(by_the_hour).rows}
    assert (rows["hours"].amount, rows["final"].is_ready) == (usd(800), True)


def test_what_is_billed_of_a_contract_leaves_out_what_was_taken_back(ada, engagement):
    part = issue(drafting.draft_instalment(engagement=engagement, index=1, actor=ada), ada)
    some = {part.lines.get().pk: usd(1500)}
    issue(credit_notes.draft_credit_note(invoice=part, reason="Less.", amounts=some, actor=ada), ada)
    by_hand(engagement, ada, 99)
    invoices = contract.invoices_of(engagement)
    assert contract.billed(invoices, "USD") == usd(5500)
    assert contract.room(engagement, invoices) == Money(4500, "USD")


def test_hours_that_were_logged_since_come_back_beside_those_billed_before(ada, by_the_hour):
    log(by_the_hour, ada, 2)
    issue(drafting.draft_hours(engagement=by_the_hour, until=dates.today(), actor=ada), ada)
    log(by_the_hour, ada, 3)
    draft = drafting.draft_hours(engagement=by_the_hour, until=dates.today(), actor=ada)
    drafting.discard_draft(invoice=draft, actor=ada)
    assert drafting.restore_draft(invoice=draft, actor=ada).status == "draft"
    drafting.discard_draft(invoice=draft, actor=ada)
    drafting.draft_hours(engagement=by_the_hour, until=dates.today(), actor=ada)
    with pytest.raises(DomainError, match="draft the hours anew"):
        drafting.restore_draft(invoice=draft, actor=ada)
