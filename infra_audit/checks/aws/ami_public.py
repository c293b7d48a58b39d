from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0"


@check(
    id="ami_public",
    title="A server image is open to everybody with an AWS account",
    headline="{n} of {m} server images are open to everybody with an AWS account",
    good_news="None of {m} server images is open to strangers.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="Anybody can start a server from it and look through all that was left on it: code, keys, histories.",
    action="Close the server images that are open to everybody",
    consequence="anybody could look through what was left on the image",
    needs=("ec2.describe_images",),
    iam=("ec2:DescribeImages",),
    remedy="Take the public launch permission away, block public access to images in each region, and change every"
    " credential that was ever on the image.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-public-access-to-amis.html",
    bad={"ec2.describe_images": [{"arn": ARN, "public": True}]},
    good={"ec2.describe_images": [{"arn": ARN, "public": False}]},
    eased_outside_production=False,
)
def ami_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Our own images only. The region's block keeps new ones from becoming public and leaves these as they are."""
    for image in inventory["ec2.describe_images"]:
        yield Verdict(
            resource=image["arn"], bad=image["public"], detail="Every AWS account may start a server from it."
        )
