"""Watching a client: set up, changed, paused; and the scheduler, whatever it and the clock do."""

import datetime as dt
from functools import partial
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core import clock
from core.errors import DomainError
from core.models import Event
from discovery import due
from discovery.models import AwsAccount, Run, Schedule, ScheduledRun, Shard
from discovery.services import schedules, starting
from discovery.services.schedules import Plan, pause, resume, start_due_audits, watch
from engagements.models import Engagement
from engagements.services.engagements import cancel, close
from tests import factories
from tests.discovery_factories import (
    make_aws_account,
    make_organisation,
    make_repository,
    make_run,
    make_schedule,
)
from tests.factories import make_consultant, make_practice
from tests.scope_factories import make_engagement
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db
HOUR = 3600


@pytest.fixture
def clock_at(settings):
    """Sets the clock to a moment, "2026-05-11 03:00" in London, where the practice is."""
    make_practice(zone="Europe/London")

    def set_to(text):
        moment = dt.datetime.fromisoformat(text).replace(tzinfo=due.ZoneInfo("Europe/London"))
        settings.CLOCK_OFFSET_S = (moment - clock.real_now()).total_seconds()

    set_to("2026-05-11 03:00")
    return set_to


def end(*, status=Run.Status.DONE):
    Run.objects.filter(status__in=Run.OPEN).update(status=status, result={"not_assessed": []})


def days():
    return [f"{one.on:%d} {one.skipped or 'ran'}" for one in ScheduledRun.objects.order_by("on")]


def a_plan(*people, **fields):
    return Plan(people=people, **fields)


def test_it_starts_at_its_hour_and_once(ada, clock_at):
    schedule = make_schedule(people=[ada])
    clock_at("2026-05-11 02:59")
    assert start_due_audits() == 0
    clock_at("2026-05-11 03:00")

    assert [start_due_audits() for _ in range(3)] == [1, 0, 0]

    run = Run.objects.get()
    assert (run.scheduled.schedule, run.started_by, run.is_whole) == (schedule, None, True)
    assert run.shards.get().aws_account == schedule.organisation.aws_accounts.get()
    clock_at("2026-05-11 23:59")
    end()
    assert start_due_audits() == 0


def test_each_day_has_its_own(ada, clock_at):
    make_schedule(people=[ada])
    for day in (11, 12, 13):
        clock_at(f"2026-05-{day} 03:02")
        start_due_audits()
        end()

    assert days() == ["11 ran", "12 ran", "13 ran"]


def test_after_ten_days_without_a_scheduler_there_is_one_run(ada, clock_at):
    make_schedule(people=[ada])
    start_due_audits()
    end()
    clock_at("2026-05-21 09:00")

    assert [start_due_audits() for _ in range(12)].count(1) == 1
    assert days() == ["11 ran", "21 ran"]


def test_a_clock_set_back_starts_nothing_twice(ada, clock_at):
    make_schedule(people=[ada])
    for moment in ("2026-05-11 03:00", "2026-05-12 03:00", "2026-05-11 23:00", "2026-05-12 01:00", "2026-05-12 04:00"):
        clock_at(moment)
        start_due_audits()
        end()

    assert days() == ["11 ran", "12 ran"]


@pytest.mark.parametrize("first", ["2026-03-28 00:00", "2026-10-24 00:00"])
@pytest.mark.parametrize("at_hour", [1, 2])
def test_each_day_has_one_where_the_clocks_change(ada, clock_at, settings, first, at_hour):
    make_schedule(people=[ada], at_hour=at_hour)
    clock_at(first)
    start = settings.CLOCK_OFFSET_S
    for half_hour in range(3 * 48):
        settings.CLOCK_OFFSET_S = start + half_hour * HOUR / 2
        start_due_audits()
        end()

    begins = dt.date.fromisoformat(first[:10])
    ran = list(ScheduledRun.objects.order_by("on").values_list("on", flat=True))
    assert ran[:3] == [begins + dt.timedelta(days=n) for n in range(3)]


def test_while_another_audit_goes_on_the_day_is_skipped_and_says_so(ada, clock_at):
    schedule = make_schedule(people=[ada])
    make_run(schedule.organisation, status=Run.Status.RUNNING)

    assert start_due_audits() == 0
    assert start_due_audits() == 0

    assert days() == ["11 under_way"]
    assert Event.objects.get(what="schedule.skipped").data == {"on": "2026-05-11", "why": "under_way"}
    assert Run.objects.count() == 1
    end()
    clock_at("2026-05-12 03:00")
    assert start_due_audits() == 1


