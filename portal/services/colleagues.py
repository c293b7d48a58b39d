"""A client's own people: an owner lets colleagues in, says what each may see, and takes them off again."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import DomainError, NotAllowedError
from core.models import Membership, Organisation, User
from core.services import people


@transaction.atomic
def invite_colleague(
    *, organisation: Organisation, email: str, name: str, role: Membership.Role, actor: User
) -> Membership:
    """They are told by mail how to sign in, by a code and never by a link. Someone who has a role gets this one
    besides. Raises NotAllowedError for everyone but an owner and staff, DomainError for an address of the practice."""
    _require_owner(organisation, actor)
    return people.invite_client(organisation=organisation, email=email.strip(), name=name, role=role, actor=actor)


@transaction.atomic
def change_role(*, membership: Membership, role: Membership.Role, actor: User) -> Membership:
    """Raises NotAllowedError as above, DomainError where nobody would be left who signs, or the person has it too."""
    organisation = _locked(membership.organisation)
    _require_owner(organisation, actor)
    if role != Membership.Role.OWNER:
        _require_another_owner(membership)
    return people.change_role(membership=membership, role=role, actor=actor)


@transaction.atomic
def remove(*, membership: Membership, actor: User) -> None:
    """From this moment they see nothing of the organisation. Raises as `change_role` does."""
    organisation = _locked(membership.organisation)
    _require_owner(organisation, actor)
    _require_another_owner(membership)
    people.end_membership(membership=membership, actor=actor)


def _locked(organisation: Organisation) -> Organisation:
    """So that two owners who take each other off at once do not both succeed."""
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def _require_owner(organisation: Organisation, actor: User) -> None:
    owners = Membership.objects.filter(organisation=organisation, role=Membership.Role.OWNER)
    if not actor.is_consultant and not owners.filter(user=actor).exists():
        raise NotAllowedError(_("Only an owner of %(client)s may say who sees it.") % {"client": organisation.name})


def _require_another_owner(membership: Membership) -> None:
    if membership.role != Membership.Role.OWNER:
        return
    owners = Membership.objects.filter(
        organisation=membership.organisation, role=Membership.Role.OWNER, user__is_active=True
    )
    if not owners.exclude(pk=membership.pk).exists():
        raise DomainError(_("%(name)s is the only owner. Make somebody else one first."), name=str(membership.user))
