"""The log of requests: all that were sent are in it, signing in and retries too, and nothing of what they held."""

import csv
import io
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import botocore.credentials
import pytest

from demo.emulator import Deny, Faults, Throttle
from demo.faults import NOW_HEADER
from infra_audit.aws import AwsTarget, open_account
from infra_audit.call_log import Call, Calls, calls_csv, counted, grouped, merged, of_units, told
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import Collector
from infra_audit.inventory import Ending, Place, Unit
from tests.infra_audit.conftest import ACCOUNT, KEY, NOW, REGION

HERE = Place("aws", ACCOUNT, REGION)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/infra-audit"


@pytest.fixture
def by_role(aws):
    """The account, opened by a role with an external ID."""
    aws.client("iam").create_role(RoleName="infra-audit", AssumeRolePolicyDocument="{}")
    aws.clear_calls()
    target = AwsTarget(role_arn=ROLE, external_id="x" * 20, endpoint_url=aws.url, regions=(REGION,))
    return open_account(target, key=KEY, now=NOW)


def collected(account, place=HERE):
    units = []
    account.collect(place, emit=units.append, stop=lambda: False)
    return units


def endings(units, account):
    calls = merged(*(unit.calls for unit in units), account.signing_in)
    return {(one.operation, one.ending): len(one.at) for one in calls}


def test_the_log_is_all_that_the_endpoint_was_asked(aws, by_role):
    aws.client("sqs").create_queue(QueueName="a-name-that-is-no-one-s-business")
    aws.clear_calls()
    opened = counted(by_role.signing_in)  # before the count began

    units = collected(by_role)

    assert [one.operation for one in units if one.api_calls != counted(one.calls)] == []
    logged = Counter()
    for one in merged(*(unit.calls for unit in units)):
        logged[one.region, one.operation] += len(one.at)
    answered = Counter()
    for (_service, region, operation), count in aws.calls().items():
        answered[region, operation] += count
    assert logged == answered
    assert counted(by_role.signing_in) == opened
    assert {(one.service, one.operation) for one in by_role.signing_in} >= {
        ("sts", "AssumeRole"),
        ("sts", "GetCallerIdentity"),
    }
    assert "no-one-s-business" not in json.dumps([unit.as_json()["calls"] for unit in units])


def test_each_retry_is_a_request_that_ended_as_aws_said(aws, account, few_attempts):
    aws.set_faults(Faults(throttle=(Throttle("sqs", rate=0.001, burst=0),)))

    with ThreadPoolExecutor(1) as details:
        shard = account.shard(HERE, details, threading.Event())
        refused = Reader(shard, Collector("sqs.list_queues", ("sqs:ListQueues",), queues)).unit()

    assert refused.ending is Ending.THROTTLED
    [only] = refused.calls
    assert (only.service, only.operation, only.region) == ("sqs", "ListQueues", REGION)
    assert refused.api_calls == len(only.at) == 2
    assert only.ending != "ok"


def queues(reader):
    for url in reader.pages("sqs", "list_queues", "QueueUrls"):
        yield {"url": url}


@pytest.fixture
def almost_an_hour_later(by_role, monkeypatch):
    """Moves the SDK's clock, and the endpoint's where it hands out sessions."""
    later = datetime.now(UTC) + timedelta(minutes=58)
    session = by_role._connection.session

    def stamp(request, **_):
        request.headers[NOW_HEADER] = later.isoformat()

    def move():
        session.register("before-send.sts.AssumeRole", stamp)
        monkeypatch.setattr(botocore.credentials, "_local_now", lambda: later)
        monkeypatch.setattr(session.get_credentials(), "_time_fetcher", lambda: later)

    return move


def test_a_session_is_renewed_before_its_hour_is_over_and_reading_goes_on(aws, by_role, almost_an_hour_later):
    collected(by_role)
    assert endings([], by_role)["AssumeRole", "ok"] == 1
    almost_an_hour_later()

    units = collected(by_role)

    assert endings(units, by_role)["AssumeRole", "ok"] == 2
    assert {unit.ending for unit in units} <= {Ending.OK, Ending.UNSUPPORTED, Ending.NOT_ENABLED}


def test_a_role_whose_day_has_come_leaves_what_is_unread_not_assessed(aws, by_role, almost_an_hour_later):
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole", by="resource policy"),)))
    almost_an_hour_later()

    units = collected(by_role)

    assert {(unit.ending, unit.iam_action) for unit in units} == {(Ending.DENIED, "sts:AssumeRole")}


def test_requests_of_a_kind_are_kept_together_and_two_logs_are_one():
    one = grouped([Call("s3", "GetBucketAcl", REGION, "ok", at) for at in (20, 10)])
    other = grouped([Call("s3", "GetBucketAcl", REGION, "AccessDenied", 15)])

    assert one == (Calls("s3", "GetBucketAcl", REGION, "ok", (10, 20)),)
    assert merged(one, other, one)[1].at == (10, 10, 20, 20)
    assert counted(merged(one, other)) == 3


def test_a_unit_of_old_that_has_no_log_is_read_all_the_same():
    unit = Unit("sqs.list_queues", HERE, Ending.OK, calls=grouped([Call("sqs", "ListQueues", REGION, "ok", 1)]))
    data = json.loads(json.dumps(unit.as_json()))

    assert Unit.from_json(data) == unit
    del data["calls"]
    assert Unit.from_json(data).calls == ()


def test_no_cell_of_the_table_is_a_formula():
    odd = grouped([Call("=1", "-1", "@1", "+1", 1_764_000_000)])

    (line,) = csv.DictReader(io.StringIO(calls_csv({ACCOUNT: odd}), newline=""))

    assert (line["eventSource"], line["eventName"]) == ("'=1.amazonaws.com", "'-1")
    assert (line["awsRegion"], line["ending"]) == ("'@1", "'+1")


def test_as_a_table_it_reads_like_cloudtrail_in_order_of_time():
    unit = Unit(
        "s3.list_buckets", HERE, Ending.OK, calls=grouped([Call("s3", "ListBuckets", REGION, "ok", 1_764_000_000)])
    )
    logs = of_units([unit], {ACCOUNT: grouped([Call("sts", "AssumeRole", REGION, "ok", 1_763_999_999)])})

    head, *lines = calls_csv(logs).splitlines()

    assert head == '"eventTime","account","eventSource","eventName","awsRegion","ending"'
    assert lines == [
        f'"2025-11-24T15:59:59Z","{ACCOUNT}","sts.amazonaws.com","AssumeRole","{REGION}","ok"',
        f'"2025-11-24T16:00:00Z","{ACCOUNT}","s3.amazonaws.com","ListBuckets","{REGION}","ok"',
    ]
    assert told(logs)[0] == {
        "account": ACCOUNT,
        "service": "s3",
        "operation": "ListBuckets",
        "region": REGION,
        "ending": "ok",
        "at": ["2025-11-24T16:00:00Z"],
    }