def test_a_client_with_nothing_left_to_audit_is_skipped_and_costs_no_other_its_audit(ada, clock_at):
    make_schedule(people=[ada], targets=False)
    read_by_the_client = make_schedule(people=[ada], targets=False)
    make_aws_account(read_by_the_client.organisation, handed_over=True)
    make_schedule(people=[ada])

    assert start_due_audits() == 1

    assert sorted(days()) == ["11 nothing", "11 nothing", "11 ran"]


def test_a_mistake_with_one_client_costs_no_other_its_audit(ada, clock_at):
    unlucky, lucky = make_schedule(people=[ada]), make_schedule(people=[ada])
    start_run = starting.start_run

    def fails(*, organisation, **fields):
        if organisation == unlucky.organisation:
            raise OSError("The disk is full.")
        return start_run(organisation=organisation, **fields)

    with mock.patch.object(starting, "start_run", fails):
        assert start_due_audits() == 1

    assert ScheduledRun.objects.get().schedule == lucky
    assert start_due_audits() == 1  # nothing of the day was used up


def test_only_what_was_chosen_is_audited_and_only_by_the_checks_chosen(ada, clock_at):
    schedule = make_schedule(people=[ada], everything=False, only_checks=["sg_ssh_open", "gone_since"])
    chosen, _other = schedule.organisation.aws_accounts.get(), make_aws_account(schedule.organisation)
    make_repository(schedule.organisation)
    schedule.accounts.set([chosen])

    start_due_audits()

    run = Run.objects.get()
    assert [shard.aws_account for shard in run.shards.all()] == [chosen]
    assert run.only_checks == ["sg_ssh_open"]


def test_where_no_chosen_check_is_left_not_all_of_them_are_made(ada, clock_at):
    make_schedule(people=[ada], only_checks=["gone_since"])

    assert start_due_audits() == 0
    assert days() == ["11 nothing"]


def test_what_was_sent_and_read_keeps_the_rest_from_nothing(ada, clock_at, tmp_path):
    schedule = make_schedule(people=[ada])
    make_repository(schedule.organisation, sent=True, location=str(tmp_path / "gone"))

    assert start_due_audits() == 1

    assert days() == ["11 ran"]
    assert not Shard.objects.filter(repository__isnull=False).exists()


def test_an_account_that_is_gone_is_not_replaced_by_all_the_others(ada, clock_at):
    schedule = make_schedule(people=[ada], everything=False)
    chosen = make_aws_account(schedule.organisation)
    schedule.accounts.set([chosen])
    AwsAccount.objects.filter(pk=chosen.pk).delete()

    assert start_due_audits() == 0
    assert days() == ["11 nothing"]


def test_what_is_paused_is_not_due_and_makes_nothing_up_when_it_goes_on(ada, clock_at):
    schedule = make_schedule(people=[ada])
    pause(schedule=schedule, actor=ada)
    pause(schedule=schedule, actor=ada)
    assert start_due_audits() == 0
    clock_at("2026-05-13 14:00")
    resume(schedule=schedule, actor=ada)
    resume(schedule=schedule, actor=ada)
    assert start_due_audits() == 0
    clock_at("2026-05-14 03:00")

    assert start_due_audits() == 1
    assert Event.objects.filter(what="schedule.paused", actor=ada).count() == 1
    assert Event.objects.filter(what="schedule.resumed", actor=ada).count() == 1


def test_watching_begins_at_the_next_hour_that_was_chosen(ada, clock_at):
    organisation = make_organisation()
    account = make_aws_account(organisation)
    clock_at("2026-05-11 14:00")

    schedule = watch(organisation=organisation, plan=a_plan(ada, everything=False, accounts=[account]), actor=ada)

    assert start_due_audits() == 0
    clock_at("2026-05-12 03:00")
    assert start_due_audits() == 1
    event = Event.objects.get(what="schedule.set_up")
    assert (event.actor, event.organisation, event.subject_id) == (ada, organisation, schedule.pk)
    assert event.data["people"] == [ada.email]
    assert event.data["accounts"] == [account.name]


