from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

BALANCERS, LISTENERS, CLASSIC = (
    "elbv2.describe_load_balancers",
    "elbv2.describe_listeners",
    "elb.describe_load_balancers",
)
SHOP: Row = {
    "arn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/0123456789abcdef",
    "type": "elasticloadbalancing:loadbalancer",
    "name": "shop",
    "tags": {},
    "kind": "application",
    "internet_facing": True,
}
PLAIN: Row = {"balancer": SHOP["arn"], "port": 80, "protocol": "HTTP"}


@check(
    id="elb_http_listener",
    title="A load balancer serves pages without encryption",
    headline="{n} of {m} load balancers serve pages without encryption",
    good_news="None of {m} load balancers serves pages without encryption.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="Whoever sits between a visitor and the site can read and change what they say, passwords and orders too.",
    action="Redirect unencrypted traffic at the load balancers",
    consequence="passwords and orders could be read on their way",
    over=(BALANCERS, CLASSIC),
    consults=(LISTENERS,),
    iam=(
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
    ),
    remedy="Let the listener on port 80 answer with a redirect to HTTPS alone, and listen on 443 with a certificate"
    " that AWS renews.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html",
    bad={BALANCERS: [SHOP], LISTENERS: [{**PLAIN, "actions": [{"kind": "forward", "to_https": False}]}]},
    good={BALANCERS: [SHOP], LISTENERS: [{**PLAIN, "actions": [{"kind": "redirect", "to_https": True}]}]},
)
def elb_http_listener(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """HTTP that is passed on, by default or by a rule. Inside a network of one's own it weighs less.

    Network load balancers pass on whatever comes, encrypted or not, which cannot be seen from here.
    """
    for balancer in inventory[BALANCERS]:
        if balancer["kind"] == "application":
            yield _judged(balancer, inventory)
    for balancer in inventory[CLASSIC]:
        ports = [one["port"] for one in balancer["listeners"] if one["protocol"] == "HTTP"]
        yield _verdict(balancer, ports)


def _judged(balancer: Row, inventory: Inventory) -> Verdict | Unknown:
    listeners = [one for one in inventory[LISTENERS] if one["balancer"] == balancer["arn"]]
    plain = [one for one in listeners if one["protocol"] == "HTTP"]
    ports = [one["port"] for one in plain if any(act["kind"] == "forward" for act in one["actions"] or ())]
    if not ports and _is_unread(balancer["arn"], plain, inventory):
        return Unknown(balancer["arn"], LISTENERS)
    return _verdict(balancer, ports)


def _is_unread(arn: str, plain: list[Row], inventory: Inventory) -> bool:
    """True where another listener or rule could have told otherwise."""
    units = inventory.units(LISTENERS)
    missed = any(miss.resource == arn for unit in units for miss in unit.unread)
    unreadable = not units or any(not unit.ending.readable for unit in units)
    return missed or unreadable or any(one["actions"] is None for one in plain)


def _verdict(balancer: Row, ports: list[int]) -> Verdict:
    inside = not balancer["internet_facing"]
    return Verdict(
        resource=balancer["arn"],
        bad=bool(ports),
        detail=f"It passes on HTTP from port {', '.join(map(str, ports))}{' inside the network' if inside else ''}.",
        evidence={"ports": ports, "internet_facing": balancer["internet_facing"]},
        severity=Severity.LOW if inside else None,
        severity_reason="It faces no internet." if inside else "",
    )
