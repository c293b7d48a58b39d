from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._firewalls import CONSULTS, GROUP, IAM, judge_groups, rule
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

PORTS = (
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (5439, "Redshift"),
    (6379, "Redis"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (11211, "Memcached"),
    (27017, "MongoDB"),
)


@check(
    id="sg_database_port_open",
    title="A firewall rule lets the whole internet try a database's port",
    headline="{n} of {m} firewall groups open a database's port to the whole internet",
    good_news="None of {m} firewall groups opens a database's port to the whole internet.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="A guessed password or one flaw in the database, and a stranger reads everything in it.",
    action="Close database ports to the internet",
    consequence="a stranger could read or wipe what a database holds",
    needs=("ec2.describe_security_groups",),
    consults=CONSULTS,
    iam=IAM,
    remedy="Let in only the firewall group of the servers that use the database.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.RDSSecurityGroups.html",
    bad={"ec2.describe_security_groups": [{**GROUP, "ingress": [rule("tcp", 5432, 5432, "0.0.0.0/0")]}]},
    good={"ec2.describe_security_groups": [{**GROUP, "ingress": [rule("tcp", 5432, 5432, "10.0.0.0/8")]}]},
)
def sg_database_port_open(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """The usual ports of ten databases and caches, alone, in a range or among all."""
    yield from judge_groups(inventory, [(port, f"{name} (port {port})") for port, name in PORTS])
