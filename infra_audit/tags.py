"""What tags say together: which keys a resource lacks, and which spell otherwise what the others spell alike."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from infra_audit.inventory import Inventory, Row, Unit
from infra_audit.resources import Resources, own_tags

Tags = Mapping[str, str]

ENVIRONMENT = "environment"
# Short and long for the same thing; keys first, then values of the environment.
SAME_KEYS = {"env": ENVIRONMENT, "environ": ENVIRONMENT, "costcentre": "costcenter", "app": "application"}
SAME_ENVIRONMENTS = {
    "production": "prod",
    "prd": "prod",
    "development": "dev",
    "devel": "dev",
    "stage": "staging",
    "stg": "staging",
    "testing": "test",
}
FREE = frozenset({"name", "description"})  # texts of their own, not words of a list
SEPARATORS = re.compile(r"[\s_-]+")
CONTROLLED = re.compile(r"[:/]")  # kubernetes.io/…, aws:…: programs write these, and read them to the letter


@dataclass(frozen=True)
class Deviation:
    """A key, or a value under it, that `usual` (on `count` resources) says otherwise. `value` is "" for a key."""

    key: str
    value: str
    usual: str
    count: int

    def __str__(self) -> str:
        where = f"{self.key} is “{self.value}”" if self.value else f"The key is “{self.key}”"
        return f"{where} here and “{self.usual}” on {self.count} other{'s' if self.count != 1 else ''}"


def resources_with_tags(inventory: Inventory) -> Iterator[tuple[Row, Unit, dict[str, str] | None]]:
    """Each of the account's resources with the tags that somebody set; None where they could not be read."""
    for row, unit in Resources(inventory):
        yield row, unit, own_tags(row)


def lacking(tags: Tags, required: Iterable[str]) -> list[str]:
    """The required keys that are not there or say nothing; another spelling of one is there."""
    there = {plain_key(key) for key, value in tags.items() if value.strip()}
    return [key for key in required if plain_key(key) not in there]


def plain_key(key: str) -> str:
    """Equal for `Cost-Center`, `costCentre` and `cost_center`; keys that programs write stay as they are."""
    if CONTROLLED.search(key):
        return key
    plain = SEPARATORS.sub("", key.casefold())
    return SAME_KEYS.get(plain, plain)


def plain_value(key: str, value: str) -> str:
    """Equal for `prod`, `Prod` and `PRODUCTION` under a key like Environment, and for `Web Shop` and `web-shop`."""
    plain = SEPARATORS.sub("-", value.strip().casefold())
    return SAME_ENVIRONMENTS.get(plain, plain) if plain_key(key) == ENVIRONMENT else plain


class Spellings:
    """How all of an account's tags are spelled: the usual spelling is the policy's if in use, else the commonest."""

    def __init__(self, tags: Iterable[Tags], required: Iterable[str] = ()) -> None:
        keys: dict[str, Counter[str]] = defaultdict(Counter)
        values: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for some in tags:
            for key, value in some.items():
                keys[plain_key(key)][key] += 1
                if _is_word(key, value):
                    values[plain_key(key), plain_value(key, value)][value] += 1
        wanted = set(required)
        self._keys = {plain: (_usual(found, wanted), found) for plain, found in keys.items()}
        self._values = {plain: (_usual(found), found) for plain, found in values.items()}

    def deviations(self, tags: Tags) -> Iterator[Deviation]:
        """What one resource's tags spell otherwise."""
        for key, value in sorted(tags.items()):
            usual, found = self._keys[plain_key(key)]
            if key != usual:
                yield Deviation(key, "", usual, found[usual])
            if _is_word(key, value):
                usual, found = self._values[plain_key(key), plain_value(key, value)]
                if value != usual:
                    yield Deviation(key, value, usual, found[usual])


def _is_word(key: str, value: str) -> bool:
    return plain_key(key) not in FREE and not CONTROLLED.search(key) and bool(value.strip())


def _usual(found: Counter[str], wanted: Iterable[str] = ()) -> str:
    """The wanted one, else the commonest; of equals the shorter, then small letters."""
    wanted = set(wanted)
    return min(found, key=lambda one: (one not in wanted, -found[one], len(one), one.swapcase()))
