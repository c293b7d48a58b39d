"""Which copies of a shared file system would outlive its deletion. A replica is a copy: it is not judged itself."""

from collections.abc import Iterator

from infra_audit.copies import RECOVERY_POINTS, Copy, InBackup, Rank, Survey, grouped, surveyed
from infra_audit.inventory import Inventory, Row

LIST = "efs.describe_file_systems"
POLICIES = "efs.describe_backup_policy"
REPLICATIONS = "efs.describe_replication_configurations"
PROOFS = (RECOVERY_POINTS, REPLICATIONS)


def file_systems(inventory: Inventory) -> Iterator[tuple[Row, str]]:
    """Each file system that holds data of its own, with its region."""
    for unit in inventory.units(LIST):
        if unit.ending.readable:
            for row in unit.rows:
                if not row["is_replica"]:
                    yield {**row, "family": "efs"}, unit.place.region


class Copies:
    """Every copy of file systems that an inventory shows."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._replicated = grouped(inventory[REPLICATIONS], "source")
        self._in_backup = InBackup(inventory)

    def of(self, file_system: Row) -> Survey:
        """What would be left of a row of LIST."""
        arn = file_system["arn"]
        found = (*self._replicas(arn), *self._in_backup.of([arn], file_system["created_at"]))
        return surveyed(self._inventory, found, PROOFS)

    def _replicas(self, arn: str) -> Iterator[Copy]:
        for row in self._replicated.get(arn, ()):
            for to in row["to"]:
                if to["status"] not in {"DELETING", "ERROR"}:
                    account = to["account"] if to["account"] and to["account"] != arn.split(":")[4] else ""
                    yield Copy(Rank.LIVE, "replica", to["file_system"], to["region"], account=account)
