"""What happens around every request."""

import ipaddress
from collections.abc import Callable
from datetime import UTC
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from core.models import Practice, User
from core.origin import Origin, acting_from
from core.second_factors import has_second_factor, may_wait

Next = Callable[[HttpRequest], HttpResponse]

# What a peer without an address is called in TRUSTED_PROXIES: a server behind a unix socket sees none.
UNIX_SOCKET = "unix"

# What staff without a second factor may still open: the way to one, and the way out.
OPEN_WITHOUT_SECOND_FACTOR = frozenset(
    {
        "core:second-factor",
        "core:health",
        "core:accent",
        "core:logo",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "account_logout",
    }
)


def origin(get_response: Next) -> Next:
    """Services called inside know from where; see `core.origin`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        channel = "api" if request.path.startswith("/api/") else "page"
        where = Origin(client_ip(request), request.headers.get("User-Agent", "")[:300], channel)
        with acting_from(where):
            return get_response(request)

    return middleware


def client_ip(request: HttpRequest) -> str:
    """The address that connected, or what a trusted proxy says; "" where that is no address.

    The header is read from the right: the last hop that is not a proxy of ours is the client.
    """
    hops = [request.META.get("REMOTE_ADDR") or UNIX_SOCKET]
    if _is_our_proxy(hops[0]):
        said = request.headers.get("X-Forwarded-For", "").split(",")
        hops += [hop.strip() for hop in reversed(said) if hop.strip()]
    client = next((hop for hop in hops if not _is_our_proxy(hop)), hops[-1])
    return client if _address(client) else ""


def in_the_practices_zone(get_response: Next) -> Next:
    """Pages tell times as the practice's clock does; the database keeps UTC. `request.practice` spares a query.

    The probe tells no time, and has to answer while the database does not.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path == reverse("core:health"):
            return get_response(request)
        practice = Practice.objects.first()
        request.practice = practice  # type: ignore[attr-defined]
        with timezone.override(ZoneInfo(practice.zone) if practice else UTC):
            return get_response(request)

    return middleware


def staff_have_a_second_factor(get_response: Next) -> Next:
    """Send staff without TOTP or a passkey to enrolment, whatever they asked for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _lacks_second_factor(request.user) and not _is_open(request) and not may_wait(client_ip(request)):
            return _send_to_enrolment(request)
        return get_response(request)

    return middleware


def _lacks_second_factor(user: User | AnonymousUser) -> bool:
    return isinstance(user, User) and user.is_consultant and not has_second_factor(user)


def _is_open(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).view_name in OPEN_WITHOUT_SECOND_FACTOR
    except Resolver404:
        return False


def _send_to_enrolment(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": _("Set up a second factor first: sign in with a browser.")}, status=403)
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(reverse("core:second-factor"))
    return redirect("core:second-factor")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_our_proxy(hop: str) -> bool:
    if hop == UNIX_SOCKET:
        return UNIX_SOCKET in settings.TRUSTED_PROXIES
    address = _address(hop)
    return address is not None and any(address in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    """TRUSTED_PROXIES may name addresses or whole networks; raises ValueError on anything else but "unix"."""
    return [ipaddress.ip_network(proxy) for proxy in proxies if proxy != UNIX_SOCKET]
