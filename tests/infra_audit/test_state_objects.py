"""States kept as objects: those named are read and stripped as they come, and no other object is ever asked for."""

import json
import random

import pytest
from botocore.exceptions import ReadTimeoutError

from demo.emulator import Deny, Faults
from infra_audit.aws import AwsTarget, failed_units, open_account, planned
from infra_audit.collectors.aws.endings import NotReadOnlyError
from infra_audit.collectors.aws.sessions import Connection
from infra_audit.iac import STATE_OBJECTS, told
from infra_audit.inventory import GLOBAL, Ending, Inventory, Place, Unit
from infra_audit.state_objects import StateObject
from tests.infra_audit.conftest import ACCOUNT, KEY, NOW, REGION

BUCKET = "hp-states"
GLOBALLY = Place("aws", ACCOUNT, GLOBAL)


def named(*keys):
    return tuple(StateObject(BUCKET, key) for key in keys)


def state(identity="vpc-1", **more):
    attributes = {"id": identity, **more}
    block = {"mode": "managed", "type": "aws_vpc", "name": "this", "instances": [{"attributes": attributes}]}
    return json.dumps({"version": 4, "resources": [block]})


@pytest.fixture
def bucket(aws):
    """Puts objects: `bucket(key, text)`."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return lambda key, text: s3.put_object(Bucket=BUCKET, Key=key, Body=text)


@pytest.fixture
def read(aws, collect):
    """The unit that reading some objects ends as."""

    def call(*keys, **more):
        target = AwsTarget(endpoint_url=aws.url, regions=(REGION,), state_objects=named(*keys), **more)
        return collect(STATE_OBJECTS, account=open_account(target, key=KEY, now=NOW))

    return call


def test_named_objects_are_read_down_to_ids_and_tags(bucket, read):
    secret = f"{random.getrandbits(80):x}"
    bucket("prod/terraform.tfstate", state(password=secret, tags={"Owner": "ada"}))
    bucket("dev/terraform.tfstate", state("vpc-2"))

    unit = read("prod/terraform.tfstate", "dev/terraform.tfstate")

    assert unit.ending is Ending.OK
    assert [(row["state"], row["id"], row["tags"]) for row in unit.rows] == [
        ("s3://hp-states/prod/terraform.tfstate", "vpc-1", {"Owner": "ada"}),
        ("s3://hp-states/dev/terraform.tfstate", "vpc-2", {}),
    ]
    assert secret not in json.dumps(unit.as_json())


def test_one_bad_object_is_named_and_the_others_are_read(bucket, read):
    bucket("good", state())
    bucket("old", '{"version": 3}')
    bucket("sealed", '{"encrypted_data": "x"}')

    unit = read("good", "old", "sealed", "gone")

    assert unit.ending is Ending.PARTIAL
    assert [row["id"] for row in unit.rows] == ["vpc-1"]
    assert [(miss.resource.rpartition("/")[2], miss.reason) for miss in unit.unread] == [
        ("gone", Ending.ERROR),
        ("old", Ending.UNSUPPORTED),
        ("sealed", Ending.UNSUPPORTED),
    ]
    for said in ("too old", "encrypted by OpenTofu", "There is no object s3://hp-states/gone."):
        assert said in unit.message


def test_a_refused_object_says_what_was_missing_and_who_refused(aws, bucket, read):
    bucket("a", state())
    bucket("b", state("vpc-2"))
    aws.set_faults(Faults(deny=(Deny("s3:GetObject", by="resource policy", about="hp-states/b"),)))

    unit = read("a", "b")

    (miss,) = unit.unread
    assert [row["id"] for row in unit.rows] == ["vpc-1"]
    assert (miss.resource, miss.reason, miss.iam_action, miss.denied_by) == (
        "s3://hp-states/b",
        Ending.DENIED,
        "s3:GetObject",
        "resource policy",
    )


def test_where_the_bucket_will_not_say_its_region_it_is_read_all_the_same(aws, bucket, read):
    bucket("a", state())
    aws.set_faults(Faults(deny=(Deny("s3:GetBucketLocation"),)))

    assert read("a").ending is Ending.OK


def test_an_object_that_stops_coming_is_not_half_read(bucket, read, monkeypatch):
    bucket("a", state())

    def breaks(*_):
        yield {"state": "a", "id": "vpc-1"}
        raise ReadTimeoutError(endpoint_url="s3")

    monkeypatch.setattr("infra_audit.collectors.aws.state_objects.rows_of", breaks)
    unit = read("a")

    assert (unit.rows, unit.ending) == ((), Ending.PARTIAL)


def test_an_object_too_large_is_not_read(bucket, read, monkeypatch):
    bucket("a", state())
    monkeypatch.setattr("infra_audit.collectors.aws.state_objects.MAX_BYTES", 10)

    unit = read("a")

    assert [miss.reason for miss in unit.unread] == [Ending.UNSUPPORTED]
    assert "strip-state" in unit.message


def test_with_metadata_only_nothing_is_read_and_that_is_said(aws, bucket, read):
    bucket("a", state())
    aws.clear_calls()

    unit = read("a", metadata_only=True)

    assert (unit.ending, unit.rows) == (Ending.DENIED, ())
    assert "consent" in unit.denied_by
    assert not [one for one in aws.calls() if one[2] == "GetObject"]


def test_where_no_object_was_named_none_is_planned():
    nothing = AwsTarget()

    assert STATE_OBJECTS not in planned(GLOBALLY, nothing)
    assert STATE_OBJECTS not in {unit.operation for unit in failed_units(nothing, "Away.")}
    assert STATE_OBJECTS in planned(GLOBALLY, AwsTarget(state_objects=named("a")))


@pytest.mark.parametrize("names", [(), named("b"), (StateObject("other", "a"),)])
def test_no_other_object_is_ever_asked_for(aws, bucket, names):
    bucket("a", state())
    aws.clear_calls()
    s3 = Connection(AwsTarget(endpoint_url=aws.url, state_objects=names)).client("s3", REGION)

    with pytest.raises(NotReadOnlyError):
        s3.get_object(Bucket=BUCKET, Key="a")

    assert not aws.calls()


def test_a_state_kept_in_one_account_speaks_of_all():
    """Many companies keep every state in one account."""
    vpc = f"arn:aws:ec2:{REGION}:210987654321:vpc/vpc-1"
    row = {"state": "s3://a/b", "tf_type": "aws_vpc", "arn": vpc, "id": "vpc-1", "attributes": {"arn": vpc}}
    there = Unit(STATE_OBJECTS, GLOBALLY, Ending.OK, (row,))
    here = Unit(
        "ec2.describe_vpcs",
        Place("aws", "210987654321", REGION),
        Ending.OK,
        ({"arn": vpc, "type": "ec2:vpc", "name": "net", "tags": {}, "id": "vpc-1", "is_default": False},),
    )

    (found,) = told(Inventory((here, there)).where(account="210987654321")).resources

    assert found.standing.kind == "terraform"
