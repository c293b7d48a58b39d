from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:volume/vol-0123456789abcdef0"
DISK = {"arn": ARN, "size_gib": 100, "created_at": "2026-01-05T09:00:00+00:00"}


@check(
    id="ebs_unattached",
    title="A disk is attached to nothing",
    headline="{n} of {m} disks are attached to nothing",
    good_news="All {m} disks are attached to a server.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="It costs as much as one in use, and what is on it is watched by nobody.",
    action="Copy, then delete, the disks that nothing uses",
    consequence="forgotten data lies about, and is paid for",
    needs=("ec2.describe_volumes",),
    iam=("ec2:DescribeVolumes",),
    remedy="Make a snapshot of what may still be wanted, then delete the volume.",
    source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-volume.html",
    bad={"ec2.describe_volumes": [{**DISK, "attached_to": []}]},
    good={"ec2.describe_volumes": [{**DISK, "attached_to": ["i-0123456789abcdef0"]}]},
    eased_outside_production=False,
)
def ebs_unattached(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Since when it is so, AWS does not say; a container cluster may keep one for a moment between two servers."""
    for volume in inventory["ec2.describe_volumes"]:
        made = (volume["created_at"] or "")[:10]
        yield Verdict(
            resource=volume["arn"],
            bad=not volume["attached_to"],
            detail=f"{volume['size_gib']} GiB, made on {made}.",
            evidence={"size_gib": volume["size_gib"], "created_at": volume["created_at"]},
        )