def test_a_change_keeps_the_one_schedule_and_is_recorded_once(ada, clock_at):
    bob = make_consultant("bob")
    schedule = make_schedule(people=[ada])
    start_due_audits()
    end()

    plan = a_plan(ada, bob, at_hour=5, tells_from="medium", only_checks=["sg_ssh_open"])
    for _ in range(2):
        watch(organisation=schedule.organisation, plan=plan, actor=ada)

    changed = Schedule.objects.get()
    assert (changed.pk, changed.at_hour, changed.only_checks) == (schedule.pk, 5, ["sg_ssh_open"])
    assert set(changed.people.all()) == {ada, bob}
    told = Event.objects.get(what="schedule.changed").data
    assert told == {
        "at_hour": 5,
        "only_checks": ["sg_ssh_open"],
        "people": [ada.email, bob.email],
        "tells_from": "medium",
    }
    clock_at("2026-05-11 05:00")
    assert start_due_audits() == 0  # this day had its run


def test_a_change_of_hour_makes_no_second_run_and_loses_none_after(ada, clock_at):
    schedule = make_schedule(people=[ada], at_hour=20)
    clock_at("2026-05-11 14:00")

    watch(organisation=schedule.organisation, plan=a_plan(ada, at_hour=3), actor=ada)

    assert start_due_audits() == 0
    clock_at("2026-05-12 03:00")
    assert start_due_audits() == 1


def test_with_the_clients_last_engagement_the_watching_rests(ada, ben, clock_at):
    first, second = (make_engagement(ben, owner=ada) for _ in range(2))
    schedule = make_schedule(first.organisation, people=[ada])
    others = make_schedule(people=[ada])
    cancel(engagement=first, reason="They were sold.", actor=ada)
    schedule.refresh_from_db()
    assert not schedule.is_paused
    cancel(engagement=second, reason="They were sold.", actor=ada)

    schedule.refresh_from_db()
    assert (schedule.is_paused, schedule.pause_reason) == (True, "The last engagement has ended.")
    assert Event.objects.get(what="schedule.paused").subject_id == schedule.pk
    assert start_due_audits() == 1
    assert ScheduledRun.objects.get().schedule == others
    resume(schedule=schedule, actor=ada)  # whoever goes on watching says so
    clock_at("2026-05-12 03:00")
    assert start_due_audits() == 1


def test_a_closed_engagement_ends_it_too_and_one_without_a_schedule_ends_well(ada, ben):
    engagement = make_engagement(ben, owner=ada)
    Engagement.objects.update(status=Engagement.Status.CLOSING)
    close(engagement=engagement, lessons="", actor=ada)
    assert not Schedule.objects.exists()
    schedule = make_schedule(engagement.organisation, people=[ada])
    Engagement.objects.update(status=Engagement.Status.CLOSING)
    close(engagement=engagement, lessons="", actor=ada)

    schedule.refresh_from_db()
    assert schedule.is_paused


@pytest.mark.parametrize("fields", [{"people": []}, {"everything": False}])
def test_watching_nothing_and_telling_nobody_are_refused(ada, fields):
    organisation = make_organisation()

    with pytest.raises(DomainError, match="Choose at least one"):
        watch(organisation=organisation, plan=Plan(**{"people": [ada], **fields}), actor=ada)

    assert not Schedule.objects.exists()


