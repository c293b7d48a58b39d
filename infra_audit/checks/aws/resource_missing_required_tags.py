from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._tags import WEB, tagged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.resources import RESOURCE_OPERATIONS
from infra_audit.tags import lacking


@check(
    id="resource_missing_required_tags",
    title="A resource lacks a tag that all should carry",
    headline="{n} of {m} tagged resources lack a tag that all should carry",
    good_news="All {m} tagged resources carry the tags that all should carry.",
    severity=Severity.LOW,
    effort=Effort.DAYS,
    why="It falls out of every report by owner or environment, and nobody is asked when it fails or costs too much.",
    action="Complete the tags of every resource",
    consequence="costs and alarms could reach nobody",
    over=RESOURCE_OPERATIONS,
    iam=("tag:GetResources",),
    remedy="Set the tags as defaults in the code that makes the resources; the remedy kit has a script that completes"
    " those that no code makes, and shows what it would do first.",
    source="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
    bad={"ec2.describe_instances": [{**WEB, "tags": {"Name": "web", "Owner": "shop"}}]},
    good={"ec2.describe_instances": [{**WEB, "tags": {"Environment": "prod", "Owner": "shop"}}]},
    eased_outside_production=False,
)
def resource_missing_required_tags(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """Only what carries some tag: the rest is untagged. Another spelling of a key counts; an empty value does not."""
    for one in tagged(inventory) if settings.required_tags else ():
        if isinstance(one, Unknown):
            yield one
            continue
        row, tags = one
        if tags:
            missing = lacking(tags, settings.required_tags)
            detail = f"It has no {' and no '.join(missing)}." if missing else ""
            yield Verdict(resource=row["arn"], bad=bool(missing), detail=detail, evidence={"missing": missing})
