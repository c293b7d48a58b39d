"""Asks GitHub about one repository: a unit for each operation, whatever becomes of the others."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from infra_audit.collectors.github import alerts, protection, pulls, repository, shipping
from infra_audit.collectors.github.reading import OnGitHub, Told
from infra_audit.collectors.repo.reading import StoppedError
from infra_audit.errors import kind_and_place
from infra_audit.github.client import GitHub
from infra_audit.github.refusals import RefusedError
from infra_audit.inventory import Ending, Place, Unit

logger = logging.getLogger(__name__)

NO_WAY_IN = "GitHub was not asked: no token and no app is named for it."
COLLECTORS: Mapping[str, Callable[[OnGitHub], Told]] = MappingProxyType(
    {
        "github.repository": repository.read,
        "github.branch_protection": protection.read,
        "github.alerts": alerts.read,
        "github.pulls": pulls.read,
        "github.deployments": shipping.read_deployments,
        "github.releases": shipping.read_releases,
    }
)


def collect(
    github: GitHub | None,
    slug: str,
    place: Place,
    *,
    operations: Iterable[str],
    now: datetime,
    emit: Callable[[Unit], None],
) -> None:
    """Emit a unit for each of the operations; without a way in they say so. Raises StoppedError."""
    on = OnGitHub(github, slug, place.repository, now) if github else None
    for operation in operations:
        if on is None:
            emit(Unit(operation, place, Ending.ERROR, message=NO_WAY_IN))
        else:
            emit(_unit(operation, place, on))


def _unit(operation: str, place: Place, on: OnGitHub) -> Unit:
    began = time.monotonic()
    told = _told(operation, on)
    return Unit(
        operation,
        place,
        told.ending,
        rows=told.rows,
        iam_action=told.permission,
        denied_by=told.denied_by,
        message=told.message,
        duration_s=round(time.monotonic() - began, 3),
    )


def _told(operation: str, on: OnGitHub) -> Told:
    try:
        return COLLECTORS[operation](on)
    except RefusedError as refusal:
        return Told((), refusal.ending, refusal.permission, refusal.denied_by, str(refusal))
    except StoppedError:
        raise
    except Exception as error:  # whatever it was, the other operations go on
        logger.error("%s of %s: %s", operation, on.name, kind_and_place(error))
        return Told((), Ending.ERROR, message=f"This could not be read: a mistake of ours ({type(error).__name__}).")
