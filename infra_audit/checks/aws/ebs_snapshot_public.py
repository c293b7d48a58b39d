from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

ARN = "arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0"
OURS = {"ec2.describe_snapshots": [{"arn": ARN, "type": "ec2:snapshot", "name": "orders", "tags": {}}]}
BLOCK = "ec2.get_snapshot_block_public_access_state"


@check(
    id="ebs_snapshot_public",
    title="A copy of a disk is open to everybody with an AWS account",
    headline="{n} of {m} copies of disks are open to everybody with an AWS account",
    good_news="None of {m} copies of disks is open to strangers.",
    severity=Severity.CRITICAL,
    effort=Effort.MINUTES,
    why="Anybody can make a disk from it and read all that was on yours; some people look for nothing else.",
    action="Close the copies of disks that are open to everybody",
    consequence="anybody could read everything that was on the disk",
    needs=("ec2.describe_snapshots", "ec2.describe_snapshots.public"),
    consults=(BLOCK,),
    iam=("ec2:DescribeSnapshots", "ec2:GetSnapshotBlockPublicAccessState"),
    remedy="Make the snapshot private, block public access to snapshots in each region, and change every credential"
    " that lay on the disk.",
    source="https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html",
    bad={**OURS, "ec2.describe_snapshots.public": [{"snapshot": ARN}], BLOCK: [{"state": "block-new-sharing"}]},
    good={**OURS, "ec2.describe_snapshots.public": [{"snapshot": ARN}], BLOCK: [{"state": "block-all-sharing"}]},
    eased_outside_production=False,
)
def ebs_snapshot_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Shared with all, and the region does not block it: then a snapshot still says public and nobody gets to it."""
    public = {row["snapshot"] for row in inventory["ec2.describe_snapshots.public"]}
    states = {row["state"] for row in inventory[BLOCK]}
    for arn in dict.fromkeys([*(row["arn"] for row in inventory["ec2.describe_snapshots"]), *sorted(public)]):
        if arn in public and not states:
            yield Unknown(arn, BLOCK)
            continue
        yield Verdict(
            resource=arn,
            bad=arn in public and "block-all-sharing" not in states,
            detail="Every AWS account may make a disk from it.",
        )
