"""Twenty thousand findings: stored, seen again, mended and accepted in time that grows with their number."""

import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from discovery.models import Finding, Occurrence
from discovery.services import findings
from infra_audit.evaluate import Evaluation, Gap
from infra_audit.evaluate import Finding as Told
from infra_audit.inventory import Ending
from tests.discovery_factories import make_organisation, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.both]
MANY = 20_000
ACCOUNT, REGION = "123456789012", "eu-west-1"
OPERATION = "ec2.describe_security_groups"
SOME = 2_500  # to measure memory with, which makes everything six times slower
MOST_MB = 250  # for MANY


def a_finding(number):
    return Told(
        check="sg_ssh_open",
        severity="high",
        severity_reason="",
        effort="minutes",
        confidence="high",
        title="SSH is open to every address",
        detail="Port 22 is open to 0.0.0.0/0 and ::/0.",
        remedy="Close it.",
        evidence={"port": 22, "ranges": ["0.0.0.0/0", "::/0"]},
        account=ACCOUNT,
        region=REGION,
        resource=f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-{number:08x}",
        resource_type="ec2:security-group",
        resource_name=f"group {number}",
        tags={"Environment": "prod"},
        environment="prod",
        fingerprint=f"{number:032x}",
    )


def told_of(count, gaps=()):
    return Evaluation(
        findings=[a_finding(number) for number in range(count)],
        examined={"sg_ssh_open": max(count, 1)},
        passed={"sg_ssh_open": 0},
        gaps=list(gaps),
    )


def a_run(organisation):
    run = make_run(organisation, status="done")
    run.units.create(operation=OPERATION, account=ACCOUNT, region=REGION, ending=Ending.OK)
    return run


def recorded(organisation, evaluation):
    run = a_run(organisation)
    with transaction.atomic():
        findings.record(run, evaluation, final=True)
    return run


def gap_at(number):
    return Gap(
        check="sg_ssh_open",
        account=ACCOUNT,
        region=REGION,
        unit=OPERATION,
        reason="denied",
        resource=a_finding(number).resource,
    )


def counts(run):
    statuses = run.occurrences.values_list("status", flat=True)
    return {status: list(statuses).count(status) for status in set(statuses)}


@pytest.mark.slow
def test_twenty_thousand_findings_come_stay_and_go():
    organisation = make_organisation()

    first = recorded(organisation, told_of(MANY))
    second = recorded(organisation, told_of(MANY))
    half_unread = [gap_at(number) for number in range(0, MANY, 2)]
    third = recorded(organisation, told_of(0, half_unread))
    fourth = recorded(organisation, told_of(MANY))

    assert counts(first) == {"new": MANY}
    assert counts(second) == {"still": MANY}
    assert counts(third) == {"fixed": MANY // 2}  # of the others nothing is known
    assert counts(fourth) == {"still": MANY // 2, "regressed": MANY // 2}


@pytest.mark.slow
def test_the_memory_of_many_findings_is_bounded():
    """Each costs the same: what two lots of them take tells what very many would."""
    few, more = memory_of(SOME), memory_of(2 * SOME)

    each = (more - few) / SOME
    many = few + each * (MANY - SOME)
    print(connection.vendor, f"{many:.0f} MB")
    assert more < 2.2 * few
    assert many < MOST_MB


def memory_of(count):
    """MB that recording so many findings takes at most."""
    organisation, told = make_organisation(), told_of(count)
    run = a_run(organisation)
    tracemalloc.start()
    try:
        with transaction.atomic():
            findings.record(run, told, final=True)
        return tracemalloc.get_traced_memory()[1] / 1024**2
    finally:
        tracemalloc.stop()


def queries(organisation, evaluation):
    run = a_run(organisation)
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        findings.record(run, evaluation, final=True)
    return len(captured)


def test_accepted_risks_cost_no_query_each():
    organisation = make_organisation()
    recorded(organisation, told_of(40))
    tomorrow = clock.now().date() + timedelta(days=1)

    few = queries(organisation, told_of(40))
    Finding.objects.update(status=Finding.Status.ACCEPTED_RISK, accepted_until=tomorrow)
    many = queries(organisation, told_of(40))

    assert set(Occurrence.objects.order_by("-run_id")[:40].values_list("status", flat=True)) == {"accepted"}
    assert many <= few + 1


def test_nothing_found_is_recorded_too():
    run = recorded(make_organisation(), told_of(0))

    assert run.occurrences.count() == 0


def test_what_is_mended_is_told_from_its_last_occurrence_alone():
    """Not from every run there ever was: a client of five years has hundreds."""
    organisation = make_organisation()
    for _ in range(5):
        recorded(organisation, told_of(30))
    run = a_run(organisation)
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        findings.record(run, told_of(0), final=True)

    read = [query["sql"] for query in captured if query["sql"].startswith("SELECT") and '"evidence"' in query["sql"]]
    assert read
    for sql in read:
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("%", "%%"))
            assert len(cursor.fetchall()) <= 30
