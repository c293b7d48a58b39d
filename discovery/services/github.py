"""A client's GitHub: the way in, which is kept encrypted, and the repositories that are added from it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, crypto, events
from core.errors import DomainError
from core.models import Organisation, User
from discovery.models import GitHubAccess, Repository
from discovery.services import targets
from infra_audit.errors import BadArgumentError
from infra_audit.github.client import GitHub
from infra_audit.github.listing import ListedRepository, PassedOver, RepositoryListing, repositories_of
from infra_audit.github.refusals import RefusedError
from infra_audit.github.signing_in import SignedIn, sign_in
from infra_audit.github.way_in import GitHubWayIn, opens, slug_of

logger = logging.getLogger(__name__)

NO_PATIENCE_S = 0.0  # somebody waits for the page


@dataclass(frozen=True)
class There:
    """A repository of a list that the client has already, and by which name."""

    listed: ListedRepository
    repository: Repository


@dataclass(frozen=True)
class Preview:
    """What adding a list would do: nothing is stored yet. `complaints` are of its bad lines."""

    new: Sequence[ListedRepository]
    there: Sequence[There]
    passed_over: Sequence[PassedOver]
    complaints: Sequence[str] = ()
    is_cut: bool = False


@transaction.atomic
def store_access(*, organisation: Organisation, way_in: GitHubWayIn, owner: str, actor: User) -> GitHubAccess:
    """Keep a way in, encrypted, in place of the one before."""
    access, _made = GitHubAccess.objects.update_or_create(
        organisation=organisation,
        defaults={
            "base_url": way_in.base_url,
            "owner": owner,
            "app_id": way_in.app_id,
            "installation_id": way_in.installation_id,
            "secret_encrypted": crypto.encrypt(way_in.private_key if way_in.is_app else way_in.token),
            "added_by": actor,
            "added_at": clock.now(),
        },
    )
    events.record(access, "github_access.stored", actor=actor, way="app" if way_in.is_app else "token", owner=owner)
    return access


@transaction.atomic
def remove_access(*, access: GitHubAccess, actor: User) -> None:
    """Forget the way in; its repositories stay. At GitHub the token lives on until somebody revokes it there."""
    events.record(access, "github_access.removed", actor=actor, owner=access.owner)
    access.delete()


def way_in_for(organisation: Organisation) -> GitHubWayIn | None:
    """None where there is none, or none that can be read: what GitHub would have told is not assessed then."""
    access = GitHubAccess.objects.filter(organisation=organisation).first()
    try:
        return access.way_in() if access else None
    except DomainError:
        logger.warning("The way in to GitHub of organisation %s cannot be decrypted.", organisation.pk)
        return None


def tried(access: GitHubAccess) -> SignedIn:
    """Asks GitHub: call it outside any transaction. Raises DomainError, in one sentence, where we are not let in."""
    try:
        return sign_in(GitHub(access.way_in(), patience_s=NO_PATIENCE_S))
    except RefusedError as refusal:
        raise DomainError(str(refusal)) from None


def listed(access: GitHubAccess, *, owner: str, with_archived: bool, with_forks: bool) -> RepositoryListing:
    """Asks GitHub: call it outside any transaction. Raises DomainError, in one sentence, where it does not tell."""
    try:
        return repositories_of(
            GitHub(access.way_in(), patience_s=NO_PATIENCE_S), owner, with_archived=with_archived, with_forks=with_forks
        )
    except BadArgumentError as refusal:
        raise DomainError(_("This is no name of an organisation on GitHub. Write it like acme.")) from refusal
    except RefusedError as refusal:
        raise DomainError(str(refusal)) from None


def as_text(listing: RepositoryListing) -> str:
    """The list as people type it; `read_names` reads it back."""
    return "".join(f"{one.slug}\n" for one in listing.repositories)


def preview_of(organisation: Organisation, listing: RepositoryListing, way_in: GitHubWayIn) -> Preview:
    """One query. A repository that was added by another address of the same is there already."""
    known: dict[str, Repository] = {}
    for one in organisation.repositories.order_by("-pk"):
        if opens(way_in, one.location):
            known[slug_of(one.location, way_in).lower()] = one
    return Preview(
        new=[one for one in listing.repositories if one.slug.lower() not in known],
        there=[There(one, known[one.slug.lower()]) for one in listing.repositories if one.slug.lower() in known],
        passed_over=listing.passed_over,
        complaints=listing.complaints,
        is_cut=listing.is_cut,
    )


@transaction.atomic
def add_new(*, organisation: Organisation, listing: RepositoryListing, way_in: GitHubWayIn, actor: User) -> Preview:
    """Add the repositories that the client does not have yet; says which those were."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)  # of two who add, one comes second
    told = preview_of(organisation, listing, way_in)
    for one in told.new:
        targets.add_repository(organisation=organisation, location=one.location, actor=actor)
    return told
