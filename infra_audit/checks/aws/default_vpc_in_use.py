from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._vpcs import INTERFACES, VPC
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

DEFAULT = {**VPC, "is_default": True}


@check(
    id="default_vpc_in_use",
    title="Something stands in the network that AWS made by itself",
    headline="{n} of {m} networks that AWS made by itself are used",
    good_news="None of {m} networks that AWS made by itself is used.",
    severity=Severity.LOW,
    effort=Effort.DAYS,
    why="Whatever starts there gets a public address unless somebody thinks of it, and no code says how it was meant.",
    action="Move what stands in the default networks to planned ones",
    consequence="a server could be on the internet without anybody having meant it",
    needs=("ec2.describe_vpcs", INTERFACES),
    iam=("ec2:DescribeVpcs", "ec2:DescribeNetworkInterfaces"),
    remedy="Start it again in a network of your own, in a private subnet; then delete the default network.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html",
    bad={"ec2.describe_vpcs": [DEFAULT], INTERFACES: [{"vpc": "vpc-1", "in_use": True}]},
    good={"ec2.describe_vpcs": [DEFAULT], INTERFACES: []},
)
def default_vpc_in_use(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Default networks alone are judged; one is used where a network interface stands in it."""
    for vpc in inventory["ec2.describe_vpcs"]:
        if not vpc["is_default"]:
            continue
        count = sum(one["vpc"] == vpc["id"] for one in inventory[INTERFACES])
        yield Verdict(
            resource=vpc["arn"],
            bad=count > 0,
            detail=f"{count} network interface{'s stand' if count > 1 else ' stands'} in it.",
            evidence={"interfaces": count},
        )
