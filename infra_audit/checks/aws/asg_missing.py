from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check
from infra_audit.resources import PARENT_TAGS

SERVER = {"arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "id": "i-1", "state": "running", "tags": {}}
GROUPS = "autoscaling.describe_auto_scaling_groups"


@check(
    id="asg_missing",
    title="Nothing starts another server when this one fails",
    headline="{n} of {m} running servers stand alone: nothing starts another when one fails",
    good_news="All {m} running servers are replaced by themselves when one fails.",
    severity=Severity.LOW,
    effort=Effort.DAYS,
    why="When its disk, its system or its zone fails, somebody has to notice and build it again by hand.",
    action="Let groups keep servers running",
    consequence="a failed server would stay away until somebody builds it again",
    needs=("ec2.describe_instances", GROUPS),
    iam=("ec2:DescribeInstances", "autoscaling:DescribeAutoScalingGroups"),
    remedy="Start servers by an Auto Scaling group, of one where one is enough, from a launch template that sets them"
    " up without a hand.",
    source="https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html",
    bad={"ec2.describe_instances": [SERVER], GROUPS: [{"instances": ["i-2"]}]},
    good={"ec2.describe_instances": [SERVER], GROUPS: [{"instances": ["i-1"]}]},
)
def asg_missing(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """In no group, fleet or cluster. AWS moves a server to other hardware after a fault of its host, no more."""
    kept = {identity for group in inventory[GROUPS] for identity in group["instances"]}
    for instance in inventory["ec2.describe_instances"]:
        if instance["state"] != "running":
            continue
        tags = instance["tags"] or {}
        yield Verdict(
            resource=instance["arn"],
            bad=instance["id"] not in kept and not any(key in tags for key in PARENT_TAGS),
            detail="It is in no Auto Scaling group; AWS itself only moves it after a fault of the hardware.",
        )
