"""Which repositories an organisation or a person has on GitHub, and those that somebody wrote down.

What is passed over is told, each with a sentence.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from infra_audit.errors import BadArgumentError
from infra_audit.github.client import GitHub
from infra_audit.github.client import Listed as Rows
from infra_audit.github.refusals import RefusedError
from infra_audit.github.way_in import OWNER, SLUG, GitHubWayIn, opens, slug_of
from infra_audit.inventory import Row

METADATA = "Metadata: read"
MOST = 5_000
MOST_LINES = 10_000
ARCHIVED = "It is archived: nothing of it changes any more."
FORK = "It is a fork: its content is somebody else's."
LIKE = "write it like acme/shop, or as its https address"


@dataclass(frozen=True)
class ListedRepository:
    """One to read; `location` is its https address, without credentials. `line` is where in a list, from 1 on."""

    slug: str
    location: str
    line: int = 0


@dataclass(frozen=True)
class PassedOver:
    """One that is not to be read, and why not."""

    slug: str
    message: str


@dataclass(frozen=True)
class RepositoryListing:
    """What is to be read, each once; what is passed over; and a sentence for each line that is no repository."""

    repositories: tuple[ListedRepository, ...]
    passed_over: tuple[PassedOver, ...] = ()
    complaints: tuple[str, ...] = ()
    is_cut: bool = False


def location_of(slug: str, way_in: GitHubWayIn) -> str:
    return f"https://{way_in.host}/{slug}"


def repositories_of(
    github: GitHub, owner: str, *, with_archived: bool = False, with_forks: bool = False
) -> RepositoryListing:
    """What GitHub lets us see of an organisation's or a person's. Raises RefusedError, BadArgumentError for no name."""
    if not OWNER.fullmatch(owner):
        raise BadArgumentError("this is no organisation's name on GitHub: write it as in its address, like acme.")
    found = _rows(github, owner)
    to_read, passed_over = list[ListedRepository](), list[PassedOver]()
    for row in sorted(found.rows, key=lambda one: str(one.get("full_name")).lower()):
        slug = str(row.get("full_name"))
        why = _why_not(row, with_archived=with_archived, with_forks=with_forks)
        if why:
            passed_over.append(PassedOver(slug, why))
        elif SLUG.fullmatch(slug):
            to_read.append(ListedRepository(slug, location_of(slug, github.way_in)))
    return RepositoryListing(tuple(to_read), tuple(passed_over), is_cut=found.is_cut)


def _why_not(row: Row, *, with_archived: bool, with_forks: bool) -> str:
    if row.get("archived") and not with_archived:
        return ARCHIVED
    return FORK if row.get("fork") and not with_forks else ""


def _rows(github: GitHub, owner: str) -> Rows:
    """An app is told what it was installed for; a token lists an organisation, else its own person, else another's."""
    if github.way_in.is_app:
        found = github.rows("/installation/repositories", most=MOST, permission=METADATA, key="repositories")
        return Rows(tuple(row for row in found.rows if _is_of(row, owner)), found.is_cut)
    try:
        return github.rows(f"/orgs/{owner}/repos", most=MOST, permission=METADATA, type="all")
    except RefusedError as refusal:
        if refusal.status != 404:
            raise
    if _own_login(github) == owner.lower():
        return github.rows("/user/repos", most=MOST, permission=METADATA, affiliation="owner")
    return github.rows(f"/users/{owner}/repos", most=MOST, permission=METADATA, type="owner")


def _is_of(row: Row, owner: str) -> bool:
    return str((row.get("owner") or {}).get("login")).lower() == owner.lower()


def _own_login(github: GitHub) -> str:
    told = github.get("/user").data
    return str(told.get("login")).lower() if isinstance(told, dict) else ""


def read_names(text: str, way_in: GitHubWayIn) -> RepositoryListing:
    """One repository a line, as owner/name or its address. Empty lines and those that begin with # are passed over.

    What a bad line holds is never repeated: it could be a token.
    """
    first: dict[str, ListedRepository] = {}
    passed_over, complaints = list[PassedOver](), list[str]()
    for one, complaint in _read(text.splitlines(), way_in):
        if one is None:
            complaints.append(complaint)
        elif first.setdefault(one.slug.lower(), one) is not one:
            passed_over.append(PassedOver(one.slug, f"It is listed twice: on line {first[one.slug.lower()].line} too."))
    return RepositoryListing(tuple(first.values()), tuple(passed_over), tuple(complaints))


def _read(lines: Iterable[str], way_in: GitHubWayIn) -> Iterator[tuple[ListedRepository | None, str]]:
    for number, line in enumerate(map(str.strip, lines), start=1):
        if number > MOST_LINES:
            yield None, f"line {number}: {MOST_LINES:,} lines are the most: give the others in a second list."
            return
        if not line or line.startswith("#"):
            continue
        slug = line if SLUG.fullmatch(line) else slug_of(line, way_in) if opens(way_in, line) else ""
        if slug:
            yield ListedRepository(slug, location_of(slug, way_in), number), ""
        else:
            yield None, f"line {number} is no repository on {way_in.host}: {LIKE}."
