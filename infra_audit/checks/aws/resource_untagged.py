from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.resources import RESOURCE_OPERATIONS, Resources, own_tags

WEB = {"arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0", "type": "ec2:instance", "name": "web"}


@check(
    id="resource_untagged",
    title="A resource carries no tag",
    headline="{n} of {m} resources carry no tag",
    good_news="All {m} resources carry tags.",
    severity=Severity.LOW,
    effort=Effort.DAYS,
    why="Nobody can tell from the account what it is for, who looks after it, and whose budget pays for it.",
    action="Tag every resource with its owner and environment",
    consequence="costs and responsibilities could not be told apart",
    over=RESOURCE_OPERATIONS,
    iam=("tag:GetResources",),
    remedy="Agree on a few tags (environment, owner), set them as defaults in the code that makes the resources, and"
    " tag by script what no code makes.",
    source="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
    bad={"ec2.describe_instances": [{**WEB, "tags": {"aws:autoscaling:groupName": "web"}}]},
    good={"ec2.describe_instances": [{**WEB, "tags": {"Owner": "shop"}}]},
    eased_outside_production=False,
)
def resource_untagged(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Tags that AWS sets by itself count as none. What nobody asked AWS for is not judged."""
    for row, unit in Resources(inventory):
        tags = own_tags(row)
        if tags is not None:
            detail = "It carries only tags that AWS set." if row["tags"] else "It carries no tag."
            yield Verdict(resource=row["arn"], bad=not tags, detail=detail)
        elif row["arn"] not in {miss.resource for miss in unit.unread}:  # those are named already
            yield Unknown(row["arn"], unit.operation, because="Its tags could not be read.")
