"""Which security groups let the whole internet in, told from their rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from infra_audit.inventory import Inventory, Row

TCP = frozenset({"tcp", "6"})
EVERYTHING = "-1"
IPV4 = "the whole internet (IPv4)"
IPV6 = "the whole internet (IPv6)"


@dataclass(frozen=True)
class Use:
    """Whether something carries a group; `known` is None where the interfaces could not all be read."""

    known: bool | None
    sentence: str


def opened_by(group: Row, port: int, inventory: Inventory) -> list[str] | None:
    """The parts of the internet to which the group opens a TCP port: [] where none, None where that cannot be told.

    Ranges that only together make up everything count too. A prefix list is looked up; one that was not read decides
    nothing unless another rule already does.
    """
    lists = {one["id"]: one["cidrs"] for one in inventory["ec2.get_managed_prefix_list_entries"]}
    sources: list[str] = []
    unread = False
    for rule in group["ingress"]:
        if not _covers(rule, port):
            continue
        sources += rule["cidrs"]
        for prefix_list in rule["prefix_lists"]:
            entries = lists.get(prefix_list)
            unread = unread or entries is None
            sources += entries or ()
    found = _whole_worlds(sources)
    return None if unread and not found else found


def in_use(group: Row, inventory: Inventory) -> Use:
    """Whether a network interface carries the group today."""
    carriers = [one for one in inventory["ec2.describe_network_interfaces"] if group["id"] in one["groups"]]
    if carriers:
        return Use(True, f"in use by {len(carriers)} network interface{'s' * (len(carriers) > 1)}.")
    if inventory.units("ec2.describe_network_interfaces") and not inventory.incomplete(
        "ec2.describe_network_interfaces"
    ):
        return Use(False, "nothing uses the group today.")
    return Use(None, "whether anything uses it could not be read.")


def _covers(rule: Mapping[str, Any], port: int) -> bool:
    if rule["protocol"] == EVERYTHING:
        return True
    if rule["protocol"] not in TCP:
        return False
    first, last = rule["from_port"], rule["to_port"]
    return first is None or last is None or first <= port <= last


def _whole_worlds(cidrs: Iterable[str]) -> list[str]:
    networks = [ip_network(cidr, strict=False) for cidr in cidrs]
    v4 = list(collapse_addresses(one for one in networks if isinstance(one, IPv4Network)))
    v6 = list(collapse_addresses(one for one in networks if isinstance(one, IPv6Network)))
    return [words for words, found in ((IPV4, v4), (IPV6, v6)) if any(one.prefixlen == 0 for one in found)]
