"""A reading without the client's names: every check finds in it what it found before.

Every text in a row is taken for the client's own (see `infra_audit.pseudonyms`), but for what stands in `OF_AWS`, the
keys of tags, and dates, addresses, numbers and ids of AWS. A field that nobody thought of is therefore replaced, too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from infra_audit.collectors.aws.reader import CONSENT_DENIES, PRICE_DENIES
from infra_audit.inventory import GLOBAL, REDACTED, RUN_WIDE, Ending, Place, Row, Unit
from infra_audit.pseudonyms import Pseudonyms
from infra_audit.states import OPERATION as STATES

# Fields whose texts are AWS's words, Terraform's, or ours.
FIELDS_OF_AWS = """
Action NotAction Effect Service Version
auth cidr cidrs class delivery_error detector_version engine engine_version family frequency held_in kind last_status
limit log_types made_with manager mode of owning_service period platform primary_region protocol public_cidrs region
resource_kind resource_type role runtime schedule size slow_log source_region state status system system_version tf_type
to_region traffic type viewers zone zones
"""
OF_AWS = frozenset(FIELDS_OF_AWS.split())
DETECTIONS, WHERE = "detections", "where"
FREELY_KEYED = frozenset({"attributes", "dimensions", "inline", "tags"})  # keys are no fields of ours
NAMES_AS_KEYS = frozenset({"dimensions", "inline"})
SELECTED_BY = frozenset({"any_tag", "conditions"})  # lists that end with a tag's value, after its key
SENTENCES = frozenset({"message"})
LEFT_OUT = "What was said of it is left out with the names."
# How a unit ends whose sentence is ours and names nothing.
IN_OUR_WORDS = frozenset({Ending.NOT_APPLICABLE, Ending.THROTTLED, Ending.TRUNCATED, Ending.UNSUPPORTED})
ABOUT_STATES = RUN_WIDE | {STATES}


def redacted(units: Iterable[Unit], place: Place, names: Pseudonyms) -> list[Unit]:
    """The units of an account, each name replaced, and one that says so. `names` remembers what stands for what."""
    says_so = Unit(REDACTED, Place(place.partition, place.account, GLOBAL), Ending.OK)
    return [*(_unit(one, names) for one in units), says_so]


def _unit(unit: Unit, names: Pseudonyms) -> Unit:
    row = _Rows(names, OF_AWS - {"state"} if unit.operation in ABOUT_STATES else OF_AWS)
    return replace(
        unit,
        rows=tuple(row.fields(one) for one in unit.rows),
        unread=tuple(replace(one, resource=names.of(one.resource)) for one in unit.unread),
        message=unit.message if _names_nothing(unit) else LEFT_OUT,
    )


def _names_nothing(unit: Unit) -> bool:
    """AWS quotes what it was asked for, and what is said of a state names its file."""
    if not unit.message or unit.denied_by in {CONSENT_DENIES, PRICE_DENIES}:
        return True
    if unit.operation in ABOUT_STATES:
        return unit.ending is Ending.NOT_APPLICABLE
    return unit.ending in IN_OUR_WORDS


class _Rows:
    """Rows of one operation; `plain` are the fields that stay as they are."""

    def __init__(self, names: Pseudonyms, plain: frozenset[str]) -> None:
        self._names = names
        self._plain = plain

    def fields(self, row: Mapping[str, Any]) -> Row:
        return {name: self._field(name, value) for name, value in row.items()}

    def _field(self, name: str, value: Any) -> Any:
        if name in self._plain:
            return value
        if name in SENTENCES:
            return LEFT_OUT if value else value
        if name == DETECTIONS and isinstance(value, list):
            return [{**one, WHERE: self._names.of(one[WHERE])} for one in value]
        if name in SELECTED_BY and isinstance(value, list):
            return [[*one[:-1], self._value(one[-1])] if isinstance(one, list) else self._value(one) for one in value]
        if name == "Condition" and isinstance(value, dict):
            return {operator: self._keyed(keys, self._names.of_condition) for operator, keys in value.items()}
        if name in FREELY_KEYED and isinstance(value, dict):
            return self._keyed(value, self._names.of if name in NAMES_AS_KEYS else str)
        return self._value(value)

    def _keyed(self, value: Mapping[str, Any], key: Callable[[str], str]) -> dict[str, Any]:
        return {key(name): self._value(one) for name, one in value.items()}

    def _value(self, value: Any) -> Any:
        match value:
            case str():
                return self._names.of(value)
            case list() | tuple():
                return [self._value(one) for one in value]
            case dict():
                return self.fields(value)
        return value
