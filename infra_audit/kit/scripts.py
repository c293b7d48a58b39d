"""Scripts from templates: what an account calls its things may say anything, and must stay a mere value."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
PLACE = re.compile(r"@(?P<name>[A-Z]+)@")
UNFIT_FOR_A_PATH = re.compile(r"[^A-Za-z0-9._-]+|\.{2,}")


def script(template: str, values: Mapping[str, object], *, words: Mapping[str, str] | None = None) -> str:
    """The template with `@NAME@` replaced by quoted values, in one pass; `words` are ours and stand as they are."""
    own = words or {}

    def put(found: re.Match[str]) -> str:
        name = found["name"]
        return own[name] if name in own else quoted(values[name])

    return PLACE.sub(put, (FOLDER / template).read_text(encoding="utf-8"))


def quoted(value: object) -> str:
    """One word to a shell, whatever is in it; None is the empty word."""
    return shlex.quote("" if value is None else str(value).replace("\x00", ""))


class Paths:
    """Paths of files named for what somebody else named; no two are the same."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def of(self, *parts: str, ending: str) -> str:
        """ "databases/123456789012/eu-west-1/orders-dump.sh"."""
        plain = "/".join(UNFIT_FOR_A_PATH.sub("-", part).strip("-.") or "unnamed" for part in parts)
        path, number = plain + ending, 1
        while path.lower() in self._given:
            number += 1
            path = f"{plain}-{number}{ending}"
        self._given.add(path.lower())
        return path
