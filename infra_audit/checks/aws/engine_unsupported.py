from collections.abc import Iterator
from datetime import UTC, datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.support_wording import judge_version

INSTANCES, CLUSTERS = "rds.describe_db_instances", "rds.describe_db_clusters"
KUBERNETES, CACHES = "eks.list_clusters", "elasticache.describe_cache_clusters"
NAMES = {
    "aurora-mysql": "Aurora MySQL",
    "aurora-postgresql": "Aurora PostgreSQL",
    "docdb": "DocumentDB",
    "mariadb": "MariaDB",
    "mysql": "MySQL",
    "neptune": "Neptune",
    "oracle": "Oracle",
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "sqlserver": "SQL Server, version",
    "valkey": "Valkey",
}
ORDERS = {"arn": "arn:aws:rds:eu-west-1:123456789012:db:orders", "type": "rds:db", "name": "orders", "tags": {}}


@check(
    id="engine_unsupported",
    title="A database, cache or container cluster runs a version without support",
    headline="{n} of {m} databases, caches and container clusters run a version without support",
    good_news="All {m} databases, caches and container clusters run versions with support.",
    severity=Severity.HIGH,
    effort=Effort.DAYS,
    why="Flaws found from now on are not mended, or only at an extra price, and AWS upgrades on a day of its choosing.",
    action="Upgrade databases and clusters that lost support",
    consequence="a forced upgrade or an open flaw could hit at any time",
    over=(INSTANCES, CLUSTERS, KUBERNETES, CACHES),
    iam=(
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "eks:ListClusters",
        "eks:DescribeCluster",
        "elasticache:DescribeCacheClusters",
        "elasticache:ListTagsForResource",
        "tag:GetResources",
    ),
    remedy="Restore a copy, upgrade that, and test against it; then plan the upgrade of the original with a way back.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html",
    bad={INSTANCES: [{**ORDERS, "cluster": None, "engine": "mysql", "engine_version": "5.6.51"}]},
    good={INSTANCES: [{**ORDERS, "cluster": None, "engine": "postgres", "engine_version": "16.4"}]},
    examples_at=datetime(2026, 6, 1, tzinfo=UTC),
)
def engine_unsupported(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A cluster speaks for its members. Memcached is not judged: its versions have no announced ends."""
    for operation in (INSTANCES, CLUSTERS):
        for row in inventory[operation]:
            if not row.get("cluster"):
                yield _database(row, now, operation)
    for row in inventory[KUBERNETES]:
        called = f"Kubernetes {row['version']}"
        yield judge_version(
            row["arn"], called, "eks", row["version"], now, operation=KUBERNETES, paid="AWS mends it at an extra price"
        )
    yield from _caches(inventory[CACHES], now)


def _database(row: Row, now: datetime, operation: str) -> Verdict | Unknown:
    product = "aurora-mysql" if row["engine"] == "aurora" else row["engine"]
    if product.startswith(("oracle-", "sqlserver-")):
        product = product.partition("-")[0]
    version = row["engine_version"].partition(".mysql_aurora")[0]  # "8.0.mysql_aurora.3.05.2"
    if product == "sqlserver":
        version = version.partition(".")[0]
    called = f"{NAMES.get(product, product)} {version}"
    paid = "AWS mends it at an extra price"
    return judge_version(row["arn"], called, product, version, now, operation=operation, paid=paid)


def _caches(rows: list[Row], now: datetime) -> Iterator[Verdict | Unknown]:
    """One verdict a group of nodes, by its first node."""
    seen: set[str] = set()
    for row in rows:
        resource = (
            f"{row['arn'].rpartition(':cluster:')[0]}:replicationgroup:{row['group']}" if row["group"] else row["arn"]
        )
        if row["engine"] == "memcached" or resource in seen:
            continue
        seen.add(resource)
        version = row["engine_version"] or "of an unknown version"
        yield judge_version(
            resource,
            f"{NAMES.get(row['engine'], row['engine'])} {version}",
            row["engine"],
            version,
            now,
            operation=CACHES,
            paid="AWS mends it at an extra price",
            resource_type=f"elasticache:{'replicationgroup' if row['group'] else 'cluster'}",
            resource_name=row["group"] or row["name"],
        )
