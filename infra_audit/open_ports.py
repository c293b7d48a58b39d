"""Which security groups let the whole internet in, told from their rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra_audit import addresses
from infra_audit.inventory import Inventory, Row

TCP = frozenset({"tcp", "6"})
EVERYTHING = "-1"
INTERFACES = "ec2.describe_network_interfaces"
IPV4 = "the whole internet (IPv4)"
IPV6 = "the whole internet (IPv6)"


@dataclass(frozen=True)
class Use:
    """Whether something carries a group; `known` is None where the interfaces could not all be read."""

    known: bool | None
    sentence: str


class Firewalls:
    """What was read of groups' surroundings, looked up once for all of them."""

    def __init__(self, inventory: Inventory) -> None:
        self._lists = {one["id"]: one["cidrs"] for one in inventory["ec2.get_managed_prefix_list_entries"]}
        self._carriers = Counter(group for one in inventory[INTERFACES] for group in one["groups"])
        self._all_read = bool(inventory.units(INTERFACES)) and not inventory.incomplete(INTERFACES)

    def opened_by(self, group: Row, port: int) -> list[str] | None:
        """The parts of the internet to which the group opens a TCP port: [] where none, None where that cannot be told.

        Ranges that only together make up everything count too. A prefix list is looked up; one that was not read
        decides nothing unless another rule already does.
        """
        sources: list[str] = []
        unread = False
        for rule in group["ingress"]:
            if not covers(rule, port):
                continue
            sources += rule["cidrs"]
            for prefix_list in rule["prefix_lists"]:
                entries = self._lists.get(prefix_list)
                unread = unread or entries is None
                sources += entries or ()
        found = _whole_worlds(sources)
        return None if unread and not found else found

    def in_use(self, group: Row) -> Use:
        """Whether a network interface carries the group today."""
        if count := self._carriers[group["id"]]:
            return Use(True, f"in use by {count} network interface{'s' * (count > 1)}.")
        if self._all_read:
            return Use(False, "nothing uses the group today.")
        return Use(None, "whether anything uses it could not be read.")


def covers(rule: Mapping[str, Any], port: int) -> bool:
    """Whether an inbound rule is about a TCP port."""
    if rule["protocol"] == EVERYTHING:
        return True
    if rule["protocol"] not in TCP:
        return False
    first, last = rule["from_port"], rule["to_port"]
    return first is None or last is None or first <= port <= last


def _whole_worlds(cidrs: Iterable[str]) -> list[str]:
    spans: dict[int, list[addresses.Span]] = {4: [], 6: []}
    for cidr in set(cidrs):
        spans[addresses.version_of(cidr)].append(addresses.span(cidr))
    worlds = ((IPV4, 4, "0.0.0.0/0"), (IPV6, 6, "::/0"))
    return [words for words, version, all_of_it in worlds if _covered(addresses.span(all_of_it), spans[version])]


def _covered(whole: addresses.Span, spans: list[addresses.Span]) -> bool:
    reached = whole[0] - 1
    for first, last in sorted(spans):
        if first > reached + 1:
            return False
        reached = max(reached, last)
    return reached >= whole[1]
