"""Which copies of a database would outlive its deletion, by what AWS says of snapshots, recovery points and backups.

A cluster is one database: its members are none of their own. A replica is a copy, so it is no database to judge.
Automated backups that go with the database, unless somebody chooses otherwise while deleting, are no copies here;
neither is what another account shares with this one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from infra_audit.copies import (
    RECOVERY_POINTS,
    Copy,
    InBackup,
    Rank,
    Survey,
    grouped,
    not_before,
    same_moment,
    surveyed,
)
from infra_audit.inventory import Inventory, Row, Unit

INSTANCES = "rds.describe_db_instances"
CLUSTERS = "rds.describe_db_clusters"
SNAPSHOTS = "rds.describe_db_snapshots"
CLUSTER_SNAPSHOTS = "rds.describe_db_cluster_snapshots"
AUTOMATED = "rds.describe_db_instance_automated_backups"

# Type of a database → what must have been read before "there is no copy" may be said.
PROOFS = {
    "rds:db": (SNAPSHOTS, RECOVERY_POINTS, AUTOMATED),
    "rds:cluster": (CLUSTER_SNAPSHOTS, RECOVERY_POINTS),
}
SNAPSHOTS_OF = {"rds:db": SNAPSHOTS, "rds:cluster": CLUSTER_SNAPSHOTS}

OWN_SNAPSHOTS = {"manual": "manual snapshot", "awsbackup": "recovery point"}
UNFINISHED = frozenset({"creating", "pending", "failed", "deleting", "deleted"})
NO_REPLICA = frozenset({"deleting", "failed"})


def databases(inventory: Inventory) -> Iterator[tuple[Row, str]]:
    """Each database that holds data of its own, with its region: neither members nor replicas, nor what is going."""
    for operation in (INSTANCES, CLUSTERS):
        for row, unit in _rows(inventory, operation):
            if not row.get("cluster") and not row["replica_of"] and row.get("status") != "deleting":
                yield row, unit.place.region


class Copies:
    """Every copy that an inventory shows, ready to be asked for those of one database."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._ids = Counter(row["resource_id"] for row, _ in databases(inventory) if row.get("resource_id"))
        self._snapshots: dict[tuple[str, str], list[tuple[Row, str]]] = defaultdict(list)
        for database_type, operation in SNAPSHOTS_OF.items():
            for row, unit in _rows(inventory, operation):
                for key in {row["source"], row["source_id"]} - {None, ""}:
                    self._snapshots[database_type, key].append((row, unit.place.region))
        self._in_backup = InBackup(inventory)
        self._automated = grouped(inventory[AUTOMATED], "source_arn")
        self._global = grouped(inventory[CLUSTERS], "global_cluster")
        self._named = {
            (unit.place.region, row["name"]): row
            for operation in (INSTANCES, CLUSTERS)
            for row, unit in _rows(inventory, operation)
        }

    def of(self, database: Row, region: str) -> Survey:
        """What would be left of a row of INSTANCES or CLUSTERS that was read in the region."""
        found = (
            *self._replicated_backups(database, region),
            *self._live_replicas(database, region),
            *self._own_snapshots(database, region),
            *self._in_backup.of(_arns_in_backup(database), database.get("created_at")),
        )
        return surveyed(self._inventory, found, self._proofs(database))

    def _proofs(self, database: Row) -> tuple[str, ...]:
        """A cluster of a global database may have others of it where clusters could not be listed."""
        proofs = PROOFS[database["type"]]
        return (*proofs, CLUSTERS) if database.get("global_cluster") else proofs

    def _own_snapshots(self, database: Row, region: str) -> Iterator[Copy]:
        keys = {database["name"], database.get("resource_id")} - {None}
        for key in keys:
            for row, held_in in self._snapshots.get((database["type"], key), ()):
                kind = OWN_SNAPSHOTS.get(row["kind"])
                if kind and row["status"] == "available" and self._is_of(row, held_in, database, region):
                    yield Copy(Rank.INDEPENDENT, kind, row["arn"], held_in, row["created_at"])

    def _is_of(self, snapshot: Row, held_in: str, database: Row, region: str) -> bool:
        """Whether a snapshot is of this very database, and not of one that had its name before."""
        own_id, source_id = database.get("resource_id"), snapshot["source_id"]
        if own_id and source_id and self._ids[own_id] == 1:  # an id that several share (emulators) tells nothing
            return bool(own_id == source_id)
        if snapshot["source"] != database["name"]:
            return False
        if snapshot.get("source_created_at") and database.get("created_at"):
            return same_moment(snapshot["source_created_at"], database["created_at"])
        return (snapshot["source_region"] or held_in) == region and not_before(snapshot, database.get("created_at"))

    def _replicated_backups(self, database: Row, region: str) -> Iterator[Copy]:
        seen = set()
        for row in self._automated.get(database["arn"], ()):
            if row["held_in"] != region and row["status"].lower() not in UNFINISHED:
                seen.add(row["backup_arn"])
                yield Copy(Rank.TIME_LIMITED, "replicated automated backups", row["backup_arn"], row["held_in"])
        for arn in database["replicated_backups"]:
            where = arn.split(":")[3]
            if arn not in seen and not self._was_read_in(AUTOMATED, where):
                yield Copy(Rank.UNVERIFIED, "replicated automated backups", arn, where, proof=AUTOMATED)

    def _was_read_in(self, operation: str, region: str) -> bool:
        return any(unit.place.region == region and unit.ending.complete for unit in self._inventory.units(operation))

    def _live_replicas(self, database: Row, region: str) -> Iterator[Copy]:
        for name in database["replicas"]:
            if copy := self._replica(name, region):
                yield copy
        if group := database.get("global_cluster"):
            for other in self._global[group]:
                if other["arn"] != database["arn"] and other["status"] not in NO_REPLICA:
                    yield Copy(
                        Rank.LIVE, "cluster of the same global database", other["arn"], other["arn"].split(":")[3]
                    )

    def _replica(self, name: str, region: str) -> Copy | None:
        """A replica that is named by its identifier, or by its ARN where it is in another region."""
        where, known_as = (name.split(":")[3], name.rpartition(":")[2]) if name.startswith("arn:") else (region, name)
        row = self._named.get((where, known_as))
        if row:
            return Copy(Rank.LIVE, "replica", name, where) if row["status"] not in NO_REPLICA else None
        unread = [one for one in (INSTANCES, CLUSTERS) if not self._was_read_in(one, where)]
        return Copy(Rank.UNVERIFIED, "replica", name, where, proof=unread[0]) if unread else None


def _rows(inventory: Inventory, operation: str) -> Iterator[tuple[Row, Unit]]:
    for unit in inventory.units(operation):
        if unit.ending.readable:
            for row in unit.rows:
                yield row, unit


def _arns_in_backup(database: Row) -> list[str]:
    """AWS Backup names some databases by their name, and clusters by their resource id too."""
    arns = [database["arn"]]
    if database.get("resource_id"):
        arns.append(f"{database['arn'].rpartition(':')[0]}:{database['resource_id']}")
    return arns


def can_be_public(kind: str, *, encrypted: bool) -> bool:
    """Whether AWS would let anybody make such a snapshot public."""
    return kind == "manual" and not encrypted
