"""What GitHub knows of deliveries: what was rolled out when, and how long each merged change had waited for it.

Pure: rows of `github.deployments` and `github.pulls` in, events of `infra_audit.delivery_measures` out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from infra_audit.inventory import Inventory, Row

DEPLOYMENTS, PULLS, REPOSITORY = "github.deployments", "github.pulls", "github.repository"
HOUR_S = 3600
FAILED = frozenset({"failure", "error"})


@dataclass(frozen=True, slots=True)
class RollOut:
    """One that reached people; `is_exact` is False where GitHub was not asked when, or whether, it succeeded."""

    at: datetime
    lead_hours: tuple[float, ...]
    is_exact: bool


@dataclass(frozen=True)
class OnGitHub:
    """Those to production, the oldest first, and how many of those whose end is known failed."""

    rolled_out: tuple[RollOut, ...]
    failed: int
    ended: int


def read(inventory: Inventory, repository: str) -> OnGitHub:
    """Nothing where GitHub was not asked, or knows of none."""
    seen = inventory.where(repository=repository)
    deployments = _to_production(seen[DEPLOYMENTS])
    branches = {row["default_branch"] for row in seen[REPOSITORY]}
    merged = [row for row in seen[PULLS] if row["event"] == "merged" and (not branches or row["base"] in branches)]
    failed = sum(row["status"] in FAILED and not row["done_at"] for row in deployments)
    return OnGitHub(_rolled_out(deployments, merged), failed, failed + sum(bool(row["done_at"]) for row in deployments))


def _to_production(deployments: Sequence[Row]) -> list[Row]:
    """Where no environment is called so, those whose environment says nothing."""
    for kind in (True, None):
        if some := [row for row in deployments if row["is_production"] is kind]:
            return some
    return []


def _rolled_out(deployments: Iterable[Row], merged: Sequence[Row]) -> tuple[RollOut, ...]:
    """What was merged before the first of all may have waited for one that we do not know: it is not counted."""
    reached = sorted(
        (datetime.fromisoformat(row["done_at"] or row["at"]), bool(row["done_at"]))
        for row in deployments
        if row["done_at"] or row["status"] is None
    )
    found, before = [], None
    for at, is_exact in reached:
        found.append(RollOut(at, _waits(merged, before, at) if before else (), is_exact))
        before = at
    return tuple(found)


def _waits(merged: Sequence[Row], after: datetime, until: datetime) -> tuple[float, ...]:
    """From the first commit of each change where any is known, else from its merge: never both in one median."""
    begins = "first_commit_at" if any(row["first_commit_at"] for row in merged) else "merged_at"
    waits = [
        (until - datetime.fromisoformat(row[begins])).total_seconds() / HOUR_S
        for row in merged
        if row[begins] and after < datetime.fromisoformat(row["merged_at"]) <= until
    ]
    return tuple(sorted(max(0.0, round(hours, 1)) for hours in waits))
