from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from infra_audit.checks.repo._github import PULLS, RESOURCE_TYPE, name_of
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

STALE = timedelta(days=30)  # without any change to it
MOST_NAMED = 20
PULL: Row = {
    "arn": "repo:shop",
    "event": "open",
    "number": 12,
    "created_at": "2026-06-01T09:00:00Z",
    "updated_at": "2026-06-03T09:00:00Z",
    "is_draft": False,
    "is_archived": False,
}


@check(
    id="stale_pull_requests",
    title="Changes wait for weeks and nobody decides on them",
    headline="{n} of {m} repositories with open changes leave some of them lying for more than a month",
    good_news="No change waits for more than a month in {m} repositories with open ones.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="What waits grows old: it no longer fits, its author has moved on, and fixes that were made do not arrive.",
    action="Decide on changes that wait",
    consequence="finished work and fixes could go to waste",
    needs=(PULLS,),
    remedy="Go through them once: merge, close with thanks, or say what is missing. Then agree on who looks at new"
    " ones, and within how many days.",
    source="https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/"
    "proposing-changes-to-your-work-with-pull-requests/about-pull-requests",
    bad={PULLS: [PULL]},
    good={PULLS: [{**PULL, "updated_at": "2026-11-10T09:00:00Z"}]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
    examples_at=datetime(2026, 11, 20, tzinfo=UTC),
)
def stale_pull_requests(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """One verdict a repository, drafts left out: a draft waits for its author. Without open ones there is none."""
    opened = [row for row in inventory[PULLS] if row["event"] == "open"]
    waiting = [row for row in opened if not row["is_draft"] and not row["is_archived"]]
    if not waiting:
        return
    stale = sorted((row for row in waiting if _moment(row["updated_at"]) < now - STALE), key=lambda row: row["number"])
    oldest = min((_moment(row["updated_at"]) for row in stale), default=now)
    yield Verdict(
        waiting[0]["arn"],
        bad=bool(stale),
        detail=f"{len(stale)} of {len(waiting)} open pull requests had no change for {STALE.days} days;"
        f" the one left longest for {(now - oldest).days}.",
        evidence={"pull_requests": [row["number"] for row in stale][:MOST_NAMED], "open": len(waiting)},
        resource_type=RESOURCE_TYPE,
        resource_name=name_of(waiting[0]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
