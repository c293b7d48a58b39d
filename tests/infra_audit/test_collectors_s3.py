import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.emulator import Deny, Faults
from infra_audit.aws import AwsTarget, open_account, planned
from infra_audit.collectors.aws.s3 import buckets
from infra_audit.collectors.aws.throttle import Limits, Throttle
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unread
from infra_audit.registry import CheckSettings, catalogue
from tests.infra_audit.conftest import ACCOUNT, KEY, NOW, REGION, Collected

ACCESS = "s3.get_bucket_policy_status"
BOTH = {"RestrictPublicBuckets": True, "IgnorePublicAcls": True, "BlockPublicAcls": True, "BlockPublicPolicy": True}
POLICY_ONLY = {**BOTH, "IgnorePublicAcls": False}


def make_bucket(aws, name, region="us-east-1", *, policy=None, acl=None, block=None):
    s3 = aws.client("s3", region)
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **place)
    if policy:
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    if acl:
        s3.put_bucket_acl(Bucket=name, ACL=acl)
    if block:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)


def make_account_block(aws, flags):
    control = aws.client("s3control", "us-east-1")
    control.meta.events.register(
        "before-call", lambda params, **_: params.update(url=params["url"].replace("123456789012.", "", 1))
    )
    control.put_public_access_block(AccountId="123456789012", PublicAccessBlockConfiguration=flags)


def asked(aws, operation):
    return sum(count for (_, _, name), count in aws.calls().items() if name == operation)


def test_buckets_carry_their_region_and_tags(aws, collect):
    make_bucket(aws, "orders", "eu-west-1")
    make_bucket(aws, "logs")
    aws.client("s3", "us-east-1").put_bucket_tagging(
        Bucket="logs", Tagging={"TagSet": [{"Key": "Owner", "Value": "ada"}]}
    )

    rows = {row["name"]: row for row in collect("s3.list_buckets").rows}

    assert {name: (row["region"], row["tags"]) for name, row in rows.items()} == {
        "orders": ("eu-west-1", {}),
        "logs": ("us-east-1", {"Owner": "ada"}),
    }
    assert rows["orders"]["arn"] == "arn:aws:s3:::orders"


def test_a_bucket_whose_tags_are_denied_has_unknown_tags_and_is_named(aws, collect):
    make_bucket(aws, "orders")
    aws.set_faults(Faults(deny=(Deny("s3:GetBucketTagging"),)))

    unit = collect("s3.list_buckets")

    assert unit.ending is Ending.PARTIAL
    assert unit.rows[0]["tags"] is None
    assert [(one.resource, one.iam_action) for one in unit.unread] == [("arn:aws:s3:::orders", "s3:GetBucketTagging")]


@pytest.mark.parametrize(
    ("made", "policy_public", "acl_public"),
    [
        ({}, False, False),
        ({"policy": True}, True, False),
        ({"acl": "public-read"}, False, True),
        ({"acl": "authenticated-read"}, False, True),
        ({"policy": True, "acl": "public-read"}, True, True),
        ({"policy": True, "acl": "public-read", "block": POLICY_ONLY}, None, True),
        ({"policy": True, "block": BOTH}, None, None),
    ],
)
def test_what_opens_a_bucket_is_told_unless_a_flag_makes_it_harmless(aws, collect, made, policy_public, acl_public):
    make_bucket(aws, "orders", **made)

    unit = collect(ACCESS)

    [row] = unit.rows
    assert (row["policy_public"], row["acl_public"]) == (policy_public, acl_public)
    assert unit.ending is Ending.OK


def test_where_the_account_blocks_all_neither_policy_nor_acl_is_asked_for(aws, collect):
    make_bucket(aws, "orders", policy=True, acl="public-read")
    make_account_block(aws, BOTH)
    aws.clear_calls()

    assert collect(ACCESS).ending is Ending.OK
    assert collect("s3control.get_public_access_block").rows == (
        {
            "account": "arn:aws:iam::123456789012:root",
            "block_public_acls": True,
            "ignore_public_acls": True,
            "block_public_policy": True,
            "restrict_public_buckets": True,
        },
    )
    assert asked(aws, "GetBucketPolicyStatus") == asked(aws, "GetBucketAcl") == 0


def test_an_open_bucket_costs_five_calls_of_its_own_with_its_tags(aws, account):
    make_bucket(aws, "first")
    aws.clear_calls()
    collect_all(account)
    one = sum(aws.calls().values())
    for name in ("second", "third"):
        make_bucket(aws, name)
    aws.clear_calls()
    collect_all(account)

    assert sum(aws.calls().values()) - one == 2 * 5


@pytest.mark.parametrize(("told", "region"), [(None, "us-east-1"), ("EU", "eu-west-1"), ("eu-north-1", "eu-north-1")])
def test_a_bucket_that_is_listed_without_its_region_is_asked_for_it(told, region):
    asked = []

    class Reader:
        def pages(self, *_, **__):
            return iter([{"Name": "old"}, {"Name": "new", "BucketRegion": "eu-west-3"}])

        def each(self, read, items):
            return map(read, items)

        def call(self, service, operation, **params):
            asked.append((operation, params))
            return {"LocationConstraint": told}

    assert [found[:2] for found in buckets(Reader())] == [("old", region), ("new", "eu-west-3")]
    assert asked == [("get_bucket_location", {"Bucket": "old"})]


def collect_all(account):
    from infra_audit.aws import planned
    from infra_audit.inventory import Place

    place = Place("aws", account.id, "global")
    others = {one for one in planned(place, account.target) if not one.startswith("s3")}
    account.collect(place, emit=lambda unit: None, stop=lambda: False, done=frozenset(others))


