from collections.abc import Iterator
from datetime import datetime

from infra_audit.database_copies import INSTANCES
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ORDERS = {
    "arn": "arn:aws:rds:eu-west-1:123456789012:db:orders",
    "family": "rds",
    "engine": "postgres",
    "class": "db.m6g.large",
}
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.Engines.html
TOO_SMALL = frozenset({"db.t2.micro", "db.t2.small", "db.t3.micro", "db.t3.small", "db.t4g.micro", "db.t4g.small"})
SMALL_ONES_OF = ("mysql", "mariadb")


@check(
    id="rds_no_performance_insights",
    title="Nobody would see which query makes a database slow",
    headline="Of {n} of {m} database servers nobody would see which query makes them slow",
    good_news="What each of {m} database servers waits for is recorded.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="When it is slow, the first question is which query; without a record the answer takes hours of guessing.",
    action="Record what each database waits for",
    consequence="a slow day could last longer, because nobody sees its cause",
    needs=(INSTANCES,),
    iam=("rds:DescribeDBInstances",),
    remedy="Switch on Performance Insights (now part of CloudWatch Database Insights): seven days of it cost nothing.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.html",
    bad={INSTANCES: [{**ORDERS, "performance_insights": False}]},
    good={INSTANCES: [{**ORDERS, "performance_insights": True}]},
)
def rds_no_performance_insights(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Server by server, members and replicas too: each has queries of its own. What cannot have it is not judged."""
    for server in inventory[INSTANCES]:
        too_small = server["engine"] in SMALL_ONES_OF and server["class"] in TOO_SMALL
        if server["family"] != "neptune" and not too_small:
            yield Verdict(
                resource=server["arn"],
                bad=not server["performance_insights"],
                detail="Performance Insights is off.",
            )
