from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._vpcs import INTERFACES, VPC, in_use
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

A, B = ({"id": f"subnet-{zone}", "vpc": "vpc-1", "zone": f"eu-west-1{zone}"} for zone in "ab")


@check(
    id="vpc_single_az",
    title="A network lies in one data centre zone",
    headline="{n} of {m} networks in use lie in one data centre zone",
    good_news="All {m} networks in use lie in several data centre zones.",
    severity=Severity.MEDIUM,
    effort=Effort.DAYS,
    why="When that zone fails, everything in the network fails with it, and there is nowhere to start it again.",
    action="Spread the networks over two data centre zones",
    consequence="one failing data centre would stop everything in the network",
    needs=("ec2.describe_vpcs", "ec2.describe_subnets"),
    consults=(INTERFACES,),
    iam=("ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces"),
    remedy="Add subnets in a second zone, then let groups, load balancers and databases use both.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-subnet-basics.html",
    bad={"ec2.describe_vpcs": [VPC], "ec2.describe_subnets": [A], INTERFACES: [{"vpc": "vpc-1"}]},
    good={"ec2.describe_vpcs": [VPC], "ec2.describe_subnets": [A, B], INTERFACES: [{"vpc": "vpc-1"}]},
)
def vpc_single_az(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """By the zones of its subnets. A network in which nothing stands is not judged."""
    for vpc in inventory["ec2.describe_vpcs"]:
        used = in_use(vpc, inventory)
        zones = sorted({one["zone"] for one in inventory["ec2.describe_subnets"] if one["vpc"] == vpc["id"]})
        if used is None and len(zones) == 1:
            yield Unknown(vpc["arn"], INTERFACES)
        elif used:
            yield Verdict(
                resource=vpc["arn"],
                bad=len(zones) == 1,
                detail=f"All its subnets lie in {', '.join(zones)}.",
                evidence={"zones": zones},
            )