def test_an_account_block_that_may_not_be_read_is_its_own_gap_and_no_one_else_s(aws, collect):
    make_bucket(aws, "orders", policy=True)
    aws.set_faults(Faults(deny=(Deny("s3:GetAccountPublicAccessBlock"),)))

    assert collect("s3control.get_public_access_block").iam_action == "s3:GetAccountPublicAccessBlock"
    assert collect(ACCESS).rows[0]["policy_public"]


def test_each_part_that_is_denied_is_unknown_and_the_bucket_named(aws, collect):
    make_bucket(aws, "orders")
    aws.set_faults(Faults(deny=(Deny("s3:GetBucketPublicAccessBlock"), Deny("s3:GetBucketAcl"))))

    unit = collect(ACCESS)

    [row] = unit.rows
    assert (row["restrict_public_buckets"], row["policy_public"], row["acl_public"]) == (None, False, None)
    assert sorted(one.iam_action for one in unit.unread) == ["s3:GetBucketAcl", "s3:GetBucketPublicAccessBlock"]


def test_a_list_that_is_denied_names_the_action_that_is_not_named_like_it(aws, collect):
    aws.set_faults(Faults(deny=(Deny("s3:ListAllMyBuckets"),)))

    unit = collect("s3.list_buckets")

    assert (unit.ending, unit.iam_action) == (Ending.DENIED, "s3:ListAllMyBuckets")


def test_a_bucket_tells_whether_it_keeps_versions_and_where_it_is_copied_to(aws, collect):
    s3 = aws.client("s3", "us-east-1")
    for name in ("orders", "orders-copy", "scratch"):
        make_bucket(aws, name)
    for name in ("orders", "orders-copy"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rules = [
        {
            "Status": status,
            "Priority": number,
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": f"arn:aws:s3:::{to}"},
        }
        for number, (to, status) in enumerate((("orders-copy", "Enabled"), ("given-up", "Disabled")), start=1)
    ]
    s3.put_bucket_replication(
        Bucket="orders",
        ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/copy", "Rules": rules},
    )
    aws.clear_calls()

    versions = {row["arn"]: row["versioned"] for row in collect("s3.get_bucket_versioning").rows}
    replication = collect("s3.get_bucket_replication").rows
    copies = {row["arn"]: row["copied_to"] for row in replication}

    assert [row["arn"] for row in replication if row["unversioned"]] == ["arn:aws:s3:::scratch"]
    assert versions == {
        "arn:aws:s3:::orders": True,
        "arn:aws:s3:::orders-copy": True,
        "arn:aws:s3:::scratch": False,
    }
    assert copies == {
        "arn:aws:s3:::orders": ["arn:aws:s3:::orders-copy"],
        "arn:aws:s3:::orders-copy": [],
        "arn:aws:s3:::scratch": [],
    }
    assert aws.calls()["s3", "us-east-1", "GetBucketReplication"] == 2  # without versions there is nothing to ask


def test_one_bucket_whose_copies_may_not_be_read_is_named(aws, collect):
    for name in ("open", "closed"):
        make_bucket(aws, name)
        aws.client("s3", "us-east-1").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    aws.set_faults(Faults(deny=(Deny("s3:GetReplicationConfiguration", about="closed"),)))

    unit = collect("s3.get_bucket_replication")

    assert unit.ending is Ending.PARTIAL
    assert {row["arn"]: row["copied_to"] for row in unit.rows} == {
        "arn:aws:s3:::open": [],
        "arn:aws:s3:::closed": None,
    }
    assert [miss.iam_action for miss in unit.unread] == ["s3:GetReplicationConfiguration"]


def test_one_bucket_of_five_hundred_that_is_shut_is_named_and_the_others_are_judged(aws):
    names = [f"harbour-{number:03}" for number in range(500)]
    s3 = aws.client("s3", "us-east-1")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: s3.create_bucket(Bucket=name), names))
    s3.put_bucket_versioning(Bucket="harbour-499", VersioningConfiguration={"Status": "Enabled"})
    aws.set_faults(Faults(deny=(Deny("s3:GetBucketVersioning", by="resource policy", about="harbour-137"),)))
    unhurried = Throttle(Limits(lane_per_second=0, overall_per_second=0))
    account = open_account(AwsTarget(endpoint_url=aws.url, regions=(REGION,)), key=KEY, now=NOW, throttle=unhurried)
    place, read = Place("aws", ACCOUNT, "global"), Collected()
    others = frozenset(planned(place, account.target)) - {"s3.list_buckets", "s3.get_bucket_versioning"}

    account.collect(place, emit=read, stop=lambda: False, done=others)

    shut, unit = "arn:aws:s3:::harbour-137", read.units["s3.get_bucket_versioning"]
    told = evaluate(
        Inventory(tuple(read.units.values())),
        settings=CheckSettings(),
        now=NOW,
        key=KEY,
        checks=[catalogue()["s3_no_versioning"]],
    )
    assert (unit.ending, len(unit.rows)) == (Ending.PARTIAL, 500)
    assert unit.unread == (Unread(shut, Ending.DENIED, "s3:GetBucketVersioning", "resource policy"),)
    assert (told.examined, told.passed) == ({"s3_no_versioning": 499}, {"s3_no_versioning": 1})
    assert {one.resource_name for one in told.findings} == {*names} - {"harbour-137", "harbour-499"}
    assert {(gap.resource, gap.iam_action) for gap in told.gaps} == {(shut, "s3:GetBucketVersioning")}
