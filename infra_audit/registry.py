"""What a check is, and the catalogue of all of them.

A check is a pure function of (inventory, settings, now) that yields verdicts. It declares the operations it reads:

- `needs`: all must have been read at the place, or nothing is judged there and each unread one is named;
- `over`: each unit is judged by itself; an unread one is named and the others are judged;
- `consults`: the check runs whatever became of them and itself yields `Unknown` where they would have decided.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from infra_audit.inventory import Inventory, Row


class Severity(StrEnum):
    """How much it matters, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is worst."""
        return list(Severity).index(self)

    def milder(self) -> "Severity":
        """One step down; information stays what it is."""
        return list(Severity)[min(self.rank + 1, len(Severity) - 1)]


class Effort(StrEnum):
    """What mending takes, for one finding or for all of its kind where they are mended together."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"


class Scope(StrEnum):
    """The smallest place at which a check can decide."""

    REGION = "region"
    ACCOUNT = "account"
    REPOSITORY = "repository"
    RUN = "run"


@dataclass(frozen=True)
class CheckSettings:
    """What a practice may set. Days are whole days, `required_tags` are keys.

    `recovery_point_days`: the recovery point objective, how much of its data a client could lose at most.
    """

    required_tags: tuple[str, ...] = ("Environment", "Owner")
    key_max_age_days: int = 90
    recovery_point_days: int = 7
    key_unused_days: int = 45
    severities: Mapping[str, Severity] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """One resource judged. `sub_key` tells apart several findings of one check on one resource.

    `resource` is an ARN, or a path inside the repository. `evidence` is JSON, without secrets. `severity` replaces
    the check's own for this resource, and then `severity_reason` says why.
    """

    resource: str
    bad: bool
    detail: str = ""
    sub_key: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None
    severity_reason: str = ""
    confidence: str = "high"
    resource_type: str = ""
    resource_name: str = ""
    path: str | None = None
    line: int | None = None
    commit: str | None = None
    date: str | None = None
    at_head: bool | None = None
    author: str | None = None


@dataclass(frozen=True)
class Unknown:
    """One resource that could not be judged because `operation` was not read completely.

    `because`: a sentence where reading it all would not have helped, as it cannot be known from here.
    """

    resource: str
    operation: str
    because: str = ""


Judge = Callable[[Inventory, CheckSettings, datetime], Iterator[Verdict | Unknown]]
Examples = Mapping[str, list[Row]]


@dataclass(frozen=True)
class Check:
    """A check's metadata and its function.

    `headline` and `good_news` are sentences with `{n}` (bad) and `{m}` (examined); `action` is verb and object;
    `consequence` says in a few words what could happen. None names a service without its job. `examples_at` is the day
    of the examples where it matters.
    """

    id: str
    title: str
    headline: str
    severity: Severity
    effort: Effort
    why: str
    action: str
    consequence: str
    remedy: str
    source: str
    judge: Judge
    bad: Examples
    good: Examples
    good_news: str = ""
    needs: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    consults: tuple[str, ...] = ()
    iam: tuple[str, ...] = ()
    scope: Scope = Scope.REGION
    topic: str = "infrastructure"
    eased_outside_production: bool = True
    examples_at: datetime | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        return (*self.needs, *self.over, *self.consults)


_CATALOGUE: dict[str, Check] = {}


def check(**metadata: Any) -> Callable[[Judge], Judge]:
    """Register the decorated function as the check `id`. Raises ValueError for a second check of that id."""

    def register(judge: Judge) -> Judge:
        one = Check(judge=judge, **metadata)
        if one.id in _CATALOGUE:
            raise ValueError(f"Two checks are called {one.id}.")
        _CATALOGUE[one.id] = one
        return judge

    return register


@cache
def catalogue() -> Mapping[str, Check]:
    """Every check by id, in alphabetical order. Importing `infra_audit.checks` fills it."""
    package = importlib.import_module("infra_audit.checks")
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    return dict(sorted(_CATALOGUE.items()))
