from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"
SERVER = {"arn": ARN, "imds": True, "profile": "arn:aws:iam::123456789012:instance-profile/web"}


@check(
    id="ec2_imdsv1",
    title="A server gives its credentials to a simple request",
    headline="{n} of {m} servers give their credentials to a simple request",
    good_news="None of {m} servers gives its credentials to a simple request.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="A flaw that lets a stranger make the server fetch an address is then enough to steal what the server may do.",
    action="Have servers ask for a token before they give credentials",
    consequence="one flaw in a website could give away what its server may do",
    needs=("ec2.describe_instances",),
    iam=("ec2:DescribeInstances",),
    remedy="Require version 2 of the metadata service on each instance and in launch templates, and make it the"
    " account's default.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
    bad={"ec2.describe_instances": [{**SERVER, "imds_v2_required": False}]},
    good={"ec2.describe_instances": [{**SERVER, "imds_v2_required": True}]},
)
def ec2_imdsv1(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Version 1 still answers. Without an instance profile there are no credentials to give: milder."""
    for instance in inventory["ec2.describe_instances"]:
        without = instance["profile"] is None
        yield Verdict(
            resource=instance["arn"],
            bad=instance["imds"] and not instance["imds_v2_required"],
            detail="The metadata service answers without a token (version 1).",
            severity=Severity.LOW if without else None,
            severity_reason="It has no instance profile, so no credentials to give away." if without else "",
        )
