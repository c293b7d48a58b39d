"""repo.ownership: how the work on each folder is spread over people, without saying who they are.

Rows: folder ("." is the whole repository), commits, people, share (of the one with the most commits, 0 to 1), and the
same for the twelve months before the reading: recent_commits, recent_people, recent_share. People with several
addresses are one where the repository's .mailmap says so; programs that commit count for nobody. A row a folder that is
still there and has FEWEST commits or more, two levels deep.
"""

from collections import Counter

from infra_audit.collectors.repo.history import WHOLE, history_of
from infra_audit.collectors.repo.ledger import readable
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Row

FEWEST = 20


def read(repository: OpenRepository) -> Reading:
    history = history_of(repository)
    there = {WHOLE} | {
        "/".join(parts[:depth]) for path in repository.paths for parts in [path.split("/")] for depth in (1, 2)
    }
    rows: list[Row] = [
        {
            "folder": readable(folder),
            **_spread(shares.overall, ""),
            **_spread(shares.recent, "recent_"),
        }
        for folder, shares in sorted(history.folders.items())
        if folder in there and shares.overall.total() >= FEWEST
    ]
    return Reading(tuple(rows), truncated=history.is_cut)


def _spread(shares: Counter[int], prefix: str) -> Row:
    commits = shares.total()
    most = max(shares.values(), default=0)
    return {
        f"{prefix}commits": commits,
        f"{prefix}people": len(shares),
        f"{prefix}share": round(most / commits, 3) if commits else 0.0,
    }
