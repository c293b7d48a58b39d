from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._network import CLOSED_TABLE, GROUP, OPEN_TABLE, SUBNET, VPC, layers
from infra_audit.inventory import Inventory, Row
from infra_audit.reachability import LAYERS, LAYERS_IAM, Doorstep, Network, Reach
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

ARN = "arn:aws:rds:eu-west-1:123456789012:db:orders"
WHERE = {"vpc": VPC, "groups": [GROUP], "subnets": [{"id": SUBNET, "zone": "eu-west-1a"}]}
DB = {"arn": ARN, "type": "rds:db", "name": "orders", "tags": {}, "public": True, "zone": "eu-west-1a", "port": 5432,
      "network": WHERE}  # fmt: skip
EITHER = "It stands in one of several subnets, AWS does not say in which, and the internet gets to some of them only."


@check(
    id="rds_reachable_from_internet",
    title="A database can be reached from the whole internet",
    headline="{n} of {m} databases can be reached from the whole internet",
    good_news="None of {m} databases can be reached from the whole internet.",
    severity=Severity.CRITICAL,
    effort=Effort.HOURS,
    why="Only its password keeps strangers from the data, and they may try as often as they like.",
    action="Take the databases off the internet",
    consequence="a stranger could read or wipe a database",
    needs=("rds.describe_db_instances",),
    consults=LAYERS,
    iam=("rds:DescribeDBInstances", *LAYERS_IAM),
    remedy="Let in only the firewall group of the servers that use the database, then take its public address away and"
    " move it to private subnets.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
    bad={"rds.describe_db_instances": [DB], **layers(OPEN_TABLE, 5432, "0.0.0.0/0")},
    good={"rds.describe_db_instances": [DB], **layers(CLOSED_TABLE, 5432, "0.0.0.0/0")},
)
def rds_reachable_from_internet(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """The flag, then route, access list, firewall groups and VPC Block Public Access at the database's own port."""
    network = Network(inventory)
    for db in inventory["rds.describe_db_instances"]:
        if not db["public"]:
            yield Verdict(resource=db["arn"], bad=False)
            continue
        reaches = [network.reach(door, db["port"] or 0) for door in _doorsteps(db)]
        answers = {one.is_open for one in reaches}
        if answers == {True} or answers == {False}:
            yield _verdict(db, reaches[0])
        elif None in answers or not answers:
            unread = next((one.unread for one in reaches if one.is_open is None), "ec2.describe_subnets")
            yield Unknown(db["arn"], unread)
        else:
            yield Unknown(db["arn"], "ec2.describe_route_tables", because=EITHER)


def _doorsteps(db: Row) -> list[Doorstep]:
    """Where it may stand: the subnets of its group in its zone, or all of them where the zone is not told."""
    where = db["network"]
    here = [one["id"] for one in where["subnets"] if one["zone"] == db["zone"]]
    subnets = here or [one["id"] for one in where["subnets"]]
    return [Doorstep(one, tuple(where["groups"]), public_ip="that AWS gives it") for one in subnets]


def _verdict(db: Row, reach: Reach) -> Verdict:
    return Verdict(
        resource=db["arn"],
        bad=bool(reach.is_open),
        detail=f"Open at every layer: {reach.said}.",
        evidence={"port": db["port"], "layers": [layer.said for layer in reach.layers]},
    )
