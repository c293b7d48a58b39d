from collections.abc import Iterator
from datetime import datetime

from infra_audit.database_copies import CLUSTERS, INSTANCES
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.slow_logs import PARAMETERS, SWITCHES, SlowLogs

ORDERS = {
    "arn": "arn:aws:rds:eu-west-1:123456789012:db:orders",
    "engine": "postgres",
    "cluster": None,
    "parameter_groups": ["orders"],
}


@check(
    id="rds_slow_log_off",
    title="A database does not write down its slow queries",
    headline="{n} of {m} database servers do not write down their slow queries",
    good_news="All {m} database servers write down their slow queries.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="A query that gets slower from week to week is noticed only when customers wait.",
    action="Have the databases write down slow queries",
    consequence="a slow query could grow unseen until the site stands still",
    over=(INSTANCES,),
    consults=(CLUSTERS, PARAMETERS),
    iam=(
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "rds:DescribeDBParameters",
        "rds:DescribeDBClusterParameters",
    ),
    remedy="In a parameter group of its own set slow_query_log to 1 (MySQL, MariaDB), or log_min_duration_statement to"
    " 1000 (PostgreSQL), and send the log to CloudWatch.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.html",
    bad={INSTANCES: [ORDERS], PARAMETERS: [{"group": "orders", "of": "instance", "slow_log": {}}]},
    good={
        INSTANCES: [ORDERS],
        PARAMETERS: [{"group": "orders", "of": "instance", "slow_log": {"log_min_duration_statement": "1000"}}],
    },
)
def rds_slow_log_off(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Server by server, of the engines that have such a log; a member's own group goes before its cluster's."""
    logs = SlowLogs(inventory)
    clusters = {row["name"]: row for row in inventory[CLUSTERS]}
    for server in inventory[INSTANCES]:
        if server["engine"] not in SWITCHES:
            continue
        cluster = clusters.get(server["cluster"] or "")
        if server["cluster"] and cluster is None:
            yield Unknown(server["arn"], CLUSTERS)
            continue
        writes = logs.of(server, cluster)
        if writes is None:
            yield Unknown(server["arn"], PARAMETERS)
        else:
            detail = f"{SWITCHES[server['engine']]} is off."
            yield Verdict(resource=server["arn"], bad=not writes, detail=detail)
