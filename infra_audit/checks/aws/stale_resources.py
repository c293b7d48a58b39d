from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

ADDRESSES, SERVERS = "ec2.describe_addresses", "ec2.describe_instances"
BALANCERS, CLASSIC = "elbv2.describe_load_balancers", "elb.describe_load_balancers"
GROUPS = "elbv2.describe_target_groups"
LISTENERS = "elbv2.describe_listeners"
STOPPED_DAYS = 30
SPARE: Row = {
    "arn": "arn:aws:ec2:eu-west-1:123456789012:elastic-ip/eipalloc-0123456789abcdef0",
    "type": "ec2:elastic-ip",
    "name": "eipalloc-0123456789abcdef0",
    "tags": {},
    "public_ip": "203.0.113.7",
}


@check(
    id="stale_resources",
    title="Something is paid for and used by nothing",
    headline="{n} of {m} addresses, load balancers and servers are paid for and used by nothing",
    good_news="All {m} addresses, load balancers and servers are in use.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="It costs every month, and nobody patches or watches what nobody uses.",
    action="Remove what nothing uses any more",
    consequence="money could be spent on what nobody needs",
    over=(ADDRESSES, SERVERS, BALANCERS, CLASSIC),
    consults=(GROUPS, LISTENERS),
    iam=(
        "ec2:DescribeAddresses",
        "ec2:DescribeInstances",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
    ),
    remedy="Ask who knows it; keep an image of a server for a while; then remove it, in the code that made it.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html",
    bad={ADDRESSES: [{**SPARE, "attached_to": None}]},
    good={ADDRESSES: [{**SPARE, "attached_to": "i-0123456789abcdef0"}]},
)
def stale_resources(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Judged by what is attached, not by traffic: asking for traffic is charged by AWS."""
    for address in inventory[ADDRESSES]:
        detail = "Nothing is attached to it; since when, AWS does not keep."
        yield Verdict(resource=address["arn"], bad=not address["attached_to"], detail=detail)
    for server in inventory[SERVERS]:
        yield from _server(server, now)
    for balancer in inventory[BALANCERS]:
        yield _balancer(balancer, inventory)
    for balancer in inventory[CLASSIC]:
        yield Verdict(resource=balancer["arn"], bad=not balancer["targets"], detail="No server is registered with it.")


def _server(server: Row, now: datetime) -> Iterator[Verdict | Unknown]:
    if server["state"] != "stopped":
        yield Verdict(resource=server["arn"], bad=False)
    elif stopped_at := server.get("stopped_at"):
        days = (now - datetime.fromisoformat(stopped_at)).days
        yield Verdict(
            resource=server["arn"],
            bad=days > STOPPED_DAYS,
            detail=f"Stopped for {days} days: by AWS's note of who stopped it, since {stopped_at[:10]}.",
            evidence={"stopped_at": stopped_at},
        )
    else:
        yield Unknown(server["arn"], SERVERS, because="It is stopped; since when, AWS does not tell.")


def _balancer(balancer: Row, inventory: Inventory) -> Verdict | Unknown:
    """Idle: it listens for nothing, or all to whom it could pass something on are empty. One may only redirect."""
    arn = balancer["arn"]
    groups = [one for one in inventory[GROUPS] if arn in one["balancers"]]
    listens = any(one["balancer"] == arn for one in inventory[LISTENERS])
    if any(one["targets"] for one in groups):
        return Verdict(resource=arn, bad=False)
    for operation in (LISTENERS, GROUPS):
        if _is_unread(operation, arn, inventory):
            return Unknown(arn, operation)
    empty = f"No target is registered in {', '.join(one['name'] for one in groups)}."
    return Verdict(
        resource=arn,
        bad=not listens or bool(groups),
        detail=empty if listens else "It listens for nothing.",
        evidence={"target_groups": [one["name"] for one in groups]},
    )


def _is_unread(operation: str, arn: str, inventory: Inventory) -> bool:
    units = inventory.units(operation)
    missed = any(miss.resource == arn for unit in units for miss in unit.unread)
    return missed or not units or any(not unit.ending.readable for unit in units)
