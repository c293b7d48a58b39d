from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"
PROFILE = "arn:aws:iam::123456789012:instance-profile/web"


@check(
    id="ec2_no_instance_profile",
    title="A server has no identity of its own",
    headline="{n} of {m} servers have no identity of their own",
    good_news="All {m} servers have an identity of their own.",
    severity=Severity.INFO,
    effort=Effort.HOURS,
    why="Whatever such a server may do in the account, it does with credentials that somebody carried onto it.",
    action="Give each server an identity of its own",
    consequence="keys would have to be copied onto servers, where they could be stolen",
    needs=("ec2.describe_instances",),
    consults=("ec2.describe_instance_attribute",),
    iam=("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute"),
    remedy="Attach an instance profile whose role allows what the server does and no more; then remove the keys that"
    " it carries.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",
    bad={"ec2.describe_instances": [{"arn": ARN, "profile": None}]},
    good={"ec2.describe_instances": [{"arn": ARN, "profile": PROFILE}]},
)
def ec2_no_instance_profile(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """For information only, unless the server's start-up script was read and does hold a credential."""
    carrying = {row["arn"] for row in inventory["ec2.describe_instance_attribute"] if row["detections"]}
    for instance in inventory["ec2.describe_instances"]:
        carries = instance["arn"] in carrying
        yield Verdict(
            resource=instance["arn"],
            bad=instance["profile"] is None,
            detail="No instance profile" + (", and its start-up script holds a credential." if carries else "."),
            severity=Severity.MEDIUM if carries else None,
            severity_reason="Its start-up script holds a credential." if carries else "",
        )
