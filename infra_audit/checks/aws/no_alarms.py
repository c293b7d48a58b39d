from collections.abc import Iterator
from datetime import datetime

from infra_audit.alarms import Alarms
from infra_audit.database_copies import CLUSTERS, INSTANCES, databases
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

ALARMS = "cloudwatch.describe_alarms"
NAMESPACES = {"aurora": "AWS/RDS", "rds": "AWS/RDS", "neptune": "AWS/Neptune", "docdb": "AWS/DocDB"}
ORDERS: Row = {
    "arn": "arn:aws:rds:eu-west-1:123456789012:db:orders",
    "type": "rds:db",
    "name": "orders",
    "tags": {},
    "family": "rds",
    "cluster": None,
    "replica_of": None,
}
BUSY: Row = {
    "arn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-busy",
    "name": "orders-busy",
    "tells": True,
    "metrics": [{"namespace": "AWS/RDS", "metric": "CPUUtilization", "dimensions": {"DBInstanceIdentifier": "orders"}}],
    "expressions": [],
    "rule": None,
}


@check(
    id="no_alarms",
    title="No alarm watches a database",
    headline="No alarm watches {n} of {m} databases",
    good_news="An alarm watches each of {m} databases.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="Nobody would see it slow down, fill up or fall over before customers do.",
    action="Set alarms on every database",
    consequence="customers could be the first to notice that a database is down",
    over=(INSTANCES, CLUSTERS),
    consults=(ALARMS,),
    iam=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "cloudwatch:DescribeAlarms"),
    remedy="Set alarms on free storage, memory, connections and processor time, in the code that makes the database,"
    " and have them tell two people.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/creating_alarms.html",
    bad={INSTANCES: [ORDERS], ALARMS: [{**BUSY, "tells": False}]},
    good={INSTANCES: [ORDERS], ALARMS: [BUSY]},
)
def no_alarms(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A cluster is watched where one of its members is. An alarm that tells nobody is none."""
    alarms = Alarms(inventory[ALARMS])
    unread = bool(inventory.incomplete(ALARMS)) or not inventory.units(ALARMS)
    for database, _ in databases(inventory):
        found = _alarms_on(database, alarms)
        telling = [one["name"] for one in found if alarms.tells(one)]
        if not telling and unread:
            yield Unknown(database["arn"], ALARMS)
            continue
        mute = [one["name"] for one in found if one["name"] not in telling]
        yield Verdict(
            resource=database["arn"],
            bad=not telling,
            detail=(
                f"The alarms on it tell nobody: {', '.join(mute)}." if mute else "No alarm of the account is on it."
            )
            + " Monitoring outside of AWS is invisible to us.",
            evidence={"alarms": telling, "mute": mute},
            confidence="medium",
        )


def _alarms_on(database: Row, alarms: Alarms) -> list[Row]:
    namespaces = (NAMESPACES[database["family"]],)
    if database["type"] == "rds:db":
        return alarms.on(namespaces, "DBInstanceIdentifier", [database["name"]])
    members = alarms.on(namespaces, "DBInstanceIdentifier", database.get("members") or ())
    own = alarms.on(namespaces, "DBClusterIdentifier", [database["name"]])
    return own + [one for one in members if one not in own]
