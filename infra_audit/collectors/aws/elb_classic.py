"""Load balancers of the first generation."""

from collections.abc import Iterator, Sequence
from typing import Any

from infra_audit.collectors.aws._rows import iso, pick, tags_of
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

TAGS_AT_ONCE = 20  # as many as DescribeTags takes


@collector(
    "elb.describe_load_balancers",
    iam=("elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags"),
)
def describe_load_balancers(reader: Reader) -> Iterator[Row]:
    """{arn, type "elasticloadbalancing:loadbalancer", name, tags, created_at, internet_facing, kind "classic", vpc,
    listeners: [{port, protocol}], targets: how many servers are registered}."""
    found = list(reader.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions", page_size=400))
    batches = [found[start : start + TAGS_AT_ONCE] for start in range(0, len(found), TAGS_AT_ONCE)]

    def read(batch: Sequence[dict[str, Any]]) -> list[Row]:
        tags = _tags(reader, [one["LoadBalancerName"] for one in batch])
        return [_row(reader, one, tags.get(one["LoadBalancerName"])) for one in batch]

    for rows in reader.each(read, batches):
        yield from rows


def _arn(reader: Reader, name: str) -> str:
    return reader.arn("elasticloadbalancing", f"loadbalancer/{name}")


def _tags(reader: Reader, names: list[str]) -> dict[str, dict[str, str]]:
    try:
        answer = reader.ask("elb", "describe_tags", LoadBalancerNames=names)
    except READ_ERRORS as error:
        for name in names:
            reader.miss(_arn(reader, name), error)
        return {}
    return {one["LoadBalancerName"]: tags_of(one) for one in answer["TagDescriptions"]}


def _row(reader: Reader, one: dict[str, Any], tags: dict[str, str] | None) -> Row:
    listeners = pick(one.get("ListenerDescriptions") or (), "Listener")
    return {
        "arn": _arn(reader, one["LoadBalancerName"]),
        "type": "elasticloadbalancing:loadbalancer",
        "name": one["LoadBalancerName"],
        "tags": tags,
        "created_at": iso(one.get("CreatedTime")),
        "internet_facing": one.get("Scheme") == "internet-facing",
        "kind": "classic",
        "vpc": one.get("VPCId"),
        "listeners": [{"port": each["LoadBalancerPort"], "protocol": each["Protocol"]} for each in listeners],
        "targets": len(one.get("Instances") or ()),
    }
