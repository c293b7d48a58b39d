"""Which resources carry no tag of anybody's own."""

from datetime import UTC, datetime

import pytest

from infra_audit.collectors.registry import collectors
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unit, Unread
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.resources import RESOURCE_OPERATIONS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = Place("aws", "123456789012", "eu-west-1")


def resource(what, tags, name="it", **more):
    service, _, word = what.partition(":")
    found = f"arn:aws:{service}:eu-west-1:123456789012:{word}/{name}"
    return {"arn": found, "type": what, "id": name, "name": name, "tags": tags} | more


def judged(*units):
    checks = [catalogue()["resource_untagged"]]
    return evaluate(Inventory(units), settings=CheckSettings(), now=NOW, key=b"key", checks=checks)


def read(operation, *rows, **more):
    return Unit(operation, HERE, more.pop("ending", Ending.OK), rows, **more)


@pytest.mark.parametrize(
    ("tags", "bad"),
    [
        ({}, 1),
        ({"aws:cloudformation:stack-name": "shop"}, 1),
        ({"Name": "web"}, 0),
        ({"aws:autoscaling:groupName": "web", "Owner": "ada"}, 0),
        ({"Owner": ""}, 0),
    ],
)
def test_tags_that_aws_set_count_as_none(tags, bad):
    evaluation = judged(read("ec2.describe_instances", resource("ec2:instance", tags)))

    assert len(evaluation.findings) == bad
    assert evaluation.examined["resource_untagged"] == 1


@pytest.mark.parametrize(
    ("operation", "row"),
    [
        ("ec2.describe_vpcs", resource("ec2:vpc", {}, is_default=True)),
        ("ec2.describe_subnets", resource("ec2:subnet", {}, is_default=True)),
        ("ec2.describe_security_groups", resource("ec2:security-group", {}, is_default=True)),
        ("ec2.describe_route_tables", resource("ec2:route-table", {}, is_main=True)),
        ("rds.describe_db_snapshots", resource("rds:snapshot", {}, kind="automated")),
        ("rds.describe_db_cluster_snapshots", resource("rds:cluster-snapshot", {}, kind="awsbackup")),
        ("secretsmanager.list_secrets", resource("secretsmanager:secret", {}, owning_service="rds")),
    ],
)
def test_what_nobody_asked_aws_for_is_not_judged(operation, row):
    evaluation = judged(read(operation, row))

    assert evaluation.findings == []
    assert evaluation.examined["resource_untagged"] == 0


def test_a_gateway_of_a_network_of_ones_own_is_judged_and_that_of_the_default_one_is_not():
    vpcs = [
        resource("ec2:vpc", {"a": "b"}, "vpc-own", is_default=False),
        resource("ec2:vpc", {}, "vpc-d", is_default=True),
    ]
    gateways = [
        resource("ec2:internet-gateway", {}, f"igw-{vpc['id']}", vpcs=[vpc["id"]], is_default=False) for vpc in vpcs
    ]

    evaluation = judged(read("ec2.describe_vpcs", *vpcs), read("ec2.describe_internet_gateways", *gateways))

    assert [finding.resource_name for finding in evaluation.findings] == ["igw-vpc-own"]


def test_tags_that_could_not_be_read_are_named_once_and_not_judged():
    bucket = resource("s3:bucket", None)
    missed = Unread(bucket["arn"], Ending.DENIED, "s3:GetBucketTagging", "identity policy")

    evaluation = judged(read("s3.list_buckets", bucket, ending=Ending.PARTIAL, unread=(missed,)))

    assert evaluation.findings == []
    assert [(gap.resource, gap.iam_action) for gap in evaluation.gaps] == [(bucket["arn"], "s3:GetBucketTagging")]


def test_tags_that_a_list_left_out_are_named():
    evaluation = judged(read("rds.describe_db_instances", resource("rds:db", None)))

    assert [gap.message for gap in evaluation.gaps] == ["Its tags could not be read."]
    assert evaluation.examined["resource_untagged"] == 0


def test_a_type_that_could_not_be_listed_is_named_and_the_others_are_judged():
    evaluation = judged(
        read("ec2.describe_instances", resource("ec2:instance", {})), read("ec2.describe_vpcs", ending=Ending.DENIED)
    )

    assert len(evaluation.findings) == 1
    assert [gap.unit for gap in evaluation.gaps] == ["ec2.describe_vpcs"]


def test_every_operation_that_lists_resources_has_a_collector():
    assert set(RESOURCE_OPERATIONS) <= set(collectors())
