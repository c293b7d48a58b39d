"""A run as one of its accounts alone shows it: what that account's own documents are made of."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from core.models import Organisation
from discovery.models import Run, Shard, Summary, Unit
from discovery.models.finding import OccurrenceQuerySet

BY_ACCOUNT = "by_account"  # in a run's result: by number, what each account's own result says


class OneAccount:
    """Reads like a run. What was judged once for the whole run is not in it, nor is what is in no account."""

    def __init__(self, run: Run, number: str) -> None:
        self.run = run
        self.number = number

    @property
    def pk(self) -> int:
        return self.run.pk

    @property
    def organisation(self) -> Organisation:
        return self.run.organisation

    @property
    def as_of(self) -> datetime:
        return self.run.as_of

    @property
    def created_at(self) -> datetime:
        return self.run.created_at

    @property
    def finished_at(self) -> datetime | None:
        return self.run.finished_at

    @property
    def rows_dropped_at(self) -> datetime | None:
        return self.run.rows_dropped_at

    @property
    def only_checks(self) -> list[str]:
        made: list[str] = self.run.only_checks
        return made

    @property
    def is_whole(self) -> bool:
        return self.run.is_whole

    @property
    def left_out(self) -> list[dict[str, str]]:
        return []

    @property
    def result(self) -> dict[str, Any]:
        """As the run's own; empty where the run read no other account, or not this one."""
        told: dict[str, Any] = self.run.result.get(BY_ACCOUNT, {}).get(self.number, {})
        return told

    @property
    def occurrences(self) -> OccurrenceQuerySet:
        found: OccurrenceQuerySet = self.run.occurrences.filter(finding__account=self.number, finding__repository="")
        return found

    @property
    def units(self) -> QuerySet[Unit]:
        """Its own, and those of no account: states hold for every one."""
        return self.run.units.filter(Q(account=self.number) | Q(account="", repository=""))

    @property
    def shards(self) -> QuerySet[Shard]:
        return self.run.shards.filter(aws_account__account_id=self.number)


Seen = Run | OneAccount


def seen_in(run: Run, number: str) -> Seen:
    """The whole run, or one account of it where a number is given."""
    return OneAccount(run, number) if number else run


def seen_by(summary: Summary) -> Seen:
    """What the summary tells of."""
    return seen_in(summary.run, summary.account)


def narrowed_like(run: Run, other: Seen) -> Seen:
    """As much of the run as there is of the other."""
    return seen_in(run, other.number if isinstance(other, OneAccount) else "")


def accounts_with_results(run: Run) -> list[str]:
    """The numbers of the accounts that have documents of their own; none where the run read a single account."""
    return sorted(run.result.get(BY_ACCOUNT, {}))
