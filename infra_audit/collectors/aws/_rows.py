"""What rows of many collectors have in common."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any


def tags_of(answer: Mapping[str, Any], key: str = "Tags") -> dict[str, str]:
    """AWS's list of Key/Value pairs as a dict; {} where the answer has none."""
    return {one["Key"]: one.get("Value") or "" for one in answer.get(key) or ()}


def name_of(tags: Mapping[str, str], otherwise: str) -> str:
    """The Name tag, else what AWS calls it."""
    return tags.get("Name") or otherwise


def iso(when: datetime | None) -> str | None:
    """UTC, ISO 8601; None stays None."""
    return when.astimezone(UTC).isoformat() if when else None


def first(*times: datetime | None) -> str | None:
    """The earliest of the times that are known, as ISO."""
    return iso(min(filter(None, times), default=None))


def pick(answers: Iterable[Mapping[str, Any]], key: str) -> list[Any]:
    """The value of `key` in each that has one."""
    return [one[key] for one in answers if one.get(key)]
