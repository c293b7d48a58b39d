from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._tags import WEB, tagged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.resources import RESOURCE_OPERATIONS


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
    for one in tagged(inventory):
        if isinstance(one, Unknown):
            yield one
            continue
        row, tags = one
        detail = "It carries only tags that AWS set." if row["tags"] else "It carries no tag."
        evidence = {} if tags else {"missing": list(settings.required_tags)}
        yield Verdict(resource=row["arn"], bad=not tags, detail=detail, evidence=evidence)
