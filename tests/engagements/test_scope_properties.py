"""Random lives of an engagement: whatever is offered, answered and delivered, in whatever order, the rules hold."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.errors import DomainError
from core.snapshots import sha256_of
from engagements.ledger_queries import contract_value, item_values, trade_balance
from engagements.models import ChangeSet, ScopeItem
from engagements.services import changes, items, ledger
from tests import factories
from tests.scope_factories import approve, make_engagement, make_order, make_trade, usd, work

AMOUNTS = st.sampled_from(["0.01", "250", "1000", "1999.99", "3000"])


class Life(RuleBasedStateMachine):
    """Moves that people make; a refusal is as good as a success, as long as nothing is half done."""

    def __init__(self):
        super().__init__()
        self.ada, self.ben = factories.make_consultant("ada", second_factor=False), factories.make_client("ben")
        self.engagement = make_engagement(self.ben, owner=self.ada, trade_tolerance=usd(500))
        self.rows, self.left, self.frozen = 0, set(), {}

    def item(self, at):
        found = list(ScopeItem.objects.filter(engagement=self.engagement))
        return found[at % len(found)]

    def offered(self, at):
        found = list(self.engagement.change_sets.exclude(kind=ChangeSet.Kind.BASELINE))
        return found[at % len(found)]

    def attempt(self, act):
        try:
            return act()
        except DomainError:
            return None

    @rule(at=st.integers(0, 9), value=AMOUNTS)
    def offer_a_trade(self, at, value):
        out = [self.item(at)]
        self.remember(
            self.attempt(lambda: make_trade(self.engagement, actor=self.ada, out=out, incoming=[work("In", value)]))
        )

    @rule(at=st.integers(0, 9))
    def offer_a_level_trade(self, at):
        item = self.item(at)
        value = item_values(self.engagement)[item.pk].amount
        self.remember(
            self.attempt(lambda: make_trade(self.engagement, actor=self.ada, out=[item], incoming=[work("In", value)]))
        )

    @rule(value=AMOUNTS, days=st.integers(-5, 20))
    def offer_an_order(self, value, days):
        self.remember(
            self.attempt(
                lambda: make_order(self.engagement, actor=self.ada, incoming=[work("More", value)], days_change=days)
            )
        )

    @rule(at=st.integers(0, 9))
    def offer_to_take_out(self, at):
        self.remember(self.attempt(lambda: make_order(self.engagement, actor=self.ada, out=[self.item(at)])))

    def remember(self, change_set):
        if change_set is not None:
            self.frozen[change_set.pk] = change_set.snapshot_sha256

    @precondition(lambda self: self.frozen)
    @rule(at=st.integers(0, 9))
    def approve_one(self, at):
        self.attempt(lambda: approve(self.offered(at), actor=self.ben))

    @precondition(lambda self: self.frozen)
    @rule(at=st.integers(0, 9))
    def reject_one(self, at):
        self.attempt(lambda: changes.reject_change(change_set=self.offered(at), reason="No.", actor=self.ben))

    @precondition(lambda self: self.frozen)
    @rule(at=st.integers(0, 9))
    def withdraw_one(self, at):
        self.attempt(lambda: changes.withdraw_change(change_set=self.offered(at), reason="", actor=self.ada))

    @rule(at=st.integers(0, 9))
    def start(self, at):
        self.attempt(lambda: items.start_item(item=self.item(at), actor=self.ada))

    @rule(at=st.integers(0, 9))
    def deliver(self, at):
        handover = items.Handover(title="Done", note="See the runbook.")
        self.attempt(lambda: items.hand_over(item=self.item(at), handover=handover, actor=self.ada))

    @rule(at=st.integers(0, 9))
    def accept(self, at):
        self.attempt(lambda: items.accept_item(item=self.item(at), actor=self.ben))

    @invariant()
    def value_is_the_sum_of_what_was_approved(self):
        approved = self.engagement.change_sets.filter(status=ChangeSet.Status.APPROVED)
        assert contract_value(self.engagement) == sum((one.value_change for one in approved), usd(0))
        assert sum(item_values(self.engagement).values(), usd(0)) == contract_value(self.engagement)

    @invariant()
    def each_trade_is_level_within_what_was_agreed(self):
        trades = self.engagement.change_sets.filter(status="approved", kind=ChangeSet.Kind.HORSE_TRADE)
        assert all(abs(one.value_change.amount) <= 500 for one in trades)
        assert trade_balance(self.engagement) == sum((one.value_change for one in trades), usd(0))

    @invariant()
    def the_ledger_never_shrinks_and_its_chain_holds(self):
        count = self.engagement.ledger.count()
        assert count >= self.rows
        self.rows = count
        assert ledger.first_broken(self.engagement) is None

    @invariant()
    def what_left_or_was_delivered_never_leaves_again(self):
        values = item_values(self.engagement)
        for item in ScopeItem.objects.filter(engagement=self.engagement):
            gone = item.status in ScopeItem.GONE
            assert gone == (values[item.pk] == usd(0))
            assert gone or item.pk not in self.left
            if gone:
                self.left.add(item.pk)
                assert item.delivered_at is None
                assert item.entries.filter(kind__in=["trade_out", "remove"]).count() == 1

    @invariant()
    def what_was_frozen_stays(self):
        for change_set in ChangeSet.objects.filter(pk__in=self.frozen):
            assert sha256_of(change_set.snapshot) == self.frozen[change_set.pk]


class RolledBack(Life):
    """Each life in a transaction of its own, which is rolled back when it ends."""

    def __init__(self):
        self.scope = transaction.atomic()
        self.scope.__enter__()
        try:
            super().__init__()
        except BaseException:
            self.teardown()  # nobody else ends a life that did not begin
            raise

    def teardown(self):
        transaction.set_rollback(True)
        self.scope.__exit__(None, None, None)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_the_rules_hold_over_random_lives():
    """What breaks a rule is shown as it was found: making it smaller would play lives over and over, for minutes."""
    calm = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        RolledBack,
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            phases=[Phase.generate],
            derandomize=True,
            deadline=None,
            suppress_health_check=calm,
            database=None,
        ),
    )
