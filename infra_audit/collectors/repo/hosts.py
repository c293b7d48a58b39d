"""Which hosts a repository's URL may name: none in the network that we run in."""

import os
import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from infra_audit.collectors.repo.sandbox import RepositoryError

HTTPS_PORT = 443
ALLOWED = "REPOSITORY_HOSTS_INSIDE"  # names of an environment's own hosts, as they stand in URLs, with commas between


def refuse_inner_name(host: str) -> None:
    """Raise RepositoryError for an inner address written out, and for this machine's own name. Asks nobody."""
    name = _plain(host)
    try:
        inner = _is_inner(name.partition("%")[0])
    except ValueError:
        inner = name == "localhost" or name.endswith((".localhost", ".internal"))
    if inner and not _is_allowed(host):
        raise _refusal(host)


def _plain(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").lower()


def _is_allowed(host: str) -> bool:
    """Whether whoever runs this machine named the host as one that may be read inside."""
    return _plain(host) in {_plain(one) for one in os.environ.get(ALLOWED, "").split(",")} - {""}


def pinned(url: str, host: str) -> Mapping[str, str]:
    """Git's setting that holds an https URL to the addresses that its host has now.

    Raises RepositoryError where one of them is an inner one. A host that is not found here is left to git, which says
    so, or to a proxy, which may know it.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return {}
    addresses = list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
    if any(_is_inner(one) for one in addresses) and not _is_allowed(host):
        raise _refusal(host)
    parsed = urlsplit(url)
    if parsed.scheme != "https":
        return {}
    listed = ",".join(f"[{one}]" if ":" in one else one for one in addresses)
    return {"http.curloptResolve": f"{host}:{parsed.port or HTTPS_PORT}:{listed}"}


def refuse_inner_url(url: str) -> None:
    """Raise RepositoryError where a URL leads into the network that we run in by now, ValueError where it is none."""
    host = urlsplit(url).hostname or ""
    refuse_inner_name(host)
    pinned(url, host)


def _is_inner(text: str) -> bool:
    """True for this machine, private and link-local networks (a cloud's metadata), and what no host has.

    Raises ValueError where it is no address.
    """
    address: IPv4Address | IPv6Address = ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    return not address.is_global or address.is_multicast


def _refusal(host: str) -> RepositoryError:
    return RepositoryError(
        f"{host} is on this machine or in a private network, where no address is followed: clone the repository"
        " yourself, and give the folder."
    )
