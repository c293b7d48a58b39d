"""What was read, unit by unit, and how each reading ended.

A unit is one operation at one place: `rds.describe_db_instances` in one region of one account, or `repo.files` of one
repository. It holds plain rows (JSON types only), so it can be stored the moment it ends, and judged later without AWS.

Rows that describe a resource carry at least `arn`, `type` ("rds:db"), `name` and `tags` (a dict, or None where tags
could not be read). A row may carry `region` where it differs from its unit's (buckets are listed globally).
No row ever holds a secret's value: see `infra_audit.secrets`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from infra_audit.call_log import Calls

Row = dict[str, Any]

GLOBAL = "global"
EXAMPLE_ACCOUNT = "123456789012"


class Ending(StrEnum):
    """How a unit ended: exactly one of these."""

    OK = "ok"
    PARTIAL = "partial"  # `unread` names the resources that could not be read
    DENIED = "denied"
    UNSUPPORTED = "unsupported"  # the endpoint does not know the operation
    NOT_ENABLED = "not_enabled"  # the service is off, so there is nothing to read
    NOT_APPLICABLE = "not_applicable"  # the partition or region has no such service
    THROTTLED = "throttled"
    ERROR = "error"
    TRUNCATED = "truncated"  # a cap was reached; `rows` is the first part

    @property
    def readable(self) -> bool:
        """True where the rows may be judged (an absent service reads as an empty list)."""
        return self in READABLE

    @property
    def complete(self) -> bool:
        """True where the rows are all there is, so that "none" may be concluded."""
        return self in COMPLETE


# Read in one account, and true of every account of the run: a state says what it manages, wherever that is.
RUN_WIDE = frozenset({"s3.get_state_objects"})
# An empty unit: it says that the account's names are pseudonyms.
REDACTED = "snapshot.redacted"
COMPLETE = frozenset({Ending.OK, Ending.NOT_ENABLED, Ending.NOT_APPLICABLE})
READABLE = COMPLETE | {Ending.PARTIAL, Ending.TRUNCATED}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a unit was read: account and region ("global" where account-wide), a repository, or neither (a state)."""

    partition: str = "aws"
    account: str = ""
    region: str = ""
    repository: str = ""

    def __str__(self) -> str:
        return self.repository or "/".join(filter(None, (self.account, self.region))) or "run"


@dataclass(frozen=True, slots=True)
class Unread:
    """One resource inside a partial unit that could not be read."""

    resource: str
    reason: Ending
    iam_action: str | None = None
    denied_by: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """One operation at one place, with its ending. `message` is one sentence without secrets."""

    operation: str
    place: Place
    ending: Ending
    rows: tuple[Row, ...] = ()
    unread: tuple[Unread, ...] = ()
    iam_action: str | None = None
    denied_by: str | None = None
    message: str = ""
    api_calls: int = 0
    duration_s: float = 0.0
    calls: tuple[Calls, ...] = ()

    @property
    def was_throttled(self) -> bool:
        """True where AWS kept asking us to slow down until we gave up, be it on a single resource."""
        return self.ending is Ending.THROTTLED or any(one.reason is Ending.THROTTLED for one in self.unread)

    def as_json(self) -> dict[str, Any]:
        """All of it in JSON types; `from_json` reads it back equal. The rows are the unit's own, and no copies."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        return own | {
            "place": asdict(self.place),
            "unread": [asdict(one) for one in self.unread],
            "calls": [asdict(one) for one in self.calls],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            **{
                **data,
                "place": Place(**data["place"]),
                "ending": Ending(data["ending"]),
                "rows": tuple(data["rows"]),
                "calls": tuple(map(Calls.from_json, data.get("calls", ()))),  # those of old have none
                "unread": tuple(Unread(**{**one, "reason": Ending(one["reason"])}) for one in data["unread"]),
            }
        )


@dataclass(frozen=True)
class Inventory:
    """Some units, and the questions checks ask of them. A narrower view knows the `run` that it is of."""

    all_units: tuple[Unit, ...] = ()
    run: "Inventory | None" = field(default=None, repr=False, compare=False)

    @classmethod
    def example(cls, rows: Mapping[str, list[Row]], place: Place | None = None) -> Self:
        """Build from {operation: rows}, as checks' own examples are written; every unit ended well."""
        where = place or Place(account=EXAMPLE_ACCOUNT, region="eu-west-1", repository="")
        return cls(tuple(Unit(operation, where, Ending.OK, tuple(some)) for operation, some in rows.items()))

    @cached_property
    def _by_operation(self) -> dict[str, list[Unit]]:
        grouped: dict[str, list[Unit]] = {}
        for unit in self.all_units:
            grouped.setdefault(unit.operation, []).append(unit)
        return grouped

    @cached_property
    def _by_arn(self) -> dict[str, tuple[Row, Unit]]:
        """A state names resources too, but knows neither their region nor how they are now: it describes none."""
        return {
            row["arn"]: (row, unit)
            for unit in self.all_units
            for row in unit.rows
            if "arn" in row and ("type" in row or "tags" in row) and "tf_type" not in row
        }

    def __getitem__(self, operation: str) -> list[Row]:
        """Every row of the operation that was read here; [] where there is none."""
        return [row for unit in self.units(operation) if unit.ending.readable for row in unit.rows]

    def units(self, operation: str) -> list[Unit]:
        """The operation's units, however they ended."""
        return self._by_operation.get(operation, [])

    def incomplete(self, operation: str) -> list[Unit]:
        """Units from which "there is none" must not be concluded. A unit that was never collected is not among them."""
        return [unit for unit in self.units(operation) if not unit.ending.complete]

    @property
    def redacted_accounts(self) -> frozenset[str]:
        """Those whose names are not their own: nothing that acts on them may be made from these."""
        return frozenset(unit.place.account for unit in self.units(REDACTED))

    def operations(self) -> Iterator[str]:
        return iter(self._by_operation)

    def find(self, arn: str) -> tuple[Row, Unit] | None:
        """The row that describes a resource, and the unit it came from."""
        return self._by_arn.get(arn)

    def where(
        self, *, account: str | None = None, region: str | None = None, repository: str | None = None
    ) -> "Inventory":
        """A narrower view: what was read there, plus what holds for the whole account and the whole run.

        `region` keeps that region and the account's global units; `repository` keeps that repository alone.
        """

        def belongs(place: Place) -> bool:
            if repository is not None:
                return place.repository == repository
            if place.repository:
                return False
            if place.account and account is not None and place.account != account:
                return False
            return region is None or place.region in {region, GLOBAL, ""}

        wide = RUN_WIDE if repository is None else frozenset()
        kept = tuple(unit for unit in self.all_units if belongs(unit.place) or unit.operation in wide)
        return Inventory(kept, self.run or self)

    def of_another(self, account: str) -> "Inventory":
        """What the same run read in another account, for what only that one can tell; empty where it was not read."""
        return (self.run or self).where(account=account)


def merge(*parts: Iterable[Unit]) -> Inventory:
    """One inventory of several collections."""
    return Inventory(tuple(unit for part in parts for unit in part))
