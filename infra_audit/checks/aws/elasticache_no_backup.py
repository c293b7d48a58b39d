from collections.abc import Iterator
from datetime import datetime

from infra_audit.caches import GROUPS, SERVERS, stores
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

SESSIONS: Row = {
    "arn": "arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:sessions",
    "type": "elasticache:replicationgroup",
    "name": "sessions",
    "tags": {},
    "engine": "redis",
}


@check(
    id="elasticache_no_backup",
    title="An in-memory store makes no backups",
    headline="{n} of {m} in-memory stores make no backups",
    good_news="All {m} in-memory stores make backups.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="What only it holds (sessions, baskets, queued work) would be gone with it; as a mere cache it loses little.",
    action="Back up in-memory stores that hold more than a cache",
    consequence="sessions and queued work could be lost with one fault",
    over=(GROUPS, SERVERS),
    iam=("elasticache:DescribeReplicationGroups", "elasticache:DescribeCacheClusters"),
    remedy="Ask the team what it holds; unless it is a mere cache, set the snapshot retention to some days.",
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-automatic.html",
    bad={GROUPS: [{**SESSIONS, "snapshot_days": 0}]},
    good={GROUPS: [{**SESSIONS, "snapshot_days": 5}]},
)
def elasticache_no_backup(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Memcached cannot be backed up, so it is not judged; neither are serverless stores, which are not listed here."""
    for store in stores(inventory):
        if store["engine"] != "memcached":
            yield Verdict(resource=store["arn"], bad=not store["snapshot_days"], detail="It makes no backups.")
