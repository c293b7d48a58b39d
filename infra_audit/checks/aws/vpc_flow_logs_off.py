from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._vpcs import INTERFACES, VPC, in_use
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

LOGS, SUBNETS = "ec2.describe_flow_logs", "ec2.describe_subnets"
LOG = {"of": "vpc-1", "active": True, "delivered": True}
AROUND = {"ec2.describe_vpcs": [VPC], SUBNETS: [{"id": "subnet-1", "vpc": "vpc-1"}], INTERFACES: [{"vpc": "vpc-1"}]}


@check(
    id="vpc_flow_logs_off",
    title="Nobody could tell who talked to whom in a network",
    headline="{n} of {m} networks in use keep no record of who talked to whom",
    good_news="All {m} networks in use keep a record of who talked to whom.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="After a break-in, what was touched and what was carried off can then only be guessed.",
    action="Keep a record of traffic in the networks",
    consequence="after a break-in nobody could say what was carried off",
    needs=("ec2.describe_vpcs", SUBNETS, LOGS),
    consults=(INTERFACES,),
    iam=("ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeFlowLogs", "ec2:DescribeNetworkInterfaces"),
    remedy="Switch on flow logs for each network, to a storage bucket that deletes them after some months.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",
    bad={**AROUND, LOGS: [{**LOG, "delivered": False}]},
    good={**AROUND, LOGS: [LOG]},
)
def vpc_flow_logs_off(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A record of the network, or of each of its subnets, that is switched on and gets written."""
    for vpc in inventory["ec2.describe_vpcs"]:
        used = in_use(vpc, inventory)
        recorded = _recorded(vpc["id"], inventory)
        if used is None and not recorded:
            yield Unknown(vpc["arn"], INTERFACES)
        elif used or recorded:
            failing = any(one["of"] == vpc["id"] and not one["delivered"] for one in inventory[LOGS])
            yield Verdict(
                resource=vpc["arn"],
                bad=not recorded,
                detail="It has a flow log, and its records cannot be written." if failing else "It has no flow log.",
            )


def _recorded(vpc: str, inventory: Inventory) -> bool:
    kept = {row["of"] for row in _working(inventory[LOGS])}
    subnets = {row["id"] for row in inventory[SUBNETS] if row["vpc"] == vpc}
    return vpc in kept or (bool(subnets) and subnets <= kept)


def _working(logs: list[Row]) -> list[Row]:
    return [one for one in logs if one["active"] and one["delivered"]]
