"""What a client's person may do: owners act and sign, payers see money, readers neither."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.errors import NotAllowedError
from core.models import Membership, Organisation, User
from engagements.models import Engagement
from engagements.models.proposal import SEES_MONEY


@dataclass(frozen=True)
class Roles:
    """What one person may do for one client."""

    sees_money: bool
    is_owner: bool


def roles_of(user: User, organisation: Organisation) -> Roles:
    """Both answers for one query."""
    if user.is_consultant:
        return Roles(sees_money=True, is_owner=False)
    rows = Membership.objects.filter(user=user, organisation=organisation).values_list("role", flat=True)
    held = set(rows)
    return Roles(sees_money=bool(held & set(SEES_MONEY)), is_owner=Membership.Role.OWNER in held)


def sees_money(user: User, organisation: Organisation) -> bool:
    return user.is_consultant or _has(user, organisation, *SEES_MONEY)


def is_owner(user: User, organisation: Organisation) -> bool:
    """Of the client's own people: staff never sign for a client."""
    return not user.is_consultant and _has(user, organisation, Membership.Role.OWNER)


def require_owner(user: User, organisation: Organisation) -> None:
    """Raises NotAllowedError for everyone but an owner of the client."""
    if not is_owner(user, organisation):
        raise NotAllowedError(
            _("Only an owner of %(client)s may do this. Ask one to sign in.") % {"client": organisation.name}
        )


def require_acting(user: User, engagement: Engagement) -> None:
    """Raises NotAllowedError where the client's people may only read, and for everyone but an owner."""
    require_owner(user, engagement.organisation)
    if engagement.visibility != Engagement.Visibility.FULL:
        raise NotAllowedError(_("This project is shown for reading only."))


def _has(user: User, organisation: Organisation, *roles: str) -> bool:
    return Membership.objects.filter(user=user, organisation=organisation, role__in=roles).exists()
