"""Reads one git repository, from a folder or a URL, into units. Never runs it, never follows where it points.

What GitHub tells besides is asked where the repository is on it; that and the content fail each by itself.

A location that cannot be read gives every planned unit the ending `error` with one sentence; nothing is raised.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from infra_audit.collectors.github import collecting as github_units
from infra_audit.collectors.repo import (
    cloudformation,
    delivery,
    docker,
    documents,
    files,
    infrastructure,
    manifests,
    ownership,
    readme,
    runtimes,
    secrets,
    suppressions,
    terraform,
    tools,
)
from infra_audit.collectors.repo.cloning import Login, import_url, is_url, name_of
from infra_audit.collectors.repo.handed_in import import_any_folder, import_file
from infra_audit.collectors.repo.importing import Mirror
from infra_audit.collectors.repo.objects import ObjectReader
from infra_audit.collectors.repo.reading import OpenRepository, Reading, StoppedError
from infra_audit.collectors.repo.sandbox import Limits, RepositoryError, working_folder
from infra_audit.errors import kind_and_place
from infra_audit.github.client import GitHub
from infra_audit.github.refusals import RefusedError
from infra_audit.github.way_in import GitHubWayIn, opens, slug_of
from infra_audit.inventory import Ending, Place, Unit
from infra_audit.secrets import SecretEngine

logger = logging.getLogger(__name__)

__all__ = ["Limits", "RepositoryTarget", "collect_repository", "known_operations", "planned_repository"]

Read = Callable[[OpenRepository], Reading]
Emit = Callable[[Unit], None]
PACKED = re.compile(r"\.(?:git|bundle|zip|tar|tgz|tar\.(?:gz|bz2|xz))$")  # what a repository's name does not end in
GIT_USER = "x-access-token"  # what GitHub calls whoever comes with a token
COLLECTORS: Mapping[str, Read] = MappingProxyType(
    {
        "repo.files": files.read,
        "repo.readme": readme.read,
        "repo.infrastructure": infrastructure.read,
        "repo.terraform": terraform.read,
        "repo.cloudformation": cloudformation.read,
        "repo.docker": docker.read,
        "repo.runtimes": runtimes.read,
        "repo.manifests": manifests.read,
        "repo.tools": tools.read,
        "repo.delivery": delivery.read,
        "repo.ownership": ownership.read,
        "repo.documents": documents.read,
        "repo.suppressions": suppressions.read,
        "repo.secrets": secrets.read,  # late: it takes longest
        "repo.credential_files": secrets.read_files,
    }
)


@dataclass(frozen=True)
class RepositoryTarget:
    """Where a repository is: a folder (work tree, bare, or files without git), a git bundle, an archive of a folder, or
    an https or ssh URL. `name` defaults to its last part.

    `github` is the way in to the GitHub that it is on, also for cloning it over https.
    """

    location: str = field(repr=False)  # a URL may hold a token
    name: str = ""
    github: GitHubWayIn | None = None

    @property
    def place(self) -> Place:
        return Place(partition="", account="", region="", repository=self.name or self._own_name)

    @property
    def _own_name(self) -> str:
        if is_url(self.location):
            return name_of(self.location)
        folder = Path(self.location).expanduser().absolute()
        name = (folder.parent if folder.name == ".git" else folder).name
        return PACKED.sub("", name) or "repository"


def planned_repository(target: RepositoryTarget | None = None) -> list[str]:
    """The operations that `collect_repository` runs, in their order; without a target, those of any repository."""
    is_on_github = target is not None and bool(slug_of(target.location, target.github))
    return [*COLLECTORS, *(github_units.COLLECTORS if is_on_github else ())]


def known_operations() -> list[str]:
    """All that any repository may be asked."""
    return [*COLLECTORS, *github_units.COLLECTORS]


def collect_repository(
    target: RepositoryTarget,
    *,
    key: bytes,
    now: datetime,
    emit: Emit,
    stop: Callable[[], bool],
    done: frozenset[str] = frozenset(),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    betterleaks: Path | None = None,
) -> None:
    """Read the repository and hand each unit to `emit` as it ends; operations in `done` are left out.

    Where `stop()` says so it returns at once, without the unit that was begun. `key` keys the secrets' fingerprints.
    `betterleaks`: the program that is asked for a second opinion on credentials.
    """
    wanted = [operation for operation in COLLECTORS if operation not in done]
    told = [operation for operation in planned_repository(target)[len(COLLECTORS) :] if operation not in done]
    opened = target.github and opens(target.github, target.location)
    github = GitHub(target.github, stop=stop) if target.github and opened else None
    collect = partial(_collect, target, wanted, SecretEngine(key), stop, limits, now, betterleaks, github)
    try:
        if wanted:
            _or_one_sentence(wanted, target.place, emit, stop, collect)
        if told and not stop():
            slug = slug_of(target.location, target.github)
            github_units.collect(github, slug, target.place, operations=told, now=now, emit=emit)
    except StoppedError:
        return


def _or_one_sentence(
    wanted: list[str], place: Place, emit: Emit, stop: Callable[[], bool], collect: Callable[[Emit], None]
) -> None:
    """Where a location cannot be read, each operation that is left gets the same one. Raises StoppedError."""
    emitted: set[str] = set()

    def hand_over(unit: Unit) -> None:
        emitted.add(unit.operation)
        emit(unit)

    try:
        collect(hand_over)
    except (RepositoryError, RefusedError, OSError) as error:
        if stop():
            raise StoppedError from None
        for operation in wanted:
            if operation not in emitted:
                emit(Unit(operation, place, Ending.ERROR, message=_sentence(error)))


def _collect(
    target: RepositoryTarget,
    wanted: list[str],
    engine: SecretEngine,
    stop: Callable[[], bool],
    limits: Limits,
    now: datetime,
    betterleaks: Path | None,
    github: GitHub | None,
    emit: Emit,
) -> None:
    with working_folder(limits) as folder:
        mirror = _take_over(target, folder, limits, stop, github)
        with ObjectReader(mirror.git) as reader:
            repository = OpenRepository(target.place.repository, mirror, reader, engine, limits, stop, now, betterleaks)
            for operation in wanted:
                if stop():
                    raise StoppedError
                emit(_unit(operation, target.place, repository))


def _take_over(
    target: RepositoryTarget, folder: Path, limits: Limits, stop: Callable[[], bool], github: GitHub | None
) -> Mirror:
    if is_url(target.location):
        login = Login(GIT_USER, github.git_password()) if github and not github.way_in.is_emulated else None
        return import_url(target.location, folder, limits, stop, login)
    source = Path(target.location).expanduser()
    if source.is_file():
        return import_file(source, folder, limits)
    return import_any_folder(source, folder / "mirror.git", limits)


def _unit(operation: str, place: Place, repository: OpenRepository) -> Unit:
    """One operation's unit; what goes wrong inside one does not keep the others from being read."""
    began = time.monotonic()
    try:
        reading = repository.once(operation, COLLECTORS[operation])
    except RepositoryError as error:
        return Unit(operation, place, Ending.ERROR, message=str(error), duration_s=time.monotonic() - began)
    except (OSError, StoppedError):
        raise
    except Exception as error:  # whatever it was, the other operations go on
        logger.error("%s of %s: %s", operation, place, kind_and_place(error))
        message = f"This part could not be read: the program met a mistake of its own ({type(error).__name__})."
        return Unit(operation, place, Ending.ERROR, message=message, duration_s=time.monotonic() - began)
    return Unit(
        operation,
        place,
        reading.ending,
        rows=reading.rows,
        unread=reading.unread,
        message=" ".join(reading.remarks),
        duration_s=round(time.monotonic() - began, 3),
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, RepositoryError | RefusedError):
        return str(error)
    if isinstance(error, FileNotFoundError) and error.filename == "git":
        return "Git is not installed on this machine; install it to read repositories."
    if isinstance(error, PermissionError):
        return "This repository may not be read by the user who runs the audit."
    return "This repository could not be read: the machine's disk or memory gave up."
