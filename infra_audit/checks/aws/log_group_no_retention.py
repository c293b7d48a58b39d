from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

LOG_GROUPS = "logs.describe_log_groups"
ORDERS = {
    "arn": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/orders",
    "type": "logs:log-group",
    "name": "/aws/lambda/orders",
    "bytes": 5_368_709_120,
    "kind": "STANDARD",
}
GIB = 1024**3


@check(
    id="log_group_no_retention",
    title="Logs are kept for ever",
    headline="{n} of {m} groups of logs are kept for ever",
    good_news="All {m} groups of logs are deleted after a time.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="They cost more every month, and what they hold of people may not be kept that long.",
    action="Give every group of logs a time to live",
    consequence="logs could grow dearer for ever, and keep what must be deleted",
    needs=(LOG_GROUPS,),
    iam=("logs:DescribeLogGroups",),
    remedy="Set a retention (30 or 90 days for most) by script for all there are, and in the code that makes new ones.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    bad={LOG_GROUPS: [{**ORDERS, "retention_days": None}]},
    good={LOG_GROUPS: [{**ORDERS, "retention_days": 30}]},
)
def log_group_no_retention(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Those that AWS delivers elsewhere have a fixed short life, so they are not judged."""
    for group in inventory[LOG_GROUPS]:
        if group["kind"] != "DELIVERY":
            yield Verdict(
                resource=group["arn"],
                bad=group["retention_days"] is None,
                detail=f"It never expires, and holds {group['bytes'] / GIB:,.1f} GiB.",
                evidence={"bytes": group["bytes"]},
            )
