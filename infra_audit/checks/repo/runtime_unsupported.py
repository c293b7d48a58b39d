from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.support_wording import judge_version

RUNTIMES = "repo.runtimes"
LOWEST = "Two steps milder: the file names the oldest version that will do, not the one that is used."
NODE: Row = {
    "product": "node",
    "called": "Node.js 14",
    "version": "14",
    "path": "Dockerfile",
    "line": 1,
    "is_lowest": False,
}


@check(
    id="runtime_unsupported",
    title="Code runs on a version of a language or system without support",
    headline="{n} of {m} places that name a language or system name one without support",
    good_news="All {m} places that name a language or system name one with support.",
    severity=Severity.HIGH,
    effort=Effort.DAYS,
    why="No security fixes are made for it any more: what is found from now on stays open.",
    action="Move to supported versions of languages and systems",
    consequence="a known flaw could stay open for good",
    needs=(RUNTIMES,),
    remedy="Raise the version in that file, run the tests on it, and ship it where nobody is hurt first.",
    source="https://endoflife.date/",
    bad={RUNTIMES: [NODE]},
    good={RUNTIMES: [{**NODE, "called": "Node.js 24", "version": "24"}]},
    scope=Scope.REPOSITORY,
    examples_at=datetime(2026, 6, 1, tzinfo=UTC),
)
def runtime_unsupported(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Judged at each place that names a version, by the dated table of `infra_audit.support`."""
    for row in inventory[RUNTIMES]:
        verdict = judge_version(
            f"{row['path']}#{row['product']}",
            row["called"],
            row["product"],
            row["version"],
            now,
            operation=RUNTIMES,
            resource_type="git:runtime",
            resource_name=row["called"],
        )
        yield verdict if isinstance(verdict, Unknown) else _at(verdict, row)


def _at(verdict: Verdict, row: Row) -> Verdict:
    placed = replace(verdict, path=row["path"], line=row["line"], at_head=True)
    if not row["is_lowest"]:
        return placed
    return replace(placed, severity=Severity.LOW, severity_reason=LOWEST, confidence="low")
