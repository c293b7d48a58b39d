"""A run over several accounts, over real HTTP: each read once, and each that is not read told."""

import json

import pytest

from demo.emulator import Deny, Faults, Throttle
from discovery import exports
from discovery.models import Finding, Run, Shard
from discovery.queries_accounts import accounts_left_out, accounts_read
from discovery.services import pace, runs, shards
from discovery.services.executing import drain, execute_shard
from discovery.services.starting import start_run
from infra_audit.accounts import LeftOut
from infra_audit.collectors.aws import sessions
from infra_audit.collectors.aws.throttle import Limits
from infra_audit.collectors.aws.throttle import Throttle as Pace
from tests.discovery_factories import audit, make_aws_account, make_organisation, make_run, make_shard

pytestmark = pytest.mark.django_db
REGION = "eu-west-1"
OWN = "123456789012"  # of the emulator's default credentials
PRODUCTION, STAGING = "111111111111", "222222222222"


def role_of(number, name="infra-audit"):
    return f"arn:aws:iam::{number}:role/{name}"


@pytest.fixture
def tern():
    return make_organisation("Tern & Tide")


def account_of(aws, organisation, number=None, **fields):
    """Reached by a role in the account of that number; without one by the default credentials."""
    way = {"role_arn": role_of(number), "external_id": "tern-and-tide"} if number else {}
    given = {"account_id": "", "endpoint_url": aws.url, "regions": [REGION], "consent": "configuration"}
    return make_aws_account(organisation, **{**given, **way, **fields})


def test_three_accounts_are_one_run(aws, tern):
    accounts = [account_of(aws, tern, number) for number in (None, PRODUCTION, STAGING)]

    run = audit(*accounts)

    assert run.status in {Run.Status.DONE, Run.Status.DONE_WITH_GAPS}
    assert {one.account_id for one in accounts_read(run)} == {OWN, PRODUCTION, STAGING}
    assert accounts_left_out(run) == []
    found = set(Finding.objects.filter(check_id="root_no_mfa").values_list("account", flat=True))
    assert found == {OWN, PRODUCTION, STAGING}


def test_one_that_refuses_is_a_row_and_stops_no_other(aws, tern):
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole", about=STAGING),)))
    production, staging = account_of(aws, tern, PRODUCTION), account_of(aws, tern, STAGING, name="staging")

    run = audit(production, staging)

    assert run.status == Run.Status.DONE_WITH_GAPS
    [row] = accounts_left_out(run)
    assert (row.account, row.name, row.reason) == (STAGING, "staging", "failed")
    assert "would not let us in" in row.message
    told = json.loads(exports.as_json(run))
    assert [one["id"] for one in told["accounts"]] == [PRODUCTION]
    assert told["accounts_left_out"] == [row.as_json()]


@pytest.mark.parametrize("first", ["by role", "by credentials"])
def test_two_ways_into_one_account_are_read_once_and_it_is_told(aws, tern, first):
    alone = audit(account_of(aws, make_organisation()))
    ways = [account_of(aws, tern, OWN, name="by role"), account_of(aws, tern, name="by credentials")]
    ways.sort(key=lambda one: one.name != first)

    run = audit(*ways)

    assert [one.name for one in accounts_read(run)] == [first]
    [row] = accounts_left_out(run)
    assert (row.account, row.name, row.reason) == (OWN, ways[1].name, "listed_twice")
    assert row.message == f"This account is listed twice: it is read once, as {first}."
    assert run.units.count() == alone.units.count()
    assert run.occurrences.count() == alone.occurrences.count()
    assert run.result["examined"] == alone.result["examined"]
    assert [one["id"] for one in json.loads(exports.as_json(run))["accounts"]] == [OWN]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_two_ways_that_are_opened_at_once_one_is_read(aws, tern):
    ways = [account_of(aws, tern, OWN, name=f"role {n}") for n in range(3)]
    run = start_run(organisation=tern, accounts=ways, repositories=[], actor=None, in_this_process=True)

    drain(run=run, workers=3)

    run.refresh_from_db()
    assert accounts_read(run).count() == 1
    assert [row.reason for row in accounts_left_out(run)] == ["listed_twice"] * 2
    assert run.shards.filter(kind="place").count() == 2


