"""What is wrong with the demo's company, known because we planted it: what an audit is scored against.

The truth is worked out from what was planted, never from what the engine says.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, order=True)
class Planted:
    """One bad state that a check must find: an ARN at an account and region, or `path:line` in a repository."""

    check: str
    resource: str
    account: str = ""
    region: str = ""
    repository: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What a finding is matched by."""
        return self.check, self.repository, self.resource


@dataclass(frozen=True, order=True)
class ExpectedGap:
    """Something that must be reported as not assessed: the refused IAM action, where, and who refused it."""

    iam_action: str
    account: str
    region: str
    denied_by: str
    resource: str | None = None


@dataclass(frozen=True)
class Truth:
    """All that was planted. `resources` counts what was made, by kind ("rds:db").

    `tolerated` may be reported and need not be: a second true way to see what another check finds.
    """

    planted: tuple[Planted, ...] = ()
    gaps: tuple[ExpectedGap, ...] = ()
    resources: Counter[str] = field(default_factory=Counter)
    tolerated: tuple[Planted, ...] = ()

    def __add__(self, other: "Truth") -> "Truth":
        return Truth(
            self.planted + other.planted,
            self.gaps + other.gaps,
            self.resources + other.resources,
            self.tolerated + other.tolerated,
        )

    @property
    def checks(self) -> list[str]:
        """The checks for which anything was planted."""
        return sorted({one.check for one in self.planted})

    def as_json(self) -> dict[str, Any]:
        """In JSON types; the planted in order, so that two truths can be compared as text."""
        return {
            "planted": [asdict(one) for one in sorted(self.planted)],
            "tolerated": [asdict(one) for one in sorted(self.tolerated)],
            "gaps": [asdict(one) for one in self.gaps],
            "resources": dict(sorted(self.resources.items())),
        }


@dataclass(frozen=True)
class Score:
    """How an audit did for one check: what it missed, and what it reported without there being anything."""

    check: str
    planted: int
    missed: tuple[tuple[str, str, str], ...]
    false_alarms: tuple[tuple[str, str, str], ...]

    @property
    def recall(self) -> float:
        """The share of the planted that was found; 1 where nothing was planted."""
        return 1 - len(self.missed) / self.planted if self.planted else 1.0


def scores(truth: Truth, found: Iterable[tuple[str, str, str]], checks: Iterable[str]) -> list[Score]:
    """Score the findings, given as (check, repository, resource), for each of the checks."""
    planted = {one.key for one in truth.planted}
    tolerated = {one.key for one in truth.tolerated}
    reported = set(found)
    return [
        Score(
            check,
            planted=sum(key[0] == check for key in planted),
            missed=tuple(sorted(key for key in planted - reported if key[0] == check)),
            false_alarms=tuple(sorted(key for key in reported - planted - tolerated if key[0] == check)),
        )
        for check in checks
    ]
