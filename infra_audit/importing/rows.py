"""One shape for what other tools say, without what they copied: their raw resources may hold secrets."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from infra_audit.inventory import Row
from infra_audit.secrets import SecretEngine

ACCOUNT = re.compile(r"\d{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
NOT_AN_ID = re.compile(r"[^a-z0-9]+")
WITHHELD = "(withheld: it seems to hold a credential)"
LONGEST = {
    "tool": 30,
    "tool_name": 40,
    "tool_version": 20,
    "check": 200,
    "title": 200,
    "resource": 2_000,
    "resource_type": 64,
    "resource_name": 300,
    "source": 500,
    "path": 1_000,
}
LONGEST_TEXT = 2_000
MOST_TAGS = 50


@dataclass(frozen=True)
class Told:
    """One finding of another tool. `tool` is its id, `tool_name` and `tool_version` what to call it."""

    tool: str
    tool_name: str
    tool_version: str
    check: str
    title: str
    detail: str
    why: str
    remedy: str
    source: str
    severity: str
    partition: str
    account: str
    region: str
    resource: str
    resource_type: str
    resource_name: str
    requirement: bool  # the title says what should be, not what is
    tags: Mapping[str, str] = field(default_factory=dict)
    path: str = ""  # in code: the file and its lines, and then there is no account
    line: int = 0
    last_line: int = 0


class NotOursError(Exception):
    """No finding about an AWS account or a file."""


def row_of(told: Told, secrets: SecretEngine) -> Row:
    """JSON types only, each text cut, credentials withheld. Raises NotOursError for another cloud's."""
    if not (ACCOUNT.fullmatch(told.account) or told.path) or not told.check or not told.resource:
        raise NotOursError
    row: Row = {name: _text(name, value, secrets) for name, value in asdict(told).items() if isinstance(value, str)}
    tags = {_text("", key, secrets)[:128]: _text("", value, secrets)[:256] for key, value in told.tags.items()}
    return {
        **row,
        "region": told.region if REGION.fullmatch(told.region) else "",
        "partition": told.partition if told.partition.startswith("aws") and len(told.partition) <= 20 else "aws",
        "requirement": told.requirement,
        "line": told.line,
        "last_line": told.last_line,
        "tags": dict(list(tags.items())[:MOST_TAGS]),
    }


def _text(name: str, value: str, secrets: SecretEngine) -> str:
    clean = value.encode("utf-8", "replace").decode().replace("\x00", "").strip()[: LONGEST.get(name, LONGEST_TEXT)]
    return WITHHELD if secrets.scan(clean.encode()) else clean


def tool_id(name: str) -> str:
    """ "Security Hub" → "security_hub"; fit to begin an id of a check."""
    told = NOT_AN_ID.sub("_", name.lower()).strip("_0123456789")[:20].rstrip("_")
    return told or "other"


def part(value: Any, key: str) -> Mapping[str, Any]:
    """value[key] where that is an object, else {}: formats from outside are trusted in nothing."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def listed(value: Mapping[str, Any], key: str) -> list[Any]:
    """value[key] where that is a list, else []."""
    found = value.get(key)
    return found if isinstance(found, list) else []


def text(value: Mapping[str, Any], key: str) -> str:
    """value[key] where that is text, else ""."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def first(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The first of the list value[key] where that is an object, else {}."""
    found = next(iter(listed(value, key)), None)
    return found if isinstance(found, Mapping) else {}


def number(value: Mapping[str, Any], key: str, default: int) -> int:
    """value[key] where that is a whole number, else `default`."""
    found = value.get(key)
    return found if isinstance(found, int) else default
