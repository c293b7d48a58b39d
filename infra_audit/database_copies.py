"""Which copies of a database would outlive its deletion, by what AWS says of snapshots, recovery points and backups.

A cluster is one database: its members are none of their own. A replica is a copy, so it is no database to judge.
Automated backups that go with the database, unless somebody chooses otherwise while deleting, are no copies here;
neither is what another account shares with this one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from infra_audit.inventory import Inventory, Row, Unit

INSTANCES = "rds.describe_db_instances"
CLUSTERS = "rds.describe_db_clusters"
SNAPSHOTS = "rds.describe_db_snapshots"
CLUSTER_SNAPSHOTS = "rds.describe_db_cluster_snapshots"
AUTOMATED = "rds.describe_db_instance_automated_backups"
RECOVERY_POINTS = "backup.list_recovery_points"

# Type of a database → what must have been read before "there is no copy" may be said.
PROOFS = {
    "rds:db": (SNAPSHOTS, RECOVERY_POINTS, AUTOMATED),
    "rds:cluster": (CLUSTER_SNAPSHOTS, RECOVERY_POINTS),
}
SNAPSHOTS_OF = {"rds:db": SNAPSHOTS, "rds:cluster": CLUSTER_SNAPSHOTS}

OWN_SNAPSHOTS = {"manual": "manual snapshot", "awsbackup": "recovery point"}
WHOLE_POINTS = frozenset({"COMPLETED", "AVAILABLE", "STOPPED"})  # the last two: continuous ones
UNFINISHED = frozenset({"creating", "pending", "failed", "deleting", "deleted"})
SAME_MOMENT = timedelta(seconds=2)  # AWS rounds times differently from list to list


class Rank(StrEnum):
    """How much a copy can be relied on, best first."""

    INDEPENDENT = "independent"
    LIVE = "live replica"  # outlives the original, and repeats every wrong change
    TIME_LIMITED = "time-limited"
    UNVERIFIED = "elsewhere, unverified"

    @property
    def survives(self) -> bool:
        """True where the copy was seen, and stays when the database is deleted."""
        return self is not Rank.UNVERIFIED


@dataclass(frozen=True)
class Copy:
    """One copy. `held_in` is a region, or "" where it was not told; times are ISO."""

    rank: Rank
    kind: str
    id: str
    held_in: str = ""
    created_at: str | None = None
    kept_until: str | None = None


@dataclass(frozen=True)
class Survey:
    """What is known of one database's copies. `unread` are the operations that could have shown another."""

    copies: tuple[Copy, ...]
    unread: tuple[str, ...]

    @property
    def survives(self) -> bool:
        return any(copy.rank.survives for copy in self.copies)

    def as_evidence(self) -> list[dict[str, Any]]:
        """The copies, best first, in JSON types."""
        ranks = list(Rank)
        best_first = sorted(self.copies, key=lambda copy: (ranks.index(copy.rank), copy.id))
        return [asdict(copy) | {"rank": copy.rank.value} for copy in best_first]


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
        self._points = _grouped(inventory[RECOVERY_POINTS], "resource")
        self._automated = _grouped(inventory[AUTOMATED], "source_arn")
        self._global = _grouped(inventory[CLUSTERS], "global_cluster")

    def of(self, database: Row, region: str) -> Survey:
        """What would be left of a row of INSTANCES or CLUSTERS that was read in the region."""
        found = {
            copy.id: copy
            for copy in (
                *self._replicated_backups(database, region),
                *self._live_replicas(database),
                *self._own_snapshots(database, region),
                *self._recovery_points(database),
            )
        }
        unread = [one for one in PROOFS[database["type"]] if not self._was_read(one)]
        if any(copy.rank is Rank.UNVERIFIED for copy in found.values()):
            unread.append(AUTOMATED)
        return Survey(tuple(found.values()), tuple(dict.fromkeys(unread)))

    def _was_read(self, operation: str) -> bool:
        """Everywhere in the account: a copy may lie in any region."""
        return bool(self._inventory.units(operation)) and not self._inventory.incomplete(operation)

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
            return _same_moment(snapshot["source_created_at"], database["created_at"])
        return (snapshot["source_region"] or held_in) == region and _not_before(snapshot, database)

    def _recovery_points(self, database: Row) -> Iterator[Copy]:
        for arn in _arns_in_backup(database):
            for row in self._points.get(arn, ()):
                if row["status"] in WHOLE_POINTS and _not_before(row, database):
                    yield Copy(
                        Rank.INDEPENDENT,
                        "recovery point",
                        row["recovery_point"],
                        row["held_in"],
                        row["created_at"],
                        row["kept_until"],
                    )

    def _replicated_backups(self, database: Row, region: str) -> Iterator[Copy]:
        seen = set()
        for row in self._automated.get(database["arn"], ()):
            if row["held_in"] != region and row["status"].lower() not in UNFINISHED:
                seen.add(row["backup_arn"])
                yield Copy(Rank.TIME_LIMITED, "replicated automated backups", row["backup_arn"], row["held_in"])
        for arn in database["replicated_backups"]:
            where = arn.split(":")[3]
            if arn not in seen and not self._was_read_in(AUTOMATED, where):
                yield Copy(Rank.UNVERIFIED, "replicated automated backups", arn, where)

    def _was_read_in(self, operation: str, region: str) -> bool:
        return any(unit.place.region == region and unit.ending.complete for unit in self._inventory.units(operation))

    def _live_replicas(self, database: Row) -> Iterator[Copy]:
        for name in database["replicas"]:
            yield Copy(Rank.LIVE, "replica", name, name.split(":")[3] if name.startswith("arn:") else "")
        if group := database.get("global_cluster"):
            for other in self._global[group]:
                if other["arn"] != database["arn"]:
                    yield Copy(
                        Rank.LIVE, "cluster of the same global database", other["arn"], other["arn"].split(":")[3]
                    )


def _rows(inventory: Inventory, operation: str) -> Iterator[tuple[Row, Unit]]:
    for unit in inventory.units(operation):
        if unit.ending.readable:
            for row in unit.rows:
                yield row, unit


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.get(key):
            grouped[row[key]].append(row)
    return grouped


def _arns_in_backup(database: Row) -> list[str]:
    """AWS Backup names some databases by their name, and clusters by their resource id too."""
    arns = [database["arn"]]
    if database.get("resource_id"):
        arns.append(f"{database['arn'].rpartition(':')[0]}:{database['resource_id']}")
    return arns


def _not_before(copy: Row, database: Row) -> bool:
    """Not older than the database: else it is of one that had its name before."""
    if not copy.get("created_at") or not database.get("created_at"):
        return True
    return datetime.fromisoformat(copy["created_at"]) >= datetime.fromisoformat(database["created_at"]) - SAME_MOMENT


def _same_moment(one: str, other: str) -> bool:
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other)) <= SAME_MOMENT
