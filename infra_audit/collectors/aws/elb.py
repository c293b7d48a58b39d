"""Load balancers (application, network and gateway ones)."""

from collections.abc import Iterator, Sequence
from typing import Any

from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

TAGS_AT_ONCE = 20  # as many as DescribeTags takes


@collector(
    "elbv2.describe_load_balancers",
    iam=("elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags"),
)
def describe_load_balancers(reader: Reader) -> Iterator[Row]:
    """{arn, type "elasticloadbalancing:loadbalancer", name, tags, created_at, internet_facing: bool, kind, vpc,
    subnets: [ids]}.
    """
    found = list(reader.pages("elbv2", "describe_load_balancers", "LoadBalancers", page_size=400))
    batches = [found[start : start + TAGS_AT_ONCE] for start in range(0, len(found), TAGS_AT_ONCE)]

    def read(batch: Sequence[dict[str, Any]]) -> list[Row]:
        tags = _tags(reader, [one["LoadBalancerArn"] for one in batch])
        return [_row(one, tags.get(one["LoadBalancerArn"])) for one in batch]

    for rows in reader.each(read, batches):
        yield from rows


def _tags(reader: Reader, arns: list[str]) -> dict[str, dict[str, str]]:
    try:
        answer = reader.ask("elbv2", "describe_tags", ResourceArns=arns)
    except READ_ERRORS as error:
        for arn in arns:
            reader.miss(arn, error)
        return {}
    return {one["ResourceArn"]: tags_of(one) for one in answer["TagDescriptions"]}


def _row(one: dict[str, Any], tags: dict[str, str] | None) -> Row:
    return {
        "arn": one["LoadBalancerArn"],
        "type": "elasticloadbalancing:loadbalancer",
        "name": one["LoadBalancerName"],
        "tags": tags,
        "created_at": iso(one.get("CreatedTime")),
        "internet_facing": one.get("Scheme") == "internet-facing",
        "kind": one.get("Type"),
        "vpc": one.get("VpcId"),
        "subnets": [each["SubnetId"] for each in one.get("AvailabilityZones") or () if each.get("SubnetId")],
    }
