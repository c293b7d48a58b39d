"""Random lives of a late invoice: whatever the clock, the money, the client and the scheduler do, in whatever order."""

import datetime as dt

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.db import transaction
from django.test import TestCase
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from billing.ladder import LADDER, pause_of
from billing.models import Dispute, Invoice, InvoiceSettings, Payment, ReminderStep
from billing.services import disputes, promises, reminders
from billing.services.issuing import write_off
from billing.services.payments import clear_payment, fail_payment, reverse_payment
from core.errors import DomainError
from core.models import Event
from outreach import dates
from tests import factories
from tests.dunning_factories import make_owed, pay
from tests.scope_factories import make_engagement, usd

DAY = 86_400
PARTS = st.sampled_from(["0.01", "1000", "1999.99", "3000"])


class Late(RuleBasedStateMachine):
    """A refusal is as good as a success, as long as nothing goes out that must not."""

    def __init__(self):
        super().__init__()
        django_settings.CLOCK_OFFSET_S = 0
        self.ada, self.ben = factories.make_consultant("ada", second_factor=False), factories.make_client("ben")
        engagement = make_engagement(self.ben, owner=self.ada)
        self.invoices = [make_owed(self.ben, self.ada, due=due, engagement=engagement) for due in (4, -2)]
        self.sent, self.owed_when_sent = {}, True
        mail.outbox = []

    def invoice(self, at):
        return Invoice.objects.get(pk=self.invoices[at].pk)

    def attempt(self, act):
        """What goes out is compared with what held in the moment before."""
        before = {one.pk: self.may_go(one) for one in Invoice.objects.filter(pk__in=[x.pk for x in self.invoices])}
        known = set(ReminderStep.objects.filter(status="sent").values_list("pk", flat=True))
        with TestCase.captureOnCommitCallbacks(execute=True):
            try:
                with transaction.atomic():
                    act()
            except DomainError:
                pass
        for step in ReminderStep.objects.filter(status="sent").exclude(pk__in=known):
            self.sent[step.pk] = (step.invoice_id, step.key, step.body)
            self.owed_when_sent &= before[step.invoice_id]

    def may_go(self, invoice):
        return reminders.owes(invoice) and pause_of(invoice, dates.today()) is None

    @rule(hours=st.integers(-24 * 12, 24 * 12))
    def move_the_clock(self, hours):
        django_settings.CLOCK_OFFSET_S += hours * 3600

    @rule(times=st.integers(1, 2))
    def let_the_scheduler_call(self, times):
        for _ in range(times):
            self.attempt(reminders.climb_ladder)

    @rule(goes=st.booleans())
    def decide_whether_they_go(self, goes):
        InvoiceSettings.objects.update_or_create(id=1, defaults={"reminders_go_by_themselves": goes})

    @rule(at=st.integers(0, 5))
    def send_one(self, at):
        steps = list(ReminderStep.objects.order_by("id"))
        if steps:
            self.attempt(lambda: reminders.send_step(step=steps[at % len(steps)], actor=self.ada))

    @rule()
    def send_all(self):
        self.attempt(lambda: reminders.send_all(actor=self.ada))

    @rule(at=st.integers(0, 5))
    def drop_one(self, at):
        steps = list(ReminderStep.objects.order_by("id"))
        if steps:
            self.attempt(lambda: reminders.drop_step(step=steps[at % len(steps)], actor=self.ada))

    @rule(at=st.integers(0, 1), amount=PARTS, cleared=st.booleans())
    def receive(self, at, amount, cleared):
        self.attempt(lambda: pay(self.invoice(at), self.ada, usd(amount), cleared=cleared))

    @rule(at=st.integers(0, 9), how=st.sampled_from(["clear", "fail", "reverse"]))
    def go_on_with_a_payment(self, at, how):
        found = list(Payment.objects.order_by("id"))
        if not found:
            return
        one = found[at % len(found)]
        acts = {
            "clear": lambda: clear_payment(payment=one, on=dates.today(), actor=self.ada),
            "fail": lambda: fail_payment(payment=one, reason="No.", actor=self.ada),
            "reverse": lambda: reverse_payment(payment=one, reason="No.", actor=self.ada),
        }
        self.attempt(acts[how])

    @rule(at=st.integers(0, 1), days=st.integers(-1, 12), is_clients=st.booleans())
    def promise(self, at, days, is_clients):
        day = dates.today() + dt.timedelta(days=days)
        actor = self.ben if is_clients else self.ada
        self.attempt(lambda: promises.promise_payment(invoice=self.invoice(at), pays_on=day, note="", actor=actor))

    @rule(at=st.integers(0, 1))
    def dispute(self, at):
        self.attempt(lambda: disputes.open_dispute(invoice=self.invoice(at), reason="Why?", actor=self.ben))

    @rule(at=st.integers(0, 3))
    def settle(self, at):
        found = list(Dispute.objects.order_by("id"))
        if found:
            self.attempt(lambda: disputes.resolve_dispute(dispute=found[at % len(found)], how="So.", actor=self.ada))

    @rule(at=st.integers(0, 1))
    def give_up(self, at):
        if self.sent:
            self.attempt(lambda: write_off(invoice=self.invoice(at), reason="Gone.", actor=self.ada))

    def reminded(self):
        """Mails with an invoice; the others are news for the engagement's owner."""
        return [message for message in mail.outbox if message.attachments]

    @invariant()
    def nothing_went_out_that_was_not_owed_or_was_paused(self):
        assert self.owed_when_sent

    @invariant()
    def each_step_is_one_row_one_record_and_one_mail(self):
        rows = [(step.invoice_id, step.key) for step in ReminderStep.objects.all()]
        assert len(rows) == len(set(rows))
        assert Event.objects.filter(what="reminder.sent").count() == len(self.sent) == len(self.reminded())
        told = {(invoice, key) for invoice, key, _body in self.sent.values()}
        assert len(told) == len(self.sent)
        sent = ReminderStep.objects.filter(status="sent")
        assert {step.pk: (step.invoice_id, step.key, step.body) for step in sent} == self.sent

    @invariant()
    def nothing_waits_where_nothing_is_owed(self):
        for step in ReminderStep.objects.filter(status="draft").select_related("invoice"):
            assert reminders.owes(step.invoice)

    @invariant()
    def at_most_one_waits_for_each_invoice(self):
        for invoice in self.invoices:
            assert ReminderStep.objects.filter(invoice=invoice, status="draft").count() <= 1

    @invariant()
    def no_step_is_sent_after_a_higher_one(self):
        order = [rung.key for rung in LADDER]
        for invoice in self.invoices:
            keys = [key for owner, key, _body in self.sent.values() if owner == invoice.pk]
            assert [order.index(key) for key in keys] == sorted(order.index(key) for key in keys)


class RolledBack(Late):
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
        django_settings.CLOCK_OFFSET_S = 0
        transaction.set_rollback(True)
        self.scope.__exit__(None, None, None)


@pytest.mark.slow
@pytest.mark.django_db
def test_each_step_goes_out_once_and_only_while_money_is_owed():
    run_state_machine_as_test(
        RolledBack,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            phases=[Phase.generate],
            derandomize=True,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            database=None,
        ),
    )
