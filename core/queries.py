"""Reads that pages of core share."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q

from core.models import Membership, Practice, User

HAS_APP = Authenticator.Type.TOTP
HAS_PASSKEY = Authenticator.Type.WEBAUTHN


@dataclass(frozen=True)
class Consultant:
    """A line of the people page."""

    user: User
    app: bool
    passkeys: int

    @property
    def protected(self) -> bool:
        return self.app or self.passkeys > 0


def practice_or_blank() -> Practice:
    """The practice, or an unsaved one before its first start; makes no row, so a page may ask."""
    return Practice.objects.first() or Practice(id=1, name=settings.DEFAULT_PRACTICE_NAME)


def practice_name() -> str:
    return practice_or_blank().name


def consultants() -> list[Consultant]:
    """All of the practice's own people, the shut out last, with what they sign in with besides the password."""
    rows = (
        User.objects.filter(is_consultant=True)
        .annotate(
            app=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=HAS_APP)),
            passkeys=Count("authenticator", filter=Q(authenticator__type=HAS_PASSKEY)),
        )
        .order_by("-is_active", "name", "id")
    )
    return [Consultant(user=row, app=row.app, passkeys=row.passkeys) for row in rows]


def client_memberships() -> list[Membership]:
    """Everyone a client's organisation has here, by organisation and name."""
    rows = Membership.objects.select_related("user", "organisation")
    return list(rows.order_by("organisation__name", "organisation_id", "user__name", "id"))
