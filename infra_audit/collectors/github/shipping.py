"""github.deployments and github.releases: what was rolled out and released in the last twelve months. Nobody's names.

Deployments: at (when it was asked for), environment, is_production (None where nothing says so), commit, status
(its last one but "inactive", None where it was not asked about), done_at (when it first succeeded). Releases: at, tag,
is_prerelease.
"""

from infra_audit.collectors.github.reading import OnGitHub, Told
from infra_audit.collectors.github.times import is_before, since
from infra_audit.environments import environment_of
from infra_audit.inventory import Ending, Row

DEPLOYMENTS, CONTENTS = "Deployments: read", "Contents: read"
MOST, STATUSES = 500, 60
SUPERSEDED, SUCCESS = "inactive", "success"


def read_deployments(on: OnGitHub) -> Told:
    found, is_cut = _recent(on, "deployments", "created_at", DEPLOYMENTS)
    rows = [_deployment(on, one, with_status=place < STATUSES) for place, one in enumerate(_production_first(found))]
    return _told(sorted(rows, key=lambda one: str(one["at"])), is_cut)


def read_releases(on: OnGitHub) -> Told:
    found, is_cut = _recent(on, "releases", "created_at", CONTENTS)
    rows = [
        {
            "arn": on.arn,
            "at": one.get("published_at"),
            "tag": one.get("tag_name"),
            "is_prerelease": bool(one.get("prerelease")),
        }
        for one in found
        if not one.get("draft")
    ]
    return _told(sorted(rows, key=lambda one: str(one["at"])), is_cut)


def _recent(on: OnGitHub, what: str, dated: str, permission: str) -> tuple[list[Row], bool]:
    """GitHub lists the newest first; and whether there are more than are read."""
    oldest, found = since(on.now), list[Row]()
    for page in on.github.pages(on.path(what), permission=permission):
        recent = [one for one in page if not is_before(one.get(dated), oldest)]
        found += recent
        if len(found) > MOST:
            return found[:MOST], True
        if len(recent) < len(page):
            break
    return found, False


def _told(rows: list[Row], is_cut: bool) -> Told:
    if is_cut:
        return Told(tuple(rows), Ending.TRUNCATED, message=f"It has more than the newest {MOST}, which are read.")
    return Told(tuple(rows))


def _production_first(found: list[Row]) -> list[Row]:
    """Each status is a question, so those that count are asked about first."""
    return sorted(found, key=lambda one: _is_production(one) is not True)


def _is_production(deployment: Row) -> bool | None:
    """What GitHub was told, or what the environment is called; temporary ones, as of a pull request, never are."""
    if deployment.get("production_environment"):
        return True
    if deployment.get("transient_environment"):
        return False
    known = environment_of({}, str(deployment.get("environment") or ""))
    return known == "prod" if known else None


def _deployment(on: OnGitHub, one: Row, *, with_status: bool) -> Row:
    """GitHub tells the newest status first, and one that was replaced since is "inactive" on top."""
    said = _statuses(on, one) if with_status else []
    done = [status.get("created_at") for status in said if status.get("state") == SUCCESS]
    states = [status.get("state") for status in said if status.get("state") != SUPERSEDED]
    return {
        "arn": on.arn,
        "at": one.get("created_at"),
        "environment": one.get("environment"),
        "is_production": _is_production(one),
        "commit": one.get("sha"),
        "status": states[0] if states else None,
        "done_at": done[-1] if done else None,
    }


def _statuses(on: OnGitHub, one: Row) -> list[Row]:
    told = on.github.get(on.path("deployments", str(one.get("id")), "statuses"), permission=DEPLOYMENTS, per_page=100)
    return [status for status in told.data if isinstance(status, dict)] if isinstance(told.data, list) else []
