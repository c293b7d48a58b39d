"""Is this installation well? Small questions, each answered with what is so and, where it is not, with the mend.

Every check is a function that looks at one thing. Other apps add theirs with `check` when they are loaded.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

logger = logging.getLogger(__name__)

HIDDEN = "…"
SHORTEST_SECRET = 4  # anything shorter would blank out ordinary words


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # it runs, and could run better
    FAULT = "fault"  # something of it does not work, or is not safe


@dataclass(frozen=True)
class Told:
    """What a check says: how it stands, in a few words, and the mend in one sentence."""

    level: Level
    text: str
    mend: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the report."""

    check: str
    level: Level
    text: str
    mend: str


Check = Callable[[], Told]
_checks: dict[str, tuple[Check, tuple[str, ...]]] = {}
_thorough: set[str] = set()
_after_restoring: set[str] = set()


def ok(text: str) -> Told:
    return Told(Level.OK, text)


def warning(text: str, mend: str) -> Told:
    return Told(Level.WARNING, text, mend)


def fault(text: str, mend: str) -> Told:
    return Told(Level.FAULT, text, mend)


def check(
    name: str, *, needs: tuple[str, ...] = (), thorough: bool = False, after_restoring: bool = False
) -> Callable[[Check], Check]:
    """Adds a check under its name ("database"). It is left out while one of those it `needs` is at fault.

    A `thorough` one reads everything there is, and runs only when asked for. Those for `after_restoring` say whether
    a backup came back whole.
    """

    def add(function: Check) -> Check:
        _checks[name] = (function, needs)
        if thorough:
            _thorough.add(name)
        if after_restoring:
            _after_restoring.add(name)
        return function

    return add


def names() -> list[str]:
    return list(_checks)


def after_restoring() -> list[str]:
    return [name for name in _checks if name in _after_restoring]


def examine(only: Iterable[str] = ()) -> list[Line]:
    """Run every check but the thorough ones, in the order in which they were added; or those named and what they
    need."""
    wanted = _with_needs(only) if only else set(_checks) - _thorough
    lines: dict[str, Line] = {}
    for name, (function, needs) in _checks.items():
        if name not in wanted:
            continue
        away = [need for need in needs if need in lines and lines[need].level == Level.FAULT]
        told = _not_looked_at(away[0]) if away else _asked(name, function)
        lines[name] = Line(name, told.level, scrubbed(told.text), scrubbed(told.mend))
    return list(lines.values())


def is_well(lines: Iterable[Line]) -> bool:
    return all(line.level != Level.FAULT for line in lines)


def as_json(lines: list[Line]) -> dict[str, Any]:
    return {"well": is_well(lines), "checks": [asdict(line) for line in lines]}


def _with_needs(only: Iterable[str]) -> set[str]:
    wanted: set[str] = set()
    waiting = list(only)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting.extend(_checks[name][1])
    return wanted


def _not_looked_at(need: str) -> Told:
    return warning("not looked at", f"Mend “{need}” first, then run the doctor again.")


def _asked(name: str, function: Check) -> Told:
    """A check that fails in a way nobody foresaw is a fault with the kind of error: its words might hold a secret."""
    try:
        return function()
    except Exception as problem:  # the doctor must end its round, whatever one patient does
        logger.debug("The check %s failed", name, exc_info=True)
        return fault(
            f"the check itself failed ({type(problem).__name__})",
            f"See why with: manage.py doctor '{name}' --verbosity 3.",
        )


def one_line(problem: BaseException) -> str:
    """The first line of an error's words, short."""
    words = str(problem).strip().splitlines()
    return (words[0] if words else type(problem).__name__)[:200].rstrip(". ")


def scrubbed(text: str) -> str:
    """The text without any secret of the settings, however it came into it."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return re.sub(r"(\w+://[^\s:/@]*):[^\s@/]+@", rf"\1:{HIDDEN}@", text)


def _secrets() -> set[str]:
    urls = [str(getattr(settings, name, "") or "") for name in ("CELERY_BROKER_URL", "EMAIL_URL")]
    urls += [str(cache.get("LOCATION", "")) for cache in settings.CACHES.values() if _is_one(cache.get("LOCATION", ""))]
    found = {settings.SECRET_KEY, *settings.FIELD_KEYS, getattr(settings, "EMAIL_HOST_PASSWORD", "")}
    found |= {str(database.get("PASSWORD") or "") for database in settings.DATABASES.values()}
    found |= _secret_options(settings.STORAGES.get("default", {}).get("OPTIONS", {}))
    found |= _secret_options(getattr(settings, "ANYMAIL", {}))
    for url in urls:
        password = _password_of(url)
        found |= {password, unquote(password)}
    return {secret for secret in found if secret and len(secret) >= SHORTEST_SECRET}


def _is_one(location: object) -> bool:
    return isinstance(location, str)


def _secret_options(options: Mapping[str, Any]) -> set[str]:
    return {
        str(value) for name, value in options.items() if re.search("secret|key|password|token", name, re.IGNORECASE)
    }


def _password_of(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""
