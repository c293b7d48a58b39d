from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._repository import FILES, REPOSITORY, RUNS_SOMEWHERE, TOOLS, repositories, tools
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

DELIVERY = "repo.delivery"
FEWEST = 10  # commits: before, there may be nothing to release yet
SHALLOW = "A shallow clone may lack the tags: give a full one."
HISTORY: Row = {"event": "history", "commits": 240, "is_shallow": False, "is_cut": False}
RELEASE: Row = {
    "event": "release",
    "at": "2026-05-01T09:00:00+00:00",
    "is_annotated": True,
    "commits": 12,
    "lead_hours": [4.0],
}
DOCKER = {"category": "containers", "name": "Docker", "version": None, "path": "Dockerfile", "files": 1}


@check(
    id="no_release_tags",
    title="Nothing marks what was released",
    headline="{n} of {m} repositories carry no mark of what was released",
    good_news="All {m} repositories carry a mark of what was released.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="When something breaks, nobody can say what ran yesterday, nor bring exactly that back.",
    action="Mark every release with a tag",
    consequence="going back to the last good state could mean guessing which it was",
    needs=(FILES, DELIVERY, TOOLS),
    remedy="Let the pipeline set an annotated tag on each commit it ships, named by version or date.",
    source="https://git-scm.com/book/en/v2/Git-Basics-Tagging",
    bad={FILES: [REPOSITORY], DELIVERY: [HISTORY], TOOLS: [DOCKER]},
    good={FILES: [REPOSITORY], DELIVERY: [HISTORY, RELEASE], TOOLS: [DOCKER]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def no_release_tags(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Only a tag that reads like a version or a date counts. A repository with a handful of commits is not judged."""
    rows = inventory[DELIVERY]
    history = next((row for row in rows if row["event"] == "history"), None)
    has_releases = any(row["event"] == "release" for row in rows)
    is_run = bool(tools(inventory, RUNS_SOMEWHERE))
    for repository in repositories(inventory) if history else ():
        if history and history["is_shallow"] and not has_releases:
            yield Unknown(repository["arn"], DELIVERY, because=SHALLOW)
        elif history and history["commits"] >= FEWEST:
            yield Verdict(
                resource=repository["arn"],
                bad=not has_releases,
                detail=f"None of its {history['commits']:,} commits carries a tag that reads like a version or a date.",
                severity=None if is_run else Severity.INFO,
                severity_reason="" if is_run else "Nothing in it shows that it is run anywhere.",
            )
