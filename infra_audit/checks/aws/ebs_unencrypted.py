from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:volume/vol-0123456789abcdef0"


@check(
    id="ebs_unencrypted",
    title="A disk is not encrypted",
    headline="{n} of {m} disks are not encrypted",
    good_news="All {m} disks are encrypted.",
    severity=Severity.LOW,
    effort=Effort.DAYS,
    why="A copy of such a disk that gets into the wrong hands is readable by whoever has it, and auditors ask for it.",
    action="Encrypt disks, and make that the default",
    consequence="a disk's copy could be read by whoever gets hold of it",
    needs=("ec2.describe_volumes",),
    iam=("ec2:DescribeVolumes",),
    remedy="Switch on encryption by default in each region; then replace each disk by one made from an encrypted copy.",
    source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
    bad={"ec2.describe_volumes": [{"arn": ARN, "encrypted": False, "size_gib": 100}]},
    good={"ec2.describe_volumes": [{"arn": ARN, "encrypted": True, "size_gib": 100}]},
)
def ebs_unencrypted(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    for volume in inventory["ec2.describe_volumes"]:
        yield Verdict(
            resource=volume["arn"], bad=not volume["encrypted"], detail=f"{volume['size_gib']} GiB, not encrypted."
        )
