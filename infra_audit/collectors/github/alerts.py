"""github.alerts: one row: whether GitHub warns of dependencies with known holes, and what waits for an answer.

dependency_alerts (True, False, or None where it is not told), open and open_by_severity (None where only whether they
are on is told), secret_scanning and push_protection ("enabled", "disabled", or None). Alerts on secrets are never
asked for: they hold the secrets.
"""

from collections import Counter
from typing import Any

from infra_audit.collectors.github.reading import OnGitHub, Told, partly
from infra_audit.github.refusals import RefusedError
from infra_audit.inventory import Ending, Row

ALERTS, ADMINISTRATION = "Dependabot alerts: read", "Administration: read"
DISABLED = "disabled"
MOST = 1_000


def read(on: OnGitHub) -> Told:
    refusals: list[RefusedError] = []
    row = {"arn": on.arn, "is_archived": on.is_archived, **_dependencies(on, refusals), **_secrets(on)}
    return partly((row,), refusals)


def _dependencies(on: OnGitHub, refusals: list[RefusedError]) -> Row:
    try:
        listed = on.github.rows(on.path("dependabot", "alerts"), most=MOST, permission=ALERTS, state="open")
    except RefusedError as refusal:
        if DISABLED in refusal.said:
            return _told(is_on=False)
        if refusal.ending is Ending.THROTTLED:
            raise
        is_on = _are_on(on)
        if is_on is None:
            refusals.append(refusal)
        return _told(is_on=is_on)
    found = Counter(str((one.get("security_advisory") or {}).get("severity") or "unknown") for one in listed.rows)
    return _told(is_on=True, found=found)


def _told(*, is_on: bool | None, found: Counter[str] | None = None) -> Row:
    return {
        "dependency_alerts": is_on,
        "open": None if found is None else found.total(),
        "open_by_severity": None if found is None else dict(sorted(found.items())),
    }


def _are_on(on: OnGitHub) -> bool | None:
    """Asked as an administrator: a plain "Not Found" says that they are off to no one else."""
    try:
        on.github.get(on.path("vulnerability-alerts"), permission=ADMINISTRATION)
    except RefusedError as refusal:
        if refusal.ending is Ending.THROTTLED:
            raise
        is_administrator = (on.about.get("permissions") or {}).get("admin") is True
        is_told = DISABLED in refusal.said or (refusal.status == 404 and is_administrator)
        return False if is_told else None
    return True


def _secrets(on: OnGitHub) -> Row:
    """The repository says it itself, to those who administer it."""
    analysis = on.about.get("security_and_analysis") or {}
    return {
        "secret_scanning": _status(analysis.get("secret_scanning")),
        "push_protection": _status(analysis.get("secret_scanning_push_protection")),
    }


def _status(said: Any) -> str | None:
    return said.get("status") if isinstance(said, dict) else None
