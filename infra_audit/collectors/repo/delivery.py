"""repo.delivery: what a clone tells of how changes reach people: release tags, and commits by month.

Rows, told apart by `event`: one "history" (commits, is_shallow, is_cut), one "release" a release tag, oldest first (at,
is_annotated, commits: how many came with it first, lead_hours: how long each of them waited), and one "month" for each
month with commits (month "2026-11", commits, merges, reverts, hotfixes). See infra_audit.delivery_measures for what is
made of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from infra_audit.collectors.repo.history import Commit, History, history_of
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Row

HOUR = 3600


def read(repository: OpenRepository) -> Reading:
    history = history_of(repository)
    first: Row = {
        "event": "history",
        "commits": len(history.commits),
        "is_shallow": repository.mirror.is_shallow,
        "is_cut": history.is_cut,
    }
    remarks = ("Its history is longer than what is read; the newest part was.",) if history.is_cut else ()
    return Reading((first, *_releases(history), *_months(history)), remarks=remarks, truncated=history.is_cut)


def _releases(history: History) -> Iterator[Row]:
    """Each with the commits that no earlier one had. Those of the very first waited for no release: not counted."""
    released: set[bytes] = set()
    for tag in history.tags:
        is_first = not released
        new = list(_new_commits(history, tag.commit, released))
        waits = [max(0.0, round((tag.at - one.at) / HOUR, 1)) for one in new if not one.is_merge]
        yield {
            "event": "release",
            "at": _moment(tag.at).isoformat(),
            "is_annotated": tag.is_annotated,
            "commits": len(new),
            "lead_hours": [] if is_first else sorted(waits),
        }


def _new_commits(history: History, tip: bytes, released: set[bytes]) -> Iterator[Commit]:
    """The commits that the tip leads to and that were in no release before; they are noted as released."""
    ahead = [tip]
    while ahead:
        identifier = ahead.pop()
        commit = history.commits.get(identifier)
        if commit is not None and identifier not in released:
            released.add(identifier)
            ahead.extend(commit.parents)
            yield commit


def _months(history: History) -> Iterator[Row]:
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for commit in history.commits.values():
        months[f"{_moment(commit.at):%Y-%m}"].update(
            {
                "commits": 1,
                "merges": commit.is_merge,
                "reverts": commit.is_revert and not commit.is_merge,
                "hotfixes": commit.is_hotfix,
            }
        )
    for month in sorted(months):
        yield {"event": "month", "month": month, **months[month]}


def _moment(stamp: int) -> datetime:
    """An odd date becomes 1970."""
    try:
        return datetime.fromtimestamp(stamp, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
