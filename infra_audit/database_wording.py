"""What is said of a database of which no copy would outlive its deletion. Wording only: it never changes a verdict."""

from functools import cache
from typing import Any

from infra_audit.backup_plans import Cover, cover_of
from infra_audit.database_copies import CLUSTER_SNAPSHOTS, RECOVERY_POINTS, SNAPSHOTS, Survey
from infra_audit.inventory import Inventory, Row

PLANS = "backup.list_backup_plans"
JOBS = "backup.list_backup_jobs"
SETTINGS = "backup.describe_region_settings"
WORDING = (PLANS, JOBS, SETTINGS)

INVISIBLE = "Dumps by your own scripts are invisible to us."


class Explainer:
    """Speaks of the databases of one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._here = cache(lambda region: inventory.where(region=region))
        self._failed: dict[str, Row] = {}
        for job in inventory[JOBS]:
            known = self._failed.get(job["resource"])
            if known is None or (job["created_at"] or "") > (known["created_at"] or ""):
                self._failed[job["resource"]] = job
        shown = (*inventory.units(SNAPSHOTS), *inventory.units(CLUSTER_SNAPSHOTS), *inventory.units(RECOVERY_POINTS))
        self._regions = sorted({unit.place.region for unit in shown if unit.ending.complete})

    def detail(self, database: Row, region: str) -> str:
        """Some sentences: what is missing, what would go too, what was planned, what failed."""
        return " ".join(
            filter(
                None,
                (
                    f"No manual snapshot and no recovery point of it in the {self._where()}.",
                    _automated(database["retention_days"]),
                    self._plans(database, region),
                    self._failure(database),
                    INVISIBLE,
                ),
            )
        )

    def evidence(self, database: Row, region: str, survey: Survey) -> dict[str, Any]:
        """What the sentences stand on, in JSON types."""
        job = self._failed.get(database["arn"])
        return {
            "engine": database.get("engine", database["family"]),
            "copies": survey.as_evidence(),
            "automated_backup_days": database["retention_days"],
            "planned_by": self._plans_that(Cover.COVERED, database, region),
            "last_failed_job": {key: job[key] for key in ("created_at", "state", "message")} if job else None,
            "regions_read": self._regions,
            "not_read": [one for one in WORDING if not self._read_in(one, region)],
        }

    def _where(self) -> str:
        if len(self._regions) == 1:
            return f"region read ({self._regions[0]})"
        return f"{len(self._regions)} regions read"

    def _plans(self, database: Row, region: str) -> str:
        if planned := self._plans_that(Cover.COVERED, database, region):
            return f"Planned, none yet: {_plan(planned)} covers it and has made no copy."
        if blocked := self._plans_that(Cover.SWITCHED_OFF, database, region):
            return f"{_plan(blocked).capitalize()} selects it, but this region does not let plans copy its kind."
        if not self._read_in(PLANS, region):
            return "Whether a backup plan covers it could not be read."
        return "No backup plan covers it."

    def _plans_that(self, cover: Cover, database: Row, region: str) -> list[str]:
        here = self._here(region)
        settings: Row = next(iter(here[SETTINGS]), {"opted_in": {}})
        return [one["name"] for one in here[PLANS] if cover_of(one, database, settings["opted_in"]) is cover]

    def _failure(self, database: Row) -> str:
        job = self._failed.get(database["arn"])
        if job is None:
            return ""
        said = f" ({job['message'].rstrip('.')})" if job["message"] else ""
        return f"The last backup job of it failed on {(job['created_at'] or 'an unknown day')[:10]}{said}."

    def _read_in(self, operation: str, region: str) -> bool:
        units = [unit for unit in self._inventory.units(operation) if unit.place.region == region]
        return bool(units) and all(unit.ending.complete for unit in units)


def _automated(days: int) -> str:
    if not days:
        return "It makes no automated backups either."
    span = "1 day" if days == 1 else f"{days} days"
    return f"Its automated backups ({span}) go with it, unless somebody chooses to keep them while deleting."


def _plan(names: list[str]) -> str:
    return f"the backup plan “{names[0]}”" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
