from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._secrets import example, verdict
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"
BAD, GOOD = example(ARN, has_user_data=True, template=None)


@check(
    id="ec2_secret_in_user_data",
    title="A server's start-up script holds a credential",
    headline="{n} of {m} servers hold a credential in their start-up script",
    good_news="None of the start-up scripts of {m} servers holds a credential.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Everybody who may look at the server's settings, and every program on the server, can read it.",
    action="Take credentials out of start-up scripts",
    consequence="whoever may look at a server could take its credentials",
    needs=("ec2.describe_instance_attribute",),
    iam=("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeLaunchTemplateVersions"),
    remedy="Change the credential, keep the new one in Secrets Manager or Parameter Store, and let the script fetch"
    " it with the server's own role.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
    bad={"ec2.describe_instance_attribute": BAD},
    good={"ec2.describe_instance_attribute": GOOD},
)
def ec2_secret_in_user_data(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """One verdict a server; what a launch template gave it is that template's finding."""
    for row in inventory["ec2.describe_instance_attribute"]:
        if not row.get("template"):
            yield verdict(row, "ec2:instance")
