"""Accounts that were named many at once, by a list of roles or by their organisation."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.models import Organisation, User
from discovery.models import AwsAccount
from discovery.services import pace, targets
from infra_audit.accounts import Left, LeftOut, Listed, Listing, account_in, listing_through
from infra_audit.aws import open_account

LONGEST_NAME = 100
ATTEMPTS = 2  # somebody waits for the page


@dataclass(frozen=True)
class Through:
    """Whose credentials take on the roles, and where AWS is asked: a profile of this machine, or its default ones."""

    profile: str = ""
    endpoint_url: str = ""
    regions: Sequence[str] = ()


@dataclass(frozen=True)
class There:
    """An account of a list that the client has already, and by which name."""

    listed: Listed
    account: AwsAccount


@dataclass(frozen=True)
class Preview:
    """What adding a list would do: nothing is stored yet. `complaints` are of its bad lines."""

    new: Sequence[Listed]
    there: Sequence[There]
    left_out: Sequence[LeftOut]
    complaints: Sequence[str] = ()


def preview_of(organisation: Organisation, listing: Listing) -> Preview:
    """One query. What the client alone can read is no way in, so its account is still to be added."""
    known: dict[str, AwsAccount] = {}
    for account in organisation.aws_accounts.filter(handed_over=False):
        for number in filter(None, (account_in(account.role_arn), account.account_id)):
            known.setdefault(number, account)
    return Preview(
        new=[one for one in listing.accounts if one.account not in known],
        there=[There(one, known[one.account]) for one in listing.accounts if one.account in known],
        left_out=listing.left_out,
        complaints=listing.complaints,
    )


def members_through(account: AwsAccount, *, role_name: str, external_id: str) -> Listing:
    """The accounts that the client's management account lists. It asks AWS: call it outside any transaction.

    Raises NothingAssessableError, in one sentence, where we cannot sign in or may not list them.
    """
    own = open_account(
        account.target(metadata_only=True), key=b"", now=clock.now(), throttle=pace.throttle(), attempts=ATTEMPTS
    )
    listing = listing_through(own, role_name=role_name, external_id=external_id)
    mine = LeftOut(own.id, account.name, Left.LISTED_TWICE.value, _("This is the account that we signed in to."))
    others = tuple(one for one in listing.accounts if one.role_arn)
    return replace(listing, accounts=others, left_out=(mine, *listing.left_out))


def as_text(listing: Listing) -> str:
    """The list as people type it; `read_roles` reads it back."""
    written = io.StringIO(newline="")
    table = csv.writer(written, lineterminator="\n")
    table.writerows((one.role_arn, one.external_id, one.name) for one in listing.accounts)
    return written.getvalue()


@transaction.atomic
def add_new(*, organisation: Organisation, listing: Listing, through: Through, actor: User) -> Preview:
    """Add the accounts that the client does not have yet; says which those were."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)  # of two who add, one comes second
    told = preview_of(organisation, listing)
    for one in told.new:
        add_listed(organisation=organisation, one=one, through=through, actor=actor)
    return told


@transaction.atomic
def reach_listed(*, organisation: Organisation, one: Listed, through: Through, actor: User | None) -> AwsAccount:
    """The client's account behind that very role, reached as is said now; made if there is none yet."""
    known = AwsAccount.objects.filter(organisation=organisation, role_arn=one.role_arn).order_by("id").first()
    if known is None:
        return add_listed(organisation=organisation, one=one, through=through, actor=actor)
    way = _way_in(known.name, one, through)
    said = {**vars(way), "endpoint_url": through.endpoint_url}
    if any(getattr(known, name) != value for name, value in said.items()):
        known.endpoint_url = through.endpoint_url
        targets.change_aws_account(account=known, way=way, actor=actor)
    return known


@transaction.atomic
def add_listed(*, organisation: Organisation, one: Listed, through: Through, actor: User | None) -> AwsAccount:
    """A new way in, under a name that the client has no account of yet. Nothing but metadata is agreed for it."""
    name = _free_name(organisation, one)
    way = _way_in(name, one, through)
    account = AwsAccount(organisation=organisation, endpoint_url=through.endpoint_url, **vars(way))
    return targets.add_aws_account(account=account, actor=actor)


def _way_in(name: str, one: Listed, through: Through) -> targets.WayIn:
    return targets.WayIn(
        name=name,
        role_arn=one.role_arn,
        external_id=one.external_id,
        profile=through.profile,
        regions=list(through.regions),
    )


def _free_name(organisation: Organisation, one: Listed) -> str:
    taken = set(AwsAccount.objects.filter(organisation=organisation).values_list("name", flat=True))
    return next(name for name in _names(one) if name not in taken)


def _names(one: Listed) -> Iterator[str]:
    """What it is called; with its number where another is called so, and so on."""
    if one.name:
        yield one.name[:LONGEST_NAME]
    numbered = f"{one.name[: LONGEST_NAME - 20]} {one.account}".strip()
    yield numbered
    yield from (f"{numbered} ({n})" for n in count(2))
