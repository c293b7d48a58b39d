from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.reachability import ROUTES, SUBNETS, Network
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:natgateway/nat-1"
GATEWAY = {"arn": ARN, "id": "nat-1", "name": "nat", "vpc": "vpc-1"}
A, B = ({"id": f"subnet-{z}", "name": f"app-{z}", "vpc": "vpc-1", "zone": f"eu-west-1{z}"} for z in "ab")
TABLE = {"vpc": "vpc-1", "is_main": True, "subnets": [], "routes": [{"to": "0.0.0.0/0", "via": "nat-1", "works": True}]}
AROUND = {SUBNETS: [A, B], ROUTES: [TABLE]}


@check(
    id="nat_single_point",
    title="Several zones reach the internet through one",
    headline="{n} of {m} gateways to the internet are the only way out for other data centre zones too",
    good_news="None of {m} gateways to the internet carries another data centre zone than its own.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="When that zone fails, the servers in the others still run, yet reach nothing outside: no payments, no mail.",
    action="Give each zone a way out of its own",
    consequence="one failing data centre would cut the others off too",
    needs=("ec2.describe_nat_gateways", SUBNETS, ROUTES),
    iam=("ec2:DescribeNatGateways", "ec2:DescribeSubnets", "ec2:DescribeRouteTables"),
    remedy="Put a NAT gateway into each zone and route each private subnet to its own, or use a regional one.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html",
    bad={"ec2.describe_nat_gateways": [{**GATEWAY, "subnet": "subnet-a", "regional": False}], **AROUND},
    good={"ec2.describe_nat_gateways": [{**GATEWAY, "subnet": None, "regional": True}], **AROUND},
)
def nat_single_point(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """By the routes of each subnet. A regional gateway stands in every zone, so it is no single point."""
    network = Network(inventory)
    ways = [(subnet, network.way_out(subnet["id"])) for subnet in inventory[SUBNETS]]
    for nat in network.nats.values():
        here = network.zone_of(nat)
        hanging = [subnet for subnet, way in ways if way.via == nat["id"] and here and subnet["zone"] != here]
        names = ", ".join(f"{one['name']} ({one['zone']})" for one in hanging[:5])
        more = f" and {len(hanging) - 5} more" if len(hanging) > 5 else ""
        yield Verdict(
            resource=nat["arn"],
            bad=bool(hanging) and not nat["regional"],
            detail=f"It stands in {here}; on it hang {names}{more}.",
            evidence={"zone": here, "subnets": [one["id"] for one in hanging]},
        )
