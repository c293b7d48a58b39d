"""Who still signs in with a password alone, and for how long that may be."""

import ipaddress

from allauth.mfa.models import Authenticator
from django.conf import settings

from core.models import Membership, User

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    """An authenticator app or a passkey; recovery codes alone count for nothing."""
    return bool(Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists())


def may_wait(ip: str) -> bool:
    """On one's own machine a consultant may look round first; from the first invited client on, nobody may.

    `ip` is the client's address, "" where it has none.
    """
    return bool(settings.SECOND_FACTOR_MAY_WAIT) and _is_loopback(ip) and not Membership.objects.exists()


def _is_loopback(ip: str) -> bool:
    return bool(ip) and ipaddress.ip_address(ip).is_loopback