@pytest.mark.both
def test_the_database_itself_holds_to_one_a_day_and_to_hours_of_a_day(ada):
    schedule = make_schedule(people=[ada])
    ScheduledRun.objects.create(schedule=schedule, on="2026-05-11", skipped="nothing")
    wrong = [
        lambda: ScheduledRun.objects.create(schedule=schedule, on="2026-05-11", skipped="nothing"),
        lambda: ScheduledRun.objects.create(schedule=schedule, on="2026-05-12"),
        lambda: ScheduledRun.objects.create(
            schedule=schedule, on="2026-05-13", skipped="nothing", run=make_run(schedule.organisation)
        ),
        lambda: Schedule.objects.update(at_hour=24),
        lambda: Schedule.objects.update(pause_reason="Only so."),
        lambda: make_schedule(schedule.organisation, people=[ada]),
    ]
    for act in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_four_schedulers_at_once_one_starts_it(ada, clock_at, monkeypatch):
    monkeypatch.setattr("discovery.tasks.execute_shard.delay", lambda _shard: None)
    for _ in range(2):
        make_schedule(people=[ada])

    def call():
        try:
            return start_due_audits()
        finally:
            connection.close()

    assert sum(all_at_once(4, call)) == 2
    assert Run.objects.count() == ScheduledRun.objects.exclude(run=None).count() == 2


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_two_who_set_it_up_at_once_one_does_and_the_other_changes_it(ada):
    organisation = make_organisation()
    plans = [a_plan(ada, at_hour=hour) for hour in (3, 4)]

    def set_up():
        try:
            return watch(organisation=organisation, plan=plans.pop(), actor=ada).pk
        finally:
            connection.close()

    assert len(set(all_at_once(2, set_up))) == 1
    assert sorted(Event.objects.values_list("what", flat=True).filter(what__startswith="schedule")) == [
        "schedule.changed",
        "schedule.set_up",
    ]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_who_changes_it_while_it_starts_and_who_pauses_it_do_not_stand_in_each_others_way(ada, clock_at, monkeypatch):
    monkeypatch.setattr("discovery.tasks.execute_shard.delay", lambda _shard: None)
    for _ in range(4):
        schedule = make_schedule(people=[ada])
        acts = [
            start_due_audits,
            partial(watch, organisation=schedule.organisation, plan=a_plan(ada, tells_from="low"), actor=ada),
            partial(pause, schedule=schedule, actor=ada),
        ]

        def act(acts=acts):
            try:
                return acts.pop()()
            finally:
                connection.close()

        all_at_once(3, act)  # what it raised would be raised here

        schedule.refresh_from_db()
        assert (schedule.is_paused, schedule.tells_from) == (True, "low")
        assert schedule.days.count() <= 1


class Watched(RuleBasedStateMachine):
    """Whatever the clock, the schedulers, the workers and staff do, in whatever order, within a transaction that is
    rolled back."""

    def __init__(self):
        super().__init__()
        self.scope = transaction.atomic()
        self.scope.__enter__()
        django_settings.CLOCK_OFFSET_S = 0
        make_practice(zone="Europe/London")
        self.ada = factories.make_consultant("ada", second_factor=False)
        self.schedule = make_schedule(people=[self.ada])

    def teardown(self):
        django_settings.CLOCK_OFFSET_S = 0
        transaction.set_rollback(True)
        self.scope.__exit__(None, None, None)

    @rule(hours=st.integers(-24 * 12, 24 * 12), minutes=st.integers(0, 59))
    def move_the_clock(self, hours, minutes):
        django_settings.CLOCK_OFFSET_S += hours * HOUR + minutes * 60

    @rule(hours=st.integers(1, 30))
    def let_hours_pass_with_a_scheduler(self, hours):
        for _ in range(hours):
            django_settings.CLOCK_OFFSET_S += HOUR
            self.let_schedulers_call(1)
            end()

    @rule(count=st.integers(1, 3))
    def let_schedulers_call(self, count):
        local = due.now_here()
        before = set(ScheduledRun.objects.values_list("pk", flat=True))
        for _ in range(count):
            start_due_audits()
        for new in ScheduledRun.objects.exclude(pk__in=before):
            assert new.on == local.date()
            assert local.hour >= self.one().at_hour
            assert not self.one().is_paused

    @rule()
    def finish_what_goes_on(self):
        end()

    @rule(every=st.sampled_from(Schedule.Every.values), at_hour=st.integers(0, 23))
    def change_it(self, every, at_hour):
        watch(
            organisation=self.schedule.organisation,
            plan=a_plan(self.ada, every=every, at_hour=at_hour),
            actor=self.ada,
        )

    @rule(zone=st.sampled_from(["Europe/London", "Pacific/Kiritimati", "Etc/GMT+12"]))
    def move_house(self, zone):
        make_practice(zone=zone)

    @rule(goes_on=st.booleans())
    def pause_or_resume(self, goes_on):
        (resume if goes_on else pause)(schedule=self.schedule, actor=self.ada)

    def one(self):
        return Schedule.objects.get()

    @invariant()
    def no_day_has_two(self):
        claimed = list(ScheduledRun.objects.values_list("on", flat=True))
        assert len(claimed) == len(set(claimed))
        assert Run.objects.count() == ScheduledRun.objects.exclude(run=None).count()


@pytest.mark.slow
def test_no_order_of_calls_and_clocks_makes_two_runs_of_a_day(monkeypatch):
    def fails(*args):
        raise AssertionError(args)

    monkeypatch.setattr(schedules.logger, "exception", fails)  # a mistake that is only logged is one here
    run_state_machine_as_test(
        Watched,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            phases=[Phase.generate],
            derandomize=True,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            database=None,
        ),
    )
