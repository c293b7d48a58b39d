"""What load balancers listen for, and to whom they pass it on."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

FORWARD = "forward"


@collector(
    "elbv2.describe_listeners",
    iam=(
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
    ),
)
def describe_listeners(reader: Reader) -> Iterator[Row]:
    """{listener: its ARN, balancer: its ARN, port, protocol, actions: [{kind, to_https: bool}]}.

    AWS lists them by balancer only. The rules of a listener are asked for only where they decide: it speaks HTTP, and
    by default passes nothing on. `actions` then holds those of the rules too; it is None where they could not be read.
    """
    found = reader.pages("elbv2", "describe_load_balancers", "LoadBalancers", page_size=400)

    def read(balancer: Mapping[str, Any]) -> list[Row]:
        arn = balancer["LoadBalancerArn"]
        try:
            listed = reader.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
            return [_listener(reader, one, arn) for one in listed]
        except READ_ERRORS as error:
            reader.miss(arn, error)
            return []

    for rows in reader.each(read, found):
        yield from rows


def _listener(reader: Reader, one: Mapping[str, Any], balancer: str) -> Row:
    actions = _actions(one.get("DefaultActions") or ())
    protocol = one.get("Protocol", "")
    row: Row = {
        "listener": one["ListenerArn"],
        "balancer": balancer,
        "port": one.get("Port"),
        "protocol": protocol,
        "actions": actions,
    }
    if protocol == "HTTP" and not any(action["kind"] == FORWARD for action in actions):
        try:
            rules = list(reader.pages("elbv2", "describe_rules", "Rules", ListenerArn=one["ListenerArn"]))
            row["actions"] = _actions(action for rule in rules for action in rule.get("Actions") or ())
        except READ_ERRORS as error:
            reader.miss(balancer, error)
            row["actions"] = None
    return row


def _actions(described: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [
        {
            "kind": one["Type"],
            "to_https": (one.get("RedirectConfig") or {}).get("Protocol") == "HTTPS",
        }
        for one in described
    ]


@collector(
    "elbv2.describe_target_groups",
    iam=("elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"),
)
def describe_target_groups(reader: Reader) -> Iterator[Row]:
    """{group: its ARN, name, kind, balancers: [ARNs], targets: how many, None where unread or attached to none}.

    How many it has is one call each, so those that no balancer uses are not asked.
    """

    def read(one: Mapping[str, Any]) -> Row:
        balancers = list(one.get("LoadBalancerArns") or ())
        return {
            "group": one["TargetGroupArn"],
            "name": one["TargetGroupName"],
            "kind": one.get("TargetType"),
            "balancers": balancers,
            "targets": _count(reader, one["TargetGroupArn"], balancers) if balancers else None,
        }

    yield from reader.each(read, reader.pages("elbv2", "describe_target_groups", "TargetGroups", page_size=400))


def _count(reader: Reader, group: str, balancers: Iterable[str]) -> int | None:
    try:
        told = reader.ask("elbv2", "describe_target_health", TargetGroupArn=group)
    except READ_ERRORS as error:
        for balancer in balancers:
            reader.miss(balancer, error)
        return None
    return len(told["TargetHealthDescriptions"])
