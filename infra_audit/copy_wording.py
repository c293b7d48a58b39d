"""What is said of the copies of a database, a table or a file system. Wording only: it never changes a verdict.

The first sentence of each is a verdict that names what was looked for and where, so that it can be checked.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from infra_audit.backup_plans import Cover, cover_of
from infra_audit.copies import COPY_JOBS, RECOVERY_POINTS, Copy, Rank, Survey
from infra_audit.inventory import Inventory, Row

PLANS = "backup.list_backup_plans"
JOBS = "backup.list_backup_jobs"
SETTINGS = "backup.describe_region_settings"
REGIONS = "ec2.describe_regions"
WORDING = (PLANS, JOBS, SETTINGS, COPY_JOBS, REGIONS)

INVISIBLE = "Dumps by your own scripts are invisible to us."
KEPT_ON_REQUEST = frozenset({("rds", "rds:db"), ("aurora", "rds:cluster")})


@dataclass(frozen=True)
class Kind:
    """How one kind of thing is spoken of. `nothing`: "no … and no replica"; `proofs` show which regions were read."""

    nothing: str
    proofs: tuple[str, ...]


class Explainer:
    """Speaks of the copies of one kind of thing in one inventory."""

    def __init__(self, inventory: Inventory, kind: Kind) -> None:
        self._inventory = inventory
        self._kind = kind
        self._here = cache(lambda region: inventory.where(region=region))
        self._failed: dict[str, Row] = {}
        for job in inventory[JOBS]:
            known = self._failed.get(job["resource"])
            if known is None or (job["created_at"] or "") > (known["created_at"] or ""):
                self._failed[job["resource"]] = job
        shown = [unit for one in (*kind.proofs, RECOVERY_POINTS) for unit in inventory.units(one)]
        self._regions = sorted({unit.place.region for unit in shown if unit.ending.complete})
        self._enabled = {row["region"] for row in inventory[REGIONS] if row["enabled"]}

    @property
    def confidence(self) -> str:
        """Medium where the account has regions that nobody asked for: a copy could lie there."""
        return "medium" if self._enabled.difference(self._regions) else "high"

    def verdict(self, thing: Row, survey: Survey) -> str:
        """One sentence: what would be left of it, or that nothing would."""
        if survey.seen:
            best, others = survey.seen[0], len(survey.seen) - 1
            more = f" and {others} more" if others else ""
            return f"If it were deleted, {_described(best)}{more} would be left."
        if survey.unread or survey.unverified:
            return "Whether anything would be left of it could not be read."
        return f"{_beginning(thing)}: {self._kind.nothing} of it is in this account, in the {self._where()}."

    def detail(self, thing: Row, region: str, survey: Survey) -> str:
        """Some sentences: the verdict, what was planned, what failed."""
        sentences = (self.verdict(thing, survey), self._plans(thing, region), self._failure(thing), INVISIBLE)
        return " ".join(filter(None, sentences))

    def evidence(self, thing: Row, region: str, survey: Survey) -> dict[str, Any]:
        """What the sentences stand on, in JSON types."""
        job = self._failed.get(thing["arn"])
        own = {key: thing[key] for key in ("engine", "retention_days") if key in thing}
        return {
            **({"engine": own["engine"]} if "engine" in own else {}),
            "copies": survey.as_evidence(),
            **({"automated_backup_days": own["retention_days"]} if "retention_days" in own else {}),
            "planned_by": self._plans_that(Cover.COVERED, thing, region),
            "last_failed_job": {key: job[key] for key in ("created_at", "state", "message")} if job else None,
            "regions_read": self._regions,
            "regions_not_read": sorted(self._enabled.difference(self._regions)),
            "not_read": [one for one in WORDING if not self._read_in(one, region)],
        }

    def _where(self) -> str:
        enabled = f" of {len(self._enabled)} enabled" if self.confidence == "medium" else ""
        if len(self._regions) == 1:
            return f"region read ({self._regions[0]}{enabled})"
        return f"{len(self._regions)} regions read{enabled}"

    def _plans(self, thing: Row, region: str) -> str:
        if planned := self._plans_that(Cover.COVERED, thing, region):
            return f"Planned, none yet: {_plan(planned)} covers it and has made no copy."
        if blocked := self._plans_that(Cover.SWITCHED_OFF, thing, region):
            return f"{_plan(blocked).capitalize()} selects it, but this region does not let plans copy its kind."
        if not self._read_in(PLANS, region):
            return "Whether a backup plan covers it could not be read."
        return "No backup plan covers it."

    def _plans_that(self, cover: Cover, thing: Row, region: str) -> list[str]:
        here = self._here(region)
        settings: Row = next(iter(here[SETTINGS]), {"opted_in": {}})
        return [one["name"] for one in here[PLANS] if cover_of(one, thing, settings["opted_in"]) is cover]

    def _failure(self, thing: Row) -> str:
        job = self._failed.get(thing["arn"])
        if job is None:
            return ""
        said = f" ({job['message'].rstrip('.')})" if job["message"] else ""
        return f"The last backup job of it failed on {_day(job['created_at'])}{said}."

    def _read_in(self, operation: str, region: str) -> bool:
        places = {region, "global"}
        units = [unit for unit in self._inventory.units(operation) if unit.place.region in places]
        return bool(units) and all(unit.ending.complete for unit in units)


def _beginning(thing: Row) -> str:
    """What is lost. A database's own automated backups and final snapshot are a matter of choice, or lost as well.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.Retaining.html
    """
    if "retention_days" not in thing:
        return "If it is deleted, nothing is left of it"
    choices, days = "a final snapshot", thing["retention_days"]
    span = "1 day" if days == 1 else f"{days} days"
    if not days:
        choices += "; it makes no automated backups"
    elif (thing["family"], thing["type"]) in KEPT_ON_REQUEST:
        choices += f", or keeping its automated backups of {span}, which go with it otherwise"
    else:
        choices += f"; its automated backups of {span} go with it"
    return f"If it is deleted, what is left depends on a choice made in that moment ({choices})"


def _described(copy: Copy) -> str:
    """ "a manual snapshot of 2026-06-01 in eu-west-1, kept until 2026-07-01"."""
    words = "replicated automated backups" if copy.kind.endswith("backups") else f"a {copy.kind}"
    when = f" of {_day(copy.created_at)}" if copy.created_at else ""
    where = f" in {copy.held_in}" if copy.held_in else ""
    until = f", kept until {_day(copy.kept_until)}" if copy.kept_until else ""
    limited = " (for a time)" if copy.rank is Rank.TIME_LIMITED and not until else ""
    return words + when + where + until + limited


def _day(when: str | None) -> str:
    return (when or "an unknown day")[:10]


def _plan(names: list[str]) -> str:
    return f"the backup plan “{names[0]}”" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
