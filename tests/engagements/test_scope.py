"""Trades, change orders, the ledger and the gate: what may move, and what never does."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError

from core import triggers
from core.errors import DomainError, NotAllowedError, StaleError, TransitionError
from core.models import Event, Membership
from core.money import Money
from engagements.ledger_queries import contract_value, item_values, trade_balance, value_over_time
from engagements.models import ChangeSet, Engagement, ScopeEntry, ScopeItem
from engagements.services import changes, deposits, items, ledger
from engagements.services import engagements as service
from outreach import dates
from tests.scope_factories import (
    approve,
    make_engagement,
    make_member,
    make_order,
    make_trade,
    signature,
    usd,
    work,
)

Status = ScopeItem.Status


@pytest.fixture
def engagement(ada, ben):
    return make_engagement(ben, owner=ada)


@pytest.fixture
def four(engagement):
    return list(engagement.items.all())


def deliver(item, actor):
    items.start_item(item=item, actor=actor)
    items.hand_over(item=item, handover=items.Handover(title="Done", note="See the runbook."), actor=actor)


def test_signing_writes_the_baseline_and_waits_for_the_deposit(ada, ben):
    engagement = make_engagement(ben, owner=ada, cleared=False)

    assert engagement.status == Engagement.Status.AWAITING_DEPOSIT
    assert contract_value(engagement) == usd(10_000)
    assert engagement.deposit_required == usd(3_000)
    assert [row.kind for row in engagement.ledger.all()] == ["base"] * 4
    assert not engagement.is_gate_open


def test_no_deposit_is_an_explicit_waiver(ada, ben):
    engagement = make_engagement(ben, owner=ada, cleared=False, deposit_percent=0)

    assert engagement.status == Engagement.Status.ACTIVE
    assert engagement.deposit_waived_reason == "The agreement asks for no deposit."


def test_no_item_starts_and_nothing_is_handed_over_before_the_deposit_cleared(ada, ben):
    engagement = make_engagement(ben, owner=ada, cleared=False)
    item = engagement.items.first()

    with pytest.raises(TransitionError, match=r"\$3,000\.00 of the deposit have not cleared"):
        items.start_item(item=item, actor=ada)
    with pytest.raises(TransitionError, match="not cleared"):
        items.hand_over(item=item, handover=items.Handover(title="x", note="y"), actor=ada)

    deposits.set_deposit_cleared(engagement=engagement, cleared=usd("2999.99"), actor=ada)
    with pytest.raises(TransitionError, match=r"\$0\.01"):
        items.start_item(item=item, actor=ada)
    engagement = deposits.set_deposit_cleared(engagement=engagement, cleared=usd(3000), actor=ada)
    assert engagement.status == Engagement.Status.ACTIVE
    assert items.start_item(item=item, actor=ada).status == Status.IN_PROGRESS


def test_a_reversal_closes_the_gate_and_leaves_an_alert(engagement, ada, four):
    deposits.set_deposit_cleared(engagement=engagement, cleared=usd(0), actor=ada)

    assert Event.objects.filter(what="deposit.reversed").exists()
    with pytest.raises(TransitionError, match="not cleared"):
        items.start_item(item=four[0], actor=ada)


def test_the_gate_opens_for_a_reason_and_only_with_one(ada, ben):
    engagement = make_engagement(ben, owner=ada, cleared=False)
    with pytest.raises(DomainError, match="Say why"):
        deposits.override_gate(engagement=engagement, reason=" ", actor=ada)

    engagement = deposits.override_gate(engagement=engagement, reason="They pay on Friday.", actor=ada)

    assert engagement.status == Engagement.Status.ACTIVE
    with pytest.raises(TransitionError, match="open already"):
        deposits.override_gate(engagement=engagement, reason="Again", actor=ada)


def test_one_click_of_the_client_completes_a_level_trade(engagement, four, ada, ben):
    trade = make_trade(engagement, actor=ada, out=[four[1]], incoming=[work("Logs in one place", 3000)])

    approve(trade, actor=ben)

    four[1].refresh_from_db()
    assert four[1].status == Status.TRADED_OUT
    assert contract_value(engagement) == usd(10_000)
    assert trade_balance(engagement) == usd(0)
    assert engagement.items.filter(title="Logs in one place", is_original=False, status="planned").exists()
    kinds = ["base"] * 4 + ["trade_out", "trade_in"]
    assert [row.kind for row in engagement.ledger.order_by("position")] == kinds
    assert trade.reference == "T-1"


def test_a_trade_off_level_is_refused_and_becomes_an_order_for_the_difference(engagement, four, ada, ben):
    trade = make_trade(engagement, actor=ada, out=[four[1]], incoming=[work("More", 3500)], offered=False)
    with pytest.raises(DomainError, match=r"off level by \$500\.00"):
        changes.offer_change(change_set=trade, actor=ada)

    order = changes.offer_change(change_set=changes.make_order(change_set=trade, actor=ada), actor=ada)

    assert order.reference == "CO-1"
    with pytest.raises(DomainError, match="Type your name"):
        approve(order, actor=ben, signed=signature(" "))
    approve(order, actor=ben)
    assert contract_value(engagement) == usd(10_500)
    assert [step.value for step in value_over_time(engagement)] == [usd(10_000), usd(10_500)]


def test_the_tolerance_that_was_agreed_lets_a_trade_be_a_little_off(ada, ben):
    engagement = make_engagement(ben, owner=ada, trade_tolerance=usd(100))
    item = engagement.items.first()

    approve(make_trade(engagement, actor=ada, out=[item], incoming=[work("A", "4099.99")]), actor=ben)

    assert trade_balance(engagement) == usd("99.99")
    assert contract_value(engagement) == usd("10099.99")


def test_only_an_owner_approves_and_nobody_of_another_client(engagement, four, ada, ben, cleo):
    trade = make_trade(engagement, actor=ada, out=[four[0]], incoming=[work("A", 4000)])
    payer = make_member(engagement.organisation, "pam", Membership.Role.PAYER)
    reader = make_member(engagement.organisation, "rick")

    for person in (ada, cleo, payer, reader):
        with pytest.raises(NotAllowedError):
            approve(trade, actor=person)
    approve(trade, actor=ben)


def test_nobody_acts_where_the_project_is_shown_for_reading_only(engagement, four, ada, ben):
    trade = make_trade(engagement, actor=ada, out=[four[0]], incoming=[work("A", 4000)])
    service.set_visibility(engagement=engagement, visibility=Engagement.Visibility.READ_ONLY, actor=ada)

    with pytest.raises(NotAllowedError, match="reading only"):
        approve(trade, actor=ben)


def test_an_item_delivered_a_second_ago_does_not_leave(engagement, four, ada, ben):
    trade = make_trade(engagement, actor=ada, out=[four[0]], incoming=[work("A", 4000)])
    deliver(four[0], ada)

    with pytest.raises(StaleError, match="is delivered by now"):
        approve(trade, actor=ben)

    trade.refresh_from_db()
    assert trade.status == ChangeSet.Status.OFFERED
    assert engagement.ledger.count() == 4


def test_a_delivered_item_cannot_even_be_offered(engagement, four, ada):
    deliver(four[0], ada)

    with pytest.raises(TransitionError, match="can no longer go out"):
        make_trade(engagement, actor=ada, out=[four[0]], incoming=[work("A", 4000)])


def test_two_offers_for_the_same_item_the_second_approval_is_stale(engagement, four, ada, ben):
    first = make_trade(engagement, actor=ada, out=[four[0]], incoming=[work("A", 4000)])
    second = make_order(engagement, actor=ada, out=[four[0]], incoming=[work("B", 9000)])

    approve(second, actor=ben)

    with pytest.raises(StaleError, match="removed by now"):
        approve(first, actor=ben)


def test_two_orders_may_be_approved_in_the_opposite_order_of_their_offer(engagement, ada, ben):
    first = make_order(engagement, actor=ada, incoming=[work("A", 100)], days_change=3)
    second = make_order(engagement, actor=ada, incoming=[work("B", 250)], days_change=4)

    approve(second, actor=ben)
    approve(first, actor=ben)

    assert contract_value(engagement) == usd(10_350)
    assert [step.reference for step in value_over_time(engagement)] == ["B-1", "CO-2", "CO-1"]


def test_an_order_moves_the_finish_and_only_when_approved(ada, ben):
    day = dt.date(2026, 12, 1)
    engagement = make_engagement(ben, owner=ada, finishes_on=day)
    order = make_order(engagement, actor=ada, incoming=[work("A", 100)], days_change=9)
    engagement.refresh_from_db()
    assert engagement.finishes_on == day

    approve(order, actor=ben)

    engagement.refresh_from_db()
    assert (engagement.finishes_on, engagement.promised_on) == (day + dt.timedelta(days=9), day)


def test_the_second_click_changes_nothing(engagement, four, ada, ben):
    trade = make_trade(engagement, actor=ada, out=[four[0]], incoming=[work("A", 4000)])
    approve(trade, actor=ben)

    assert approve(trade, actor=ben).status == ChangeSet.Status.APPROVED
    assert engagement.ledger.count() == 6


def test_what_was_read_must_be_what_is_stored(engagement, four, ada, ben):
    trade = make_trade(engagement, actor=ada, out=[four[0]], incoming=[work("A", 4000)])

    with pytest.raises(StaleError, match="newer version"):
        changes.approve_change(change_set=trade, seen_sha256="0" * 64, signature=None, actor=ben)


def test_an_offer_past_its_day_is_refused_and_swept(engagement, ada, ben, settings):
    order = make_order(engagement, actor=ada, incoming=[work("A", 100)], valid_until=dates.today())
    settings.CLOCK_OFFSET_S = 2 * 86_400

    with pytest.raises(TransitionError, match="expired"):
        approve(order, actor=ben)
    assert changes.expire_changes() == 1
    assert changes.expire_changes() == 0
    order.refresh_from_db()
    assert order.status == ChangeSet.Status.EXPIRED


def test_a_trade_has_two_sides_and_takes_original_items_alone(engagement, four, ada, ben):
    with pytest.raises(DomainError, match="two sides"):
        make_trade(engagement, actor=ada, out=[four[0]], incoming=[])
    approve(make_order(engagement, actor=ada, incoming=[work("Later", 500)]), actor=ben)
    later = engagement.items.get(title="Later")
    with pytest.raises(DomainError, match="came later"):
        make_trade(engagement, actor=ada, out=[later], incoming=[work("A", 500)])


def test_rejecting_wants_a_reason_and_leaves_the_ledger_alone(engagement, ada, ben):
    order = make_order(engagement, actor=ada, incoming=[work("A", 100)])
    with pytest.raises(DomainError, match="few words"):
        changes.reject_change(change_set=order, reason="", actor=ben)

    assert changes.reject_change(change_set=order, reason="Not now.", actor=ben).status == ChangeSet.Status.REJECTED

    assert engagement.ledger.count() == 4
    with pytest.raises(TransitionError, match="CO-1 is rejected"):
        approve(order, actor=ben)


def test_yen_and_dinar_trade_to_their_own_smallest_coin(ada, ben, cleo):
    yen = make_engagement(ben, owner=ada, currency="JPY", prices=("300", "200"), deposit_percent=33)
    dinar = make_engagement(cleo, owner=ada, currency="KWD", prices=("1.001", "2.002"), deposit_percent=50)

    assert yen.deposit_required == Money(165, "JPY")
    assert dinar.deposit_required == Money("1.502", "KWD")
    swap = make_trade(dinar, actor=ada, out=[dinar.items.first()], incoming=[work("A", "1.001", currency="KWD")])
    approve(swap, actor=cleo)
    assert contract_value(dinar) == Money("3.003", "KWD")


def test_a_wish_is_answered_with_a_trade_or_with_words(engagement, four, ada, ben, cleo):
    with pytest.raises(NotAllowedError):
        changes.wish_swap(engagement=engagement, body="More!", actor=cleo)
    wish = changes.wish_swap(engagement=engagement, body="Skip item 2, rather alarms.", actor=ben)
    with pytest.raises(DomainError, match="Say why"):
        changes.answer_wish(wish=wish, change_set=None, refusal="", actor=ada)

    changes.answer_wish(wish=wish, change_set=None, refusal="Item 2 is half done.", actor=ada)

    wish.refresh_from_db()
    assert wish.answered_at


def test_a_delivery_is_accepted_sent_back_or_deemed_accepted(engagement, four, ada, ben, settings):
    first, second, third, _fourth = four
    for item in (first, second, third):
        deliver(item, ada)
    items.accept_item(item=first, actor=ben)
    with pytest.raises(DomainError, match="what is missing"):
        items.send_back(item=second, reason="", actor=ben)
    items.send_back(item=second, reason="The alarm is silent.", actor=ben)
    assert items.deem_accepted() == 0

    settings.CLOCK_OFFSET_S = 3 * 86_400
    assert items.waiting_for_a_reminder() == [third]
    settings.CLOCK_OFFSET_S = 6 * 86_400
    assert items.deem_accepted() == 1
    assert items.deem_accepted() == 0

    states = {item.title: (item.status, item.is_deemed_accepted) for item in engagement.items.all()}
    assert states["Item 1"] == ("accepted", False)
    assert states["Item 2"] == ("in_progress", False)
    assert states["Item 3"] == ("accepted", True)
    assert second.deliverables.get().sent_back_reason == "The alarm is silent."


def test_a_pause_moves_the_finish_day_for_day(ada, ben, settings):
    engagement = make_engagement(ben, owner=ada, finishes_on=dt.date(2027, 1, 10))
    service.pause(engagement=engagement, why=Engagement.Pause.CLIENT, reason="Audit week.", actor=ada)
    with pytest.raises(TransitionError, match="no work goes on"):
        items.start_item(item=engagement.items.first(), actor=ada)
    settings.CLOCK_OFFSET_S = 4 * 86_400

    engagement = service.resume(engagement=engagement, actor=ada)

    assert engagement.finishes_on == dt.date(2027, 1, 14)


def test_closing_waits_for_every_item(engagement, four, ada, ben):
    with pytest.raises(TransitionError, match="4 items are not accepted"):
        service.begin_closing(engagement=engagement, actor=ada)
    for item in four:
        deliver(item, ada)
        items.accept_item(item=item, actor=ben)

    engagement = service.begin_closing(engagement=engagement, actor=ada)
    engagement = service.close(engagement=engagement, lessons="Ask about alarms first.", actor=ada)

    assert engagement.status == Engagement.Status.CLOSED
    with pytest.raises(TransitionError, match="its scope no longer changes"):
        make_order(engagement, actor=ada, incoming=[work("A", 1)])


@pytest.mark.both
def test_the_ledger_and_what_was_offered_are_frozen_in_the_database(engagement, four, ada, ben):
    trade = make_trade(engagement, actor=ada, out=[four[0]], incoming=[work("A", 4000)])
    approve(trade, actor=ben)
    row = engagement.ledger.first()

    for act in (
        lambda: ScopeEntry.objects.update(value_change=usd(1)),
        lambda: ScopeEntry.objects.all().delete(),
        lambda: ChangeSet.objects.filter(pk=trade.pk).update(value_change=usd(1)),
        lambda: trade.lines.update(value=usd(1)),
        lambda: trade.lines.all().delete(),
        lambda: ChangeSet.objects.filter(pk=trade.pk).delete(),
    ):
        with pytest.raises((DatabaseError, ProtectedError)), transaction.atomic():
            act()
    row.value_change = usd(1)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()
    assert ledger.first_broken(engagement) is None


def test_a_chain_that_someone_broke_is_found_at_its_first_bad_row(engagement):
    triggers.drop()
    try:
        third = engagement.ledger.get(position=3)
        ScopeEntry.objects.filter(pk=third.pk).update(value_change=usd(2001))
        assert ledger.first_broken(engagement) == third
    finally:
        triggers.install()


def test_item_values_are_what_the_ledger_says(engagement, four):
    assert item_values(engagement) == {
        item.pk: usd(price) for item, price in zip(four, (4000, 3000, 2000, 1000), strict=True)
    }
    assert sum(row.effort_change for row in engagement.ledger.all()) == Decimal(32)


def test_the_command_says_whether_every_chain_holds(engagement, capsys):
    call_command("verify_ledger")
    assert capsys.readouterr().out == "1 ledgers checked, 0 broken.\n"
    triggers.drop()
    try:
        ScopeEntry.objects.filter(position=2).update(kind="adjust")
        with pytest.raises(SystemExit) as ended:
            call_command("verify_ledger", engagement.public_id)
        assert ended.value.code == 1
        assert "row 2 does not follow" in capsys.readouterr().err
    finally:
        triggers.install()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", "unknown")
    assert ended.value.code == 2
