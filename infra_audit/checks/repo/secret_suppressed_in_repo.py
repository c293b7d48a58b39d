from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

OPERATION = "repo.suppressions"
SHOWN_PLACES = 5
EXAMPLE: Row = {
    "path": ".gitleaksignore",
    "line": 1,
    "scanner": "gitleaks",
    "form": "list",
    "entries": 12,
    "hides": 0,
}


@check(
    id="secret_suppressed_in_repo",
    title="The repository tells scanners for credentials to look away",
    headline="{n} of {m} repositories tell scanners for credentials to look away",
    good_news="None of the {m} repositories tells scanners for credentials to look away.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="What was silenced once as harmless is never looked at again, and a real credential hides behind the same"
    " word.",
    action="Look through what scanners were told to pass over",
    consequence="a real credential could hide where no scanner looks any more",
    needs=(OPERATION,),
    remedy="Go through the list once: replace what is a credential, delete the entries that nothing needs any more, and"
    " let somebody else than its author agree to each new one.",
    source="https://docs.gitguardian.com/secrets-detection/remediate/remediate-incidents",
    bad={OPERATION: [EXAMPLE]},
    good={OPERATION: []},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def secret_suppressed_in_repo(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A finding a scanner, with its places. We obey none of it: what it hides is found all the same."""
    for unit in inventory.units(OPERATION):
        name = unit.place.repository
        rows = sorted(unit.rows, key=_scanner) if unit.ending.readable else []
        for scanner, group in groupby(rows, key=_scanner):
            yield _verdict(name, scanner, sorted(group, key=lambda row: (row["form"], -row["hides"], row["path"])))
        if not rows and unit.ending.complete:
            yield Verdict(f"repo:{name}", bad=False, resource_type="git:repository", resource_name=name)


def _scanner(row: Row) -> str:
    return str(row["scanner"])


def _verdict(name: str, scanner: str, rows: list[Row]) -> Verdict:
    hides = sum(row["hides"] for row in rows)
    return Verdict(
        resource=f"repo:{name}",
        bad=True,
        detail=_detail(scanner, rows, hides),
        sub_key=scanner,
        evidence={
            "scanner": scanner,
            "entries": sum(row["entries"] for row in rows),
            "hides": hides,
            "places": [f"{row['path']}:{row['line']}" for row in rows[:SHOWN_PLACES]],
            "files": len(rows),
        },
        severity=Severity.MEDIUM if hides else Severity.LOW,
        severity_reason="A credential that we found is hidden by it."
        if hides
        else "Nothing that we found is hidden by it.",
        resource_type="git:repository",
        resource_name=name,
        path=rows[0]["path"],
        line=rows[0]["line"],
        at_head=True,
    )


def _detail(scanner: str, rows: list[Row], hides: int) -> str:
    entries = sum(row["entries"] for row in rows)
    first = f"{rows[0]['path']}, line {rows[0]['line']}"
    more = f" and in {len(rows) - 1} more {'file' if len(rows) == 2 else 'files'}" if len(rows) > 1 else ""
    found = f" On such lines we found {hides} {'credential' if hides == 1 else 'credentials'}." if hides else ""
    return f"{scanner} is told {_times(entries)} to pass something over: in {first}{more}.{found}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
