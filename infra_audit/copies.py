"""Copies that would outlive what they are copies of: how far each can be relied on, and those that AWS Backup holds.

Copies that go with the original, unless somebody chooses otherwise while deleting, are none; neither is what another
account shares with this one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from infra_audit.inventory import Inventory, Row

RECOVERY_POINTS = "backup.list_recovery_points"
COPY_JOBS = "backup.list_copy_jobs"

WHOLE_POINTS = frozenset({"COMPLETED", "AVAILABLE", "STOPPED"})  # a continuous one is AVAILABLE or STOPPED
SAME_MOMENT = timedelta(seconds=2)  # AWS rounds times differently from list to list


class Rank(StrEnum):
    """How much a copy can be relied on, best first."""

    INDEPENDENT = "independent"
    LIVE = "live replica"  # outlives the original, and repeats every wrong change
    TIME_LIMITED = "time-limited"
    UNVERIFIED = "elsewhere, unverified"

    @property
    def survives(self) -> bool:
        """True where the copy was seen, and stays when the original is deleted."""
        return self is not Rank.UNVERIFIED


@dataclass(frozen=True)
class Copy:
    """One copy. `held_in` is a region, or "" where it was not told; times are ISO.

    Of an unverified one, `because` says in a sentence why reading more would not help, or `proof` names the operation
    that would have shown it.
    """

    rank: Rank
    kind: str
    id: str
    held_in: str = ""
    created_at: str | None = None
    kept_until: str | None = None
    account: str = ""  # where it is another one
    proof: str = ""
    because: str = ""


@dataclass(frozen=True)
class Survey:
    """What is known of the copies of one thing. `unread` are the operations that could have shown another."""

    copies: tuple[Copy, ...]
    unread: tuple[str, ...]

    @property
    def survives(self) -> bool:
        return any(copy.rank.survives for copy in self.copies)

    @property
    def seen(self) -> list[Copy]:
        """Those that would be left, best and newest first."""
        newest_first = sorted(self._best_first(), key=lambda copy: copy.created_at or "", reverse=True)
        return sorted((copy for copy in newest_first if copy.rank.survives), key=lambda copy: _place(copy.rank))

    @property
    def unverified(self) -> list[Copy]:
        """Those that nothing but a look elsewhere could prove."""
        return [copy for copy in self._best_first() if copy.because]

    @property
    def newest(self) -> datetime | None:
        """When the newest copy that stands by itself was made; None where there is none."""
        independent = (copy for copy in self.copies if copy.rank is Rank.INDEPENDENT and copy.created_at)
        return max((datetime.fromisoformat(copy.created_at or "") for copy in independent), default=None)

    def as_evidence(self) -> list[dict[str, Any]]:
        """The copies, best first, in JSON types."""
        hidden = ("proof", "because")
        return [
            {key: value for key, value in asdict(copy).items() if key not in hidden} | {"rank": copy.rank.value}
            for copy in self._best_first()
        ]

    def _best_first(self) -> list[Copy]:
        return sorted(self.copies, key=lambda copy: (_place(copy.rank), copy.id))


def surveyed(inventory: Inventory, copies: Iterable[Copy], proofs: Iterable[str]) -> Survey:
    """The survey of one thing, of which `proofs` must have been read in the whole account before there is "no copy"."""
    found = {copy.id: copy for copy in copies}
    unread = [one for one in proofs if not was_read(inventory, one)]
    unread.extend(copy.proof for copy in found.values() if copy.proof)
    return Survey(tuple(found.values()), tuple(dict.fromkeys(unread)))


def was_read(inventory: Inventory, operation: str) -> bool:
    """Everywhere in the account: a copy may lie in any region."""
    return bool(inventory.units(operation)) and not inventory.incomplete(operation)


class InBackup:
    """What AWS Backup holds of anything: recovery points of this account, and what was copied into others."""

    def __init__(self, inventory: Inventory) -> None:
        self._points = grouped(inventory[RECOVERY_POINTS], "resource")
        self._sent = grouped(inventory[COPY_JOBS], "resource")

    def of(self, arns: Iterable[str], created_at: str | None) -> Iterator[Copy]:
        """The copies of a thing, by every name that AWS Backup may know it by, made since it was there itself."""
        for arn in arns:
            for row in self._points.get(arn, ()):
                if row["status"] in WHOLE_POINTS and not_before(row, created_at):
                    yield _recovery_point(row, arn)
            for row in self._sent.get(arn, ()):
                if not_before(row, created_at):
                    yield _sent(row)


def _recovery_point(row: Row, arn: str) -> Copy:
    """A continuous one of a database is its automated backups under another name.

    AWS says that a cluster's are kept, and says nothing of an instance's.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html
    """
    rank, because = Rank.INDEPENDENT, ""
    if is_continuous(row) and ":rds:" in arn:
        rank = Rank.TIME_LIMITED if ":cluster:" in arn else Rank.UNVERIFIED
    if rank is Rank.UNVERIFIED:
        because = (
            f"The vault {row['vault']} holds a continuous recovery point of it, which is made of its automated"
            " backups: whether they are kept is chosen when it is deleted."
        )
    return Copy(
        rank,
        "continuous recovery point" if is_continuous(row) else "recovery point",
        row["recovery_point"],
        row["held_in"],
        row["created_at"],
        row["kept_until"],
        because=because,
    )


def is_continuous(point: Row) -> bool:
    """Whether a recovery point follows every change, instead of being of one moment."""
    return ":continuous:" in point["recovery_point"] or ":auto-backup:" in point["recovery_point"]


def _sent(row: Row) -> Copy:
    return Copy(
        Rank.UNVERIFIED,
        "recovery point in another account",
        f"{row['to_vault']} at {row['created_at']}",
        row["to_region"],
        row["created_at"],
        account=row["to_account"],
        because=f"On {(row['created_at'] or 'an unknown day')[:10]} a copy of it was put into account"
        f" {row['to_account']}, and only there can it be seen whether it is still kept.",
    )


def grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    """The rows by the value of `key`, without those that have none."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.get(key):
            found[row[key]].append(row)
    return found


def not_before(copy: Row, created_at: str | None) -> bool:
    """Not older than the original: else it is of one that had its name before."""
    if not copy.get("created_at") or not created_at:
        return True
    return datetime.fromisoformat(copy["created_at"]) >= datetime.fromisoformat(created_at) - SAME_MOMENT


def same_moment(one: str, other: str) -> bool:
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other)) <= SAME_MOMENT


def _place(rank: Rank) -> int:
    return list(Rank).index(rank)
