from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._secrets import example, verdict
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:launch-template/lt-0123456789abcdef0"
BAD, GOOD = example(ARN, name="web", versions=[1], has_user_data=True)


@check(
    id="launch_template_secret",
    title="A template for servers holds a credential",
    headline="{n} of {m} templates for servers hold a credential",
    good_news="None of {m} templates for servers holds a credential in the versions that are in use.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Everybody who may look at the template can read it, and so can every program on every server made from it.",
    action="Take credentials out of the templates that servers are made from",
    consequence="whoever may look at a template could take its credentials",
    needs=("ec2.describe_launch_template_versions",),
    consults=("ec2.describe_instance_attribute",),
    iam=("ec2:DescribeLaunchTemplateVersions", "ec2:DescribeInstances"),
    remedy="Change the credential, keep the new one in Secrets Manager or Parameter Store, let the script fetch it with"
    " the server's own role, and delete the template's old versions: they keep what they held.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
    bad={"ec2.describe_launch_template_versions": BAD},
    good={"ec2.describe_launch_template_versions": GOOD},
)
def launch_template_secret(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The servers that run a template's script are counted here; they have no finding of their own."""
    servers = [row.get("template") for row in inventory["ec2.describe_instance_attribute"]]
    for row in inventory["ec2.describe_launch_template_versions"]:
        count = servers.count(row["arn"])
        note = f" {count} running server{'s' if count != 1 else ''} came from it." if count else ""
        yield verdict(row, "ec2:launch-template", note)
