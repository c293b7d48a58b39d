"""Sets of addresses, as spans of numbers: how much of the internet some ranges let in. Pure arithmetic, no AWS."""

from collections.abc import Iterable
from functools import cache
from ipaddress import ip_network

Span = tuple[int, int]  # first and last, both included
Spans = tuple[Span, ...]

PRIVATE_V4 = ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
              "192.168.0.0/16", "224.0.0.0/3")  # fmt: skip
UNIQUE_LOCAL_V6, PUBLIC_V6 = "fc00::/7", "2000::/3"
# So many addresses no office and no provider has: whoever lets them in lets anybody in. A /8, a /12.
WIDE = {4: 2**24, 6: 2**116}


@cache
def span(cidr: str) -> Span:
    """The addresses of a range."""
    network = ip_network(cidr, strict=False)
    return int(network.network_address), int(network.broadcast_address)


@cache
def version_of(cidr: str) -> int:
    """4 or 6."""
    return ip_network(cidr, strict=False).version


@cache
def public_internet(version: int) -> Spans:
    """Every address from which a stranger may come."""
    if version == 6:
        return (span(PUBLIC_V6),)
    left: Spans = (span("0.0.0.0/0"),)
    for private in PRIVATE_V4:
        left = without(left, span(private))
    return left


def without(spans: Iterable[Span], taken: Span) -> Spans:
    """What is left of the spans."""
    left: list[Span] = []
    for first, last in spans:
        left += [(a, b) for a, b in ((first, min(last, taken[0] - 1)), (max(first, taken[1] + 1), last)) if a <= b]
    return tuple(left)


def within(spans: Iterable[Span], other: Span) -> Spans:
    """What of the spans lies in the other."""
    cut = ((max(first, other[0]), min(last, other[1])) for first, last in spans)
    return tuple((first, last) for first, last in cut if first <= last)


def is_wide(spans: Iterable[Span], version: int) -> bool:
    """Whether they hold a block so large that anybody may be in it."""
    return any(last - first + 1 >= WIDE[version] for first, last in spans)


@cache
def is_private(cidr: str) -> bool:
    """A range that no stranger has: inside RFC 1918, RFC 6598 or the IPv6 unique local range."""
    own = (UNIQUE_LOCAL_V6,) if version_of(cidr) == 6 else PRIVATE_V4
    return any(within((span(cidr),), span(one)) == (span(cidr),) for one in own)


def meet(one: str, other: str) -> bool:
    """Whether two ranges share an address."""
    return version_of(one) == version_of(other) and bool(within((span(one),), span(other)))
