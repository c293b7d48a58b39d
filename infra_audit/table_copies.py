"""Which copies of a table of the key-value database would outlive its deletion.

A table with point-in-time recovery leaves a system backup for 35 days, whatever is chosen while deleting:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
"""

from collections.abc import Iterator

from infra_audit.copies import RECOVERY_POINTS, Copy, InBackup, Rank, Survey, grouped, not_before, surveyed
from infra_audit.inventory import Inventory, Row

LIST = "dynamodb.list_tables"
DESCRIBED = "dynamodb.describe_table"
RECOVERY = "dynamodb.describe_continuous_backups"
BACKUPS = "dynamodb.list_backups"
PROOFS = (RECOVERY, DESCRIBED, BACKUPS, RECOVERY_POINTS)


def tables(inventory: Inventory) -> Iterator[tuple[Row, str]]:
    """Each table with its region; a global table is one in each of its regions."""
    for unit in inventory.units(LIST):
        if unit.ending.readable:
            for row in unit.rows:
                yield {**row, "family": "dynamodb"}, unit.place.region


class Copies:
    """Every copy of tables that an inventory shows."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._recovery = {row["table"]: row for row in inventory[RECOVERY]}
        self._described = {row["table"]: row for row in inventory[DESCRIBED]}
        self._backups = grouped(inventory[BACKUPS], "table")
        self._in_backup = InBackup(inventory)

    def of(self, table: Row) -> Survey:
        """What would be left of a row of LIST."""
        arn = table["arn"]
        described = self._described.get(arn, {"created_at": None, "id": None, "replicas": []})
        found = (
            *self._after_deletion(arn),
            *self._own_backups(arn, described),
            *self._replicas(described),
            *self._in_backup.of([arn], described["created_at"]),
        )
        return surveyed(self._inventory, found, PROOFS)

    def _after_deletion(self, arn: str) -> Iterator[Copy]:
        if self._recovery.get(arn, {}).get("point_in_time"):
            yield Copy(Rank.TIME_LIMITED, "system backup, made by itself and kept for 35 days", arn, arn.split(":")[3])

    def _own_backups(self, arn: str, described: Row) -> Iterator[Copy]:
        for row in self._backups.get(arn, ()):
            same = row["table_id"] == described["id"] if row["table_id"] and described["id"] else True
            if row["status"] == "AVAILABLE" and same and not_before(row, described["created_at"]):
                kind = "backup" if row["kind"] == "USER" else "backup made by the service"
                yield Copy(Rank.INDEPENDENT, kind, row["backup"], row["held_in"], row["created_at"], row["kept_until"])

    def _replicas(self, described: Row) -> Iterator[Copy]:
        for replica in described["replicas"]:
            if replica["status"] in {"ACTIVE", "UPDATING"}:
                yield Copy(Rank.LIVE, "replica", f"replica in {replica['region']}", replica["region"])