def test_a_second_delivery_tells_of_it_once(aws, tern):
    run = audit(account_of(aws, tern, OWN), account_of(aws, tern))
    twice = run.shards.filter(kind="account").latest("pk")
    Shard.objects.filter(pk=twice.pk).update(status="queued")
    Run.objects.filter(pk=run.pk).update(status="running")

    execute_shard(shard_id=twice.pk)

    run.refresh_from_db()
    assert len(run.left_out) == 1


def test_the_same_account_in_a_later_run_is_read_again(aws, tern):
    account = account_of(aws, tern)
    audit(account)

    second = audit(account)

    assert accounts_left_out(second) == []
    assert second.units.exists()


def test_what_was_named_and_is_not_read_stands_in_the_document(aws, tern):
    suspended = LeftOut(STAGING, "old shop", "not_active", "The account is suspended, so nothing of it can be read.")

    run = audit(account_of(aws, tern), left_out=[suspended])

    assert accounts_left_out(run) == [suspended]
    assert json.loads(exports.as_json(run))["accounts_left_out"] == [suspended.as_json()]


def test_an_account_that_was_read_before_and_refuses_now_is_not_told_as_read(aws, tern):
    production, staging = account_of(aws, tern, PRODUCTION), account_of(aws, tern, STAGING, name="staging")
    audit(production, staging)
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole", about=STAGING),)))

    run = audit(production, staging)

    assert [one.account_id for one in accounts_read(run)] == [PRODUCTION]
    assert [one.account for one in accounts_left_out(run)] == [STAGING]


def test_a_single_resource_that_was_throttled_is_read_again_with_its_list():
    shard = make_shard(make_run(status=Run.Status.RUNNING))

    def unit(operation, ending, *reasons):
        unread = [{"resource": "a", "reason": reason, "iam_action": None, "denied_by": None} for reason in reasons]
        shard.units.create(run=shard.run, operation=operation, ending=ending, unread=unread)

    unit("sqs.list_queues", "throttled")
    unit("s3.list_buckets", "partial", "denied", "throttled")
    unit("kms.list_keys", "partial", "denied")
    unit("ec2.describe_vpcs", "ok")

    assert shards.throttled(shard) == {"sqs.list_queues", "s3.list_buckets"}


def test_what_is_throttled_to_the_end_is_tried_again_and_is_no_gap(aws, tern, monkeypatch):
    monkeypatch.setattr(sessions, "ATTEMPTS", 1)
    aws.client("sqs", REGION).create_queue(QueueName="mail")
    aws.set_faults(Faults(throttle=(Throttle("sqs", rate=0.001, burst=0),)))
    release = shards.release

    def mended(shard, *, after):
        aws.set_faults(Faults())
        release(shard, after=after)

    monkeypatch.setattr(runs.shards, "release", mended)

    run = audit(account_of(aws, tern))

    assert run.units.get(operation="sqs.list_queues").ending == "ok"


def test_the_pace_is_that_of_the_settings_unless_another_is_given(aws, tern, settings):
    settings.AWS_REQUESTS_PER_SECOND, settings.AWS_REQUESTS_IN_ALL = 7.5, 0
    assert pace.limits() == Limits(lane_per_second=7.5, overall_per_second=0)
    lanes = set()

    class Recording(Pace):
        def pace(self, lane):
            lanes.add(lane)

    run = start_run(
        organisation=tern, accounts=[account_of(aws, tern)], repositories=[], actor=None, in_this_process=True
    )
    drain(run=run, throttle=Recording())

    assert {(OWN, "ec2", REGION), (OWN, "iam", "us-east-1")} <= lanes
