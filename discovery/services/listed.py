"""Accounts that were named many at once, by a list of roles or by their organisation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from django.db import transaction

from core.models import Organisation, User
from discovery.models import AwsAccount
from discovery.services import targets
from infra_audit.accounts import Listed

LONGEST_NAME = 100


@dataclass(frozen=True)
class Through:
    """Whose credentials take on the roles, and where AWS is asked: a profile of this machine, or its default ones."""

    profile: str = ""
    endpoint_url: str = ""
    regions: Sequence[str] = ()


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
