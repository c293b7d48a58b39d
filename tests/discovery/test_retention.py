"""What audits read goes after its days; what stands on it, what is newest, and what was found stay."""

import datetime as dt

import pytest
from django.urls import reverse

from core import clock
from core.errors import DomainError
from core.models import Event
from discovery import exports
from discovery.models import Run, Summary, Unit
from discovery.services import retention
from discovery.services.retention import drop_old_rows
from infra_audit.inventory import Ending
from portal.models import ReportRevision
from tests.discovery_factories import make_audited_run, make_organisation, make_run

pytestmark = pytest.mark.django_db
ROWS = [{"arn": "arn:aws:sqs:eu-west-1:123456789012:mail", "type": "sqs:queue", "name": "mail", "tags": {}}]
CALLS = [{"service": "sqs", "operation": "ListQueues", "region": "eu-west-1", "ending": "ok", "at": [1_700_000_000]}]


def read_long_ago(organisation, days, **fields):
    """A run that ended so many days ago, with one reading."""
    ended = clock.now() - dt.timedelta(days=days)
    given = {"status": Run.Status.DONE, "result": {"not_assessed": []}, "finished_at": ended}
    return with_reading(make_run(organisation, **{**given, **fields}))


def with_reading(run):
    Unit.objects.create(
        run=run,
        operation="sqs.list_queues",
        partition="aws",
        account="123456789012",
        region="eu-west-1",
        ending=Ending.PARTIAL,
        rows=ROWS,
        unread=[{"resource": "arn:x", "reason": "denied", "iam_action": None, "denied_by": None}],
        api_calls=3,
        calls=CALLS,
    )
    return run


def emptied():
    return set(Run.objects.exclude(rows_dropped_at=None).values_list("pk", flat=True))


@pytest.fixture
def tern():
    return make_organisation("Tern & Tide")


def test_rows_go_after_their_days_and_how_readings_ended_stays(tern, settings):
    settings.UNIT_ROWS_DAYS = 30
    old = read_long_ago(tern, 31)
    for days in (29, 2, 1):
        read_long_ago(tern, days)

    assert [drop_old_rows() for _ in range(2)] == [1, 0]

    assert emptied() == {old.pk}
    unit = old.units.get()
    assert unit.rows == []
    assert (unit.ending, unit.api_calls, unit.calls, len(unit.unread)) == (Ending.PARTIAL, 3, CALLS, 1)
    assert set(Unit.objects.exclude(run=old).values_list("api_calls", flat=True)) == {3}
    assert Unit.objects.filter(rows=ROWS).count() == 3
    assert Event.objects.get(what="run.rows_dropped").organisation == tern


def test_the_newest_of_each_client_stay_whole_and_so_do_the_newest_of_every_check(tern):
    gone, *whole = [read_long_ago(tern, 400 - n) for n in range(3)]
    some_gone, *some = [read_long_ago(tern, 300 - n, only_checks=["sg_ssh_open"]) for n in range(3)]
    failed = read_long_ago(tern, 200, status=Run.Status.FAILED)
    open_run = read_long_ago(tern, 150, status=Run.Status.RUNNING, finished_at=None)
    other = read_long_ago(make_organisation("Gull & Daughters"), 500)

    drop_old_rows()

    assert emptied() == {gone.pk, some_gone.pk, failed.pk}
    kept = {run.pk for run in (*whole, *some, open_run, other)}
    assert set(Unit.objects.filter(rows=ROWS).values_list("run", flat=True)) == kept


def test_what_a_summary_or_a_report_stands_on_stays(tern):
    told, plain, *_newest = [read_long_ago(tern, 400 - n) for n in range(4)]
    Summary.objects.create(organisation=tern, run=told, verdict="All is well.")

    drop_old_rows()

    assert emptied() == {plain.pk}
    assert {used.model for used in retention._bases()} == {Summary, ReportRevision}


def test_for_ever_is_for_ever(tern, settings):
    settings.UNIT_ROWS_DAYS = 0
    for days in (900, 800, 700):
        read_long_ago(tern, days)

    assert drop_old_rows() == 0
    assert emptied() == set()


def test_its_page_says_that_it_is_gone_and_no_document_pretends_that_nothing_was_found(client, ada, tern):
    run = with_reading(make_audited_run(tern))
    Run.objects.filter(pk=run.pk).update(rows_dropped_at=dt.datetime(2026, 11, 3, tzinfo=dt.UTC))
    run.refresh_from_db()
    client.force_login(ada)

    page = client.get(reverse("discovery:run", args=[run.public_id])).content.decode()
    status = {
        kind: client.get(reverse("discovery:run-download", args=[run.public_id, kind])).status_code
        for kind in ("json", "csv", "sarif", "ocsf", "kit", "imports", "calls")
    }

    assert "was deleted on 3 November 2026" in page
    assert run.occurrences.count() == 20
    assert status == {**dict.fromkeys(status, 404), "calls": 200}
    with pytest.raises(DomainError, match="no longer kept"):
        exports.as_json(run)
