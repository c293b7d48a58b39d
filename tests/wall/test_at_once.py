"""Two people, two workers or a power cut at the same instant, on both databases."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.db import connection, transaction

from core import clock
from core.models import Event, StoredFile
from discovery import tasks
from discovery.models import Finding, Run, Shard, Summary, Unit
from discovery.services import freezing, runs, shards, starting, summaries
from infra_audit import inventory
from tests.discovery_factories import (
    make_audited_run,
    make_aws_account,
    make_organisation,
    make_repository,
    make_run,
    make_shard,
)
from tests.factories import make_consultant
from tests.threads import all_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
PLACE = inventory.Place("aws", "123456789012", "eu-west-1")
PATIENCE_S = 30


@pytest.fixture(autouse=True)
def _nobody_answers_the_bell(monkeypatch):
    """What is rung for is done by the tests themselves."""
    for name in ("execute_shard", "finish_run", "freeze_summary"):
        monkeypatch.setattr(getattr(tasks, name), "delay", lambda *_: None)


def in_a_thread(act):
    """What `act` returned, or the error it raised; its database connection is closed."""
    try:
        return act()
    except Exception as error:
        return error
    finally:
        connection.close()


def at_once(count, act):
    return all_at_once(count, partial(in_a_thread, act))


def going_on(count=1):
    """A run of which a worker holds `count` shards."""
    run = make_run()
    account = make_aws_account(run.organisation)
    held = []
    for number in range(count):
        shard = make_shard(run, aws_account=account, region=f"eu-west-{number + 1}", planned=["ec2.describe_vpcs"])
        held.append(shards.claim(shard.pk))
    return run, held


def a_unit(operation="ec2.describe_vpcs"):
    return inventory.Unit(operation, PLACE, inventory.Ending.OK)


def test_of_two_runs_started_at_once_one_wins_and_the_other_is_told_why():
    organisation = make_organisation()
    repository = make_repository(organisation)

    def start():
        return starting.start_run(organisation=organisation, accounts=[], repositories=[repository], actor=None)

    answers = at_once(4, start)

    assert Run.objects.count() == 1
    refusals = [one for one in answers if not isinstance(one, Run)]
    assert [type(one) for one in refusals] == [starting.UnderWayError] * 3
    assert "under way" in str(refusals[0])


def test_a_run_is_cancelled_while_its_worker_stores_what_it_reads():
    """Each takes the run's row and the shard's: in two orders, PostgreSQL would end one of them."""
    run, (shard,) = going_on()
    holds_the_shard, cancelling = threading.Event(), threading.Event()

    def store():
        with transaction.atomic():
            shards.require_held(shard)
            holds_the_shard.set()
            cancelling.wait(1.5)  # as long as it takes the other to run into the lock
            Unit.objects.create(run_id=run.pk, shard=shard, operation="ec2.describe_vpcs", ending="ok")

    def cancel():
        holds_the_shard.wait(PATIENCE_S)
        runs.cancel_run(run=run, actor=None)

    answers = [None, None]
    threads = [
        threading.Thread(target=lambda: answers.__setitem__(0, in_a_thread(store))),
        threading.Thread(target=lambda: answers.__setitem__(1, in_a_thread(cancel))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert answers == [None, None]
    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED
    assert not run.shards.filter(status__in=Shard.OPEN).exists()
    with pytest.raises(shards.LeaseLostError):
        shards.store_unit(shard, a_unit("ec2.describe_subnets"))


def test_a_queued_run_is_cancelled_just_as_its_first_shards_are_claimed():
    for _ in range(5):
        run = make_run()
        account = make_aws_account(run.organisation)
        waiting = [make_shard(run, aws_account=account, region=f"r-{number}") for number in range(6)]
        todo = [partial(shards.claim, shard.pk) for shard in waiting] + [partial(runs.cancel_run, run=run, actor=None)]

        answers = at_once(len(todo), lambda todo=todo: todo.pop()())

        assert [one for one in answers if isinstance(one, Exception)] == []
        run.refresh_from_db()
        assert run.status == Run.Status.CANCELLED
        assert not run.shards.filter(status__in=Shard.OPEN).exists()


def test_two_workers_finish_a_run_once():
    run, (shard,) = going_on()
    shards.store_unit(shard, a_unit())
    Shard.objects.update(status=Shard.Status.DONE, lease_until=None)

    answers = at_once(2, lambda: runs.finish_run(run_id=run.pk))

    assert answers == [None, None]
    run.refresh_from_db()
    assert run.is_over
    assert Event.objects.filter(what="run.finished").count() == 1


def test_a_run_without_a_finding_ends_and_can_be_written_about():
    ada = make_consultant("ada")
    run = make_audited_run(sg_ssh_open=0)

    summary = summaries.draft_summary(run=run, actor=ada)
    summaries.freeze_summary(summary=summary, actor=ada)
    freezing.finish_freezing(summary_id=summary.pk)

    summary.refresh_from_db()
    assert (summary.status, summary.failure) == (Summary.Status.FROZEN, "")
    assert summary.verdict


def exhausted(run, **fields):
    """A shard whose last worker is gone, and that has had all the workers it gets."""
    gone = clock.real_now() - timedelta(seconds=1)
    return make_shard(
        run, status=Shard.Status.RUNNING, attempts=shards.MAX_ATTEMPTS, token=5, lease_until=gone, **fields
    )


def test_two_sweeps_at_once_give_a_shard_up_once_and_both_go_on():
    run = make_run(status=Run.Status.RUNNING)
    for _ in range(5):
        exhausted(run, planned=["ec2.describe_vpcs"])

    answers = at_once(3, runs.sweep)

    assert answers == [None] * 3
    assert set(run.shards.values_list("status", flat=True)) == {Shard.Status.FAILED}
    assert run.units.count() == 5


def test_a_sweep_goes_on_past_a_shard_that_another_sweep_took(monkeypatch):
    run = make_run(status=Run.Status.RUNNING)
    exhausted(run, planned=["ec2.describe_vpcs"])
    lost = make_shard(make_run(status=Run.Status.RUNNING))
    rung = []
    monkeypatch.setattr(tasks.execute_shard, "delay", rung.append)
    give_up = shards.give_up

    def the_other_was_first(shard):
        give_up(shard)
        give_up(shard)

    monkeypatch.setattr(shards, "give_up", the_other_was_first)

    runs.sweep()

    assert rung == [lost.pk]


def test_a_worker_that_breathes_again_keeps_its_shard():
    run = make_run(status=Run.Status.RUNNING)
    shard = exhausted(run, planned=["ec2.describe_vpcs"])
    assert shards.renew(shard)

    runs.sweep()
    with pytest.raises(shards.LeaseLostError):
        shards.give_up(shard)  # a sweep that looked a moment before

    shard.refresh_from_db()
    assert shard.status == Shard.Status.RUNNING


def test_an_account_that_took_down_every_worker_is_named_as_not_read():
    run = make_run(status=Run.Status.RUNNING)
    exhausted(run, kind=Shard.Kind.ACCOUNT, region="", planned=[])

    runs.sweep()
    runs.finish_run(run_id=run.pk)

    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    assert "workers stopped" in run.failure
    assert {gap["check"] for gap in run.result["not_assessed"]} >= {"sg_ssh_open", "s3_public"}


def a_draft():
    ada = make_consultant("ada")
    return summaries.draft_summary(run=make_audited_run(sg_ssh_open=2), actor=ada), ada


def test_of_two_who_freeze_at_once_one_does_and_the_other_is_told():
    summary, ada = a_draft()

    answers = at_once(2, lambda: summaries.freeze_summary(summary=summary, actor=ada))

    assert sorted(type(one).__name__ for one in answers) == ["DomainError", "NoneType"]
    assert Event.objects.filter(what="summary.freezing_began").count() == 1


@pytest.mark.slow
def test_two_workers_freeze_a_summary_once():
    summary, ada = a_draft()
    summaries.freeze_summary(summary=summary, actor=ada)

    answers = at_once(2, lambda: freezing.finish_freezing(summary_id=summary.pk))

    assert answers == [None, None]
    summary.refresh_from_db()
    assert summary.status == Summary.Status.FROZEN
    assert Event.objects.filter(what="summary.frozen").count() == 1
    assert set(StoredFile.objects.values_list("pk", flat=True)) == {summary.pdf_id, summary.evidence_csv_id}


FREEZE_AND_DIE = """
import os, signal
import django
django.setup()
from discovery.services import freezing
freezing._make_final = lambda summary, drawn: os.kill(os.getpid(), signal.SIGKILL)
freezing.finish_freezing(summary_id={pk})
"""


@pytest.mark.slow
def test_a_power_cut_while_freezing_leaves_one_frozen_summary_and_no_stray_file():
    summary, ada = a_draft()
    summaries.freeze_summary(summary=summary, actor=ada)

    died = subprocess.run(
        [sys.executable, "-c", FREEZE_AND_DIE.format(pk=summary.pk)], env=environment(), cwd=settings.BASE_DIR
    )

    assert died.returncode == -signal.SIGKILL
    assert Finding.objects.filter(status=Finding.Status.PUBLISHED).count() == 0
    assert StoredFile.objects.filter(audience=StoredFile.Audience.CLIENT).count() == 0
    freezing.finish_freezing(summary_id=summary.pk)  # the dead worker's lease still holds
    summary.refresh_from_db()
    assert summary.status == Summary.Status.FREEZING

    Summary.objects.filter(pk=summary.pk).update(lease_until=clock.real_now() - timedelta(seconds=1))
    freezing.finish_freezing(summary_id=summary.pk)

    summary.refresh_from_db()
    assert summary.status == Summary.Status.FROZEN
    assert Finding.objects.filter(status=Finding.Status.PUBLISHED).count() == 2
    assert set(StoredFile.objects.values_list("pk", flat=True)) == {summary.pdf_id, summary.evidence_csv_id}


def environment():
    """With which another process works on the database of this test."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        where = f"{database['HOST'] or '127.0.0.1'}:{database['PORT'] or 5432}"
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{where}/{database['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "VAR_DIR": str(settings.VAR_DIR),
        "DATABASE_URL": url,
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "MEDIA_STORAGE_URL": str(settings.VAR_DIR / "media"),
    }
