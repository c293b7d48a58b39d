from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

OPERATION = "repo.credential_files"
# What opens something by itself; of the others (hashes, settings of programs) less hangs on the file.
GRAVE = frozenset(
    {
        *("private-key", "putty-key", "key-store", "one-secret", "kubeconfig", "cloud-client", "docker-config"),
        *("pgpass", "netrc", "git-credentials", "npmrc", "yarnrc", "pypirc", "package-registry", "ftp-client"),
        *("database-client", "terraform-state", "environment-file"),
    }
)
EXAMPLE: Row = {
    "path": "deploy/.pgpass",
    "kind": "pgpass",
    "what": "a .pgpass file",
    "sealed": False,
    "credentials": 2,
    "holds": ["password"],
    "confidence": "high",
    "confidence_reason": "",
    "at_head": True,
    "commit": "c" * 40,
    "date": "2026-05-01T09:00:00+00:00",
    "author": "ada <ada@practice.example>",
    "reachable": True,
}


@check(
    id="credential_file_committed",
    title="A file made for credentials was committed",
    headline="{n} of {m} repositories hold files that are made for credentials",
    good_news="None of the {m} repositories holds a file that is made for credentials, with any in it.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Such a file signs its owner in without a question: a copy of the repository is as good as the password.",
    action="Take credential files out of the repositories",
    consequence="anyone with a copy of the code could sign in as its owner",
    needs=(OPERATION,),
    remedy="Replace what the file holds and switch the old credentials off, delete the file, and name it in .gitignore."
    " A hook that scans for credentials before each commit keeps the next one out.",
    source="https://docs.github.com/en/code-security/secret-scanning/working-with-secret-scanning-and-push-protection/"
    "remediating-a-leaked-secret",
    bad={OPERATION: [EXAMPLE]},
    good={OPERATION: []},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def credential_file_committed(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A finding a file, at HEAD or in history alone. What it holds are findings of their own."""
    for unit in inventory.units(OPERATION):
        name = unit.place.repository
        for row in unit.rows if unit.ending.readable else ():
            yield _verdict(name, row)
        if not unit.rows and unit.ending.complete:
            yield Verdict(f"repo:{name}", bad=False, resource_type="git:repository", resource_name=name)


def _verdict(name: str, row: Row) -> Verdict:
    severity, reason = _severity(row)
    return Verdict(
        resource=f"repo:{name}",
        bad=True,
        detail=_detail(row),
        sub_key=row["path"],
        evidence={key: row[key] for key in ("kind", "what", "credentials", "holds", "reachable")},
        severity=severity,
        severity_reason=reason,
        confidence=row["confidence"],
        resource_type="git:repository",
        resource_name=name,
        path=row["path"],
        line=1,
        commit=row["commit"],
        date=row["date"],
        at_head=row["at_head"],
        author=row["author"],
    )


def _severity(row: Row) -> tuple[Severity, str]:
    """High where the file opens something by itself, else medium; a step milder for each doubt."""
    severity, reasons = (
        (Severity.HIGH, []) if row["kind"] in GRAVE else (Severity.MEDIUM, ["it opens little by itself"])
    )
    if not row["at_head"]:
        severity = severity.milder()
        reasons.append("it is gone from the current files")
    if row["confidence"] == "low":
        severity = severity.milder()
        reasons.append(row["confidence_reason"])
    return severity, f"Milder: {'; '.join(reasons)}." if reasons else "Whoever has the file can use it."


def _detail(row: Row) -> str:
    what = f"{row['path']} is {row['what']}"
    held = f"{what} with {_counted(row)}" if row["credentials"] else f"{what}; what it holds cannot be read"
    gone = "" if row["at_head"] else ", deleted since but still in the history"
    since = f" First committed {row['date'][:10]}." if row["date"] else ""
    lost = "" if row["reachable"] else " No branch leads there any more."
    return f"{held}{gone}.{since}{lost}"


def _counted(row: Row) -> str:
    count = row["credentials"]
    kinds = ", ".join(row["holds"])
    return f"{count} {'credential' if count == 1 else 'credentials'} ({kinds})"
