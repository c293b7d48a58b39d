"""github.pulls: pull requests, those open and those merged in the last twelve months. Never whose they are.

Open ones: event "open", number, created_at, updated_at, is_draft, is_archived (of the repository). Merged ones: event
"merged", number, created_at, merged_at, base, commit (of the merge), first_commit_at (ISO; None beyond the newest).
"""

from collections.abc import Iterator
from datetime import datetime

from infra_audit.collectors.github.reading import OnGitHub, Told
from infra_audit.collectors.github.times import is_before, since
from infra_audit.github.refusals import RefusedError
from infra_audit.inventory import Ending, Row

PULLS = "Pull requests: read"
MOST_OPEN, MOST_MERGED, FIRST_COMMITS = 1_000, 500, 30


def read(on: OnGitHub) -> Told:
    opened = on.github.rows(on.path("pulls"), most=MOST_OPEN, permission=PULLS, state="open")
    merged, is_cut = _merged(on)
    rows = (*(_open(on, one) for one in opened.rows), *_with_first_commits(on, merged))
    if opened.is_cut or is_cut:
        return Told(rows, Ending.TRUNCATED, message=f"It has more pull requests than the {len(rows):,} that are read.")
    return Told(rows)


def _open(on: OnGitHub, pull: Row) -> Row:
    return {
        "arn": on.arn,
        "event": "open",
        "number": pull.get("number"),
        "created_at": pull.get("created_at"),
        "updated_at": pull.get("updated_at"),
        "is_draft": bool(pull.get("draft")),
        "is_archived": on.is_archived,
    }


def _merged(on: OnGitHub) -> tuple[list[Row], bool]:
    """The newest first, until they are older than is asked about; and whether there are more."""
    oldest = since(on.now)
    merged: list[Row] = []
    asked = {"state": "closed", "sort": "updated", "direction": "desc"}
    for page in on.github.pages(on.path("pulls"), permission=PULLS, **asked):
        recent = [one for one in page if not is_before(one.get("updated_at"), oldest)]
        merged += [_merge(on, one) for one in recent if not is_before(one.get("merged_at"), oldest)]
        if len(merged) > MOST_MERGED:
            return merged[:MOST_MERGED], True
        if len(recent) < len(page):
            break
    return merged, False


def _merge(on: OnGitHub, pull: Row) -> Row:
    return {
        "arn": on.arn,
        "event": "merged",
        "number": pull.get("number"),
        "created_at": pull.get("created_at"),
        "merged_at": pull.get("merged_at"),
        "base": (pull.get("base") or {}).get("ref"),
        "commit": pull.get("merge_commit_sha"),
        "first_commit_at": None,
    }


def _with_first_commits(on: OnGitHub, merged: list[Row]) -> Iterator[Row]:
    """A question each, so the newest alone are asked about."""
    newest = sorted(merged, key=lambda one: str(one["merged_at"]), reverse=True)
    for place, one in enumerate(newest):
        yield {**one, "first_commit_at": _first_commit(on, one["number"])} if place < FIRST_COMMITS else one


def _first_commit(on: OnGitHub, number: int) -> str | None:
    try:
        commits = on.github.get(on.path("pulls", str(number), "commits"), permission=PULLS, per_page=1).data
    except RefusedError as refusal:
        if refusal.ending is Ending.THROTTLED:
            raise
        return None
    commit = (commits[0].get("commit") or {}) if isinstance(commits, list) and commits else {}
    return _moment((commit.get("author") or {}).get("date"))


def _moment(text: object) -> str | None:
    """Whoever commits chooses the date: what is none is left out."""
    try:
        return datetime.fromisoformat(str(text)).isoformat()
    except ValueError:
        return None
