"""What the checks on credentials share."""

from collections import Counter
from collections.abc import Iterable, Iterator

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Severity, Unknown, Verdict

OPERATION = "repo.secrets"
IN_CODE = ("repo.terraform", "repo.cloudformation")
UNTOLD = "Passwords in Terraform or CloudFormation ({count}) are told by the checks on those, which were not chosen."
COMMIT_SIGNS = 12


def judged(inventory: Inventory, *, at_head: bool, worst: Severity) -> Iterator[Verdict | Unknown]:
    """One bad verdict a secret, on its repository; a good one where a repository was searched whole and has none.

    What the checks on infrastructure code tell is not told again, and no pass either. Where nobody read that code, it
    is said that there is something to tell.
    """
    is_code_read = any(inventory.units(operation) for operation in IN_CODE)
    for unit in inventory.units(OPERATION):
        repository = f"repo:{unit.place.repository}"
        rows = [row for row in unit.rows if row["at_head"] is at_head] if unit.ending.readable else []
        for row in rows:
            if not row.get("told_in_code"):
                yield _verdict(repository, unit.place.repository, row, worst)
        if not is_code_read and (count := sum(bool(row.get("told_in_code")) for row in rows)):
            yield Unknown(repository, OPERATION, because=UNTOLD.format(count=count))
        if not rows and unit.ending.complete:
            yield Verdict(repository, bad=False, resource_type="git:repository", resource_name=unit.place.repository)


def told_apart(found: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
    """Each under a name of its own, as findings of one name on one block count as one: "password", "password 2"."""
    times: Counter[str] = Counter()
    for name, secret in found:
        times[name] += 1
        yield name if times[name] == 1 else f"{name} {times[name]}", secret


def _verdict(repository: str, name: str, row: Row, worst: Severity) -> Verdict:
    severity, reason = _severity(row, worst)
    return Verdict(
        resource=repository,
        bad=True,
        detail=_detail(row),
        sub_key=row["fingerprint"],
        evidence=_evidence(row),
        severity=severity,
        severity_reason=reason,
        confidence=row["confidence"],
        resource_type="git:repository",
        resource_name=name,
        path=row["path"],
        line=row["line"],
        commit=row["commit"],
        date=row["date"],
        at_head=row["at_head"],
        author=row["author"],
    )


def _severity(row: Row, worst: Severity) -> tuple[Severity, str]:
    """As severe as we are sure: a general pattern one step milder, one in a test or an example two."""
    if row["confidence"] == "high":
        return worst, "The pattern is unmistakable."
    why = row["confidence_reason"] or "the pattern is a general one"
    if row["confidence"] == "medium":
        return worst.milder(), f"One step milder: {why}."
    return worst.milder().milder(), f"Two steps milder: {why}."


def _detail(row: Row) -> str:
    """What it is, where it lies, since when. The title and the preview give nothing of it away."""
    where = f"{row['path']}, line {row['line']}" if row["path"] else f"a {row['where']}, line {row['line']}"
    more = row["place_count"] - 1
    others = f", and in {more} more {'place' if more == 1 else 'places'}" if more > 0 else ""
    since = f" First committed {row['date'][:10]}{_until(row)}." if row["date"] else ""
    account = f" It belongs to AWS account {row['aws_account']}." if row["aws_account"] else ""
    lost = "" if row["reachable"] else " No branch leads there any more."
    return f"{row['title']} ({row['preview']}) in {where}{others}.{since}{account}{lost}"


def _until(row: Row) -> str:
    gone = row.get("gone_date")  # rows of old do not tell
    return f", taken out {gone[:10]}" if gone else ""


def _place(place: Row) -> str:
    """ "deploy.sh:3" at HEAD; of history with the commit that brought it."""
    since = f" in {place['commit'][:COMMIT_SIGNS]}" if place["commit"] and not place["at_head"] else ""
    return f"{place['path'] or place['where']}:{place['line']}{since}"


def _evidence(row: Row) -> dict[str, object]:
    """What a reader needs to recognise it, without who wrote it."""
    kept = (
        "rule",
        "title",
        "preview",
        "engines",
        "confidence_reason",
        "aws_account",
        "reachable",
        "place_count",
        "where",
    )
    told = {
        **{name: row[name] for name in kept},
        "places": list(map(_place, row["places"])),
        "secret": row["fingerprint"],
    }
    if gone := row.get("gone_date"):
        told |= {"taken_out": gone[:10], "taken_out_by": row["gone_commit"]}
    if access_key := row.get("companion"):  # rows of old tell of none
        told["access_key"] = access_key
    if blocks := row.get("stands_in"):
        told["stands_in"] = blocks
    return told


def example(*, at_head: bool) -> Row:
    """A row of `repo.secrets`, for the checks' examples."""
    place = {"where": "file", "path": "deploy.sh", "line": 3, "commit": "c" * 40, "at_head": at_head}
    return {
        **place,
        "rule": "github-pat",
        "title": "GitHub personal access token",
        "preview": "ghp_… (32 to 63 characters)",
        "fingerprint": "f" * 32,
        "engines": ["kingfisher"],
        "entropy": 4.9,
        "aws_account": "",
        "companion": "",
        "confidence": "high",
        "confidence_reason": "",
        "detector_version": "1",
        "date": "2026-05-01T09:00:00+00:00",
        "author": "ada <ada@practice.example>",
        "gone_commit": None if at_head else "d" * 40,
        "gone_date": None if at_head else "2026-05-03T09:00:00+00:00",
        "reachable": True,
        "places": [place],
        "place_count": 1,
        "stands_in": [],
        "told_in_code": False,
    }
