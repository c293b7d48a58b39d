"""How a person gets onto a server, told from what was read: each way that is open, best first.

A way counts only where every part that we can read is there: the door, and a firewall group that lets the door in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from infra_audit import addresses
from infra_audit.inventory import Inventory, Row
from infra_audit.open_ports import covers
from infra_audit.reachability import LAYERS, LAYERS_IAM, PREFIX_LISTS, Doorstep, Network, Reach, doorsteps

SIGN_IN_PORTS = (22, 3389)
MOST_BASTIONS = 5  # more of them prove no more
AGENTS = "ssm.describe_instance_information"
CONNECT = "ec2.describe_instance_connect_endpoints"
DIAL_IN = "ec2.describe_client_vpn_endpoints"
LINES = "ec2.describe_vpn_connections"
DOORS = (AGENTS, CONNECT, DIAL_IN, LINES)
READS = (*DOORS, *LAYERS)
READS_IAM = (
    "ssm:DescribeInstanceInformation",
    "ec2:DescribeInstanceConnectEndpoints",
    "ec2:DescribeClientVpnEndpoints",
    "ec2:DescribeClientVpnTargetNetworks",
    "ec2:DescribeVpnConnections",
    *LAYERS_IAM,
)


class Door(StrEnum):
    """The kinds of way in, best first."""

    SESSION_MANAGER = "Session Manager"
    CONNECT_ENDPOINT = "an EC2 Instance Connect endpoint"
    VPN = "a VPN"
    BASTION = "a bastion"
    KNOWN_ADDRESSES = "its public address, from known addresses alone"
    OTHER_NETWORK = "another network that is connected"
    THE_INTERNET = "its public address, from the whole internet"


@dataclass(frozen=True)
class WayIn:
    """One way, and the name of what it leads through where it has one."""

    door: Door
    through: str = ""

    @property
    def said(self) -> str:
        return f"{self.door.value} ({self.through})" if self.through else self.door.value


@dataclass(frozen=True)
class Access:
    """Every open way to a server, best first, and the readings that could have shown more."""

    ways: tuple[WayIn, ...]
    unread: tuple[str, ...]

    @property
    def good(self) -> bool:
        """A way that is not the open internet."""
        return any(way.door is not Door.THE_INTERNET for way in self.ways)


class Doors:
    """The doors of one region, asked for each instance."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self.network = Network(inventory)
        self._online = {row["id"] for row in inventory[AGENTS] if row["online"]}
        self._instances = inventory["ec2.describe_instances"]
        self._lists = {one["id"]: one["cidrs"] or [] for one in inventory[PREFIX_LISTS]}
        self._reached: dict[str, list[Reach]] = {}
        self._known: dict[str, bool] = {}
        self._led: dict[tuple[str, ...], list[Row]] = {}
        unread = [one for one in DOORS if not self.network.read(one)]
        self._unread = (*unread, *(one for one in LAYERS if inventory.incomplete(one)))
        self._lines = {row["gateway"]: row for row in inventory[LINES] if row["gateway"]}

    def access(self, instance: Row) -> Access:
        """How a person gets onto it."""
        ways = sorted(set(self._ways(instance)), key=lambda way: (list(Door).index(way.door), way.through))
        unread = [*self._unread]
        unread += [one.unread for one in self._reaches(instance) if one.is_open is None]
        unread += [self._undecided(one) for one in self._leading_to(instance) if not self._dialled(one)]
        return Access(tuple(ways), tuple(dict.fromkeys(filter(None, unread))))

    @cached_property
    def bastions(self) -> list[Row]:
        """Servers on which people from outside may sign in: from known addresses, or from anywhere."""
        return [one for one in self._candidates if self._dialled(one)]

    @cached_property
    def _candidates(self) -> list[Row]:
        """The same, with those of which it could not be read."""
        running = [one for one in self._instances if one.get("state") == "running"]
        return [one for one in running if self._dialled(one) or self._undecided(one)]

    def _undecided(self, instance: Row) -> str:
        """The reading that would have told whether anybody gets there from outside; "" where it is known."""
        return next((reach.unread for reach in self._reaches(instance) if reach.is_open is None), "")

    def _ways(self, instance: Row) -> Iterator[WayIn]:
        if instance["id"] in self._online:
            yield WayIn(Door.SESSION_MANAGER)
        for one in self._inventory[CONNECT]:
            if one["vpc"] == instance.get("vpc") and one["ready"] and self._lets_in(instance, self._of_endpoint(one)):
                yield WayIn(Door.CONNECT_ENDPOINT, one["name"])
        for one in self._inventory[DIAL_IN]:
            if one["vpc"] == instance.get("vpc") and one["subnets"]:
                ranges = [row["cidr"] for row in map(self.network.subnets.get, one["subnets"]) if row]
                if self._lets_in(instance, Caller(ranges, one["groups"])):
                    yield WayIn(Door.VPN, one["name"])
        yield from self._through_networks(instance)
        yield from self._through_bastions(instance)
        yield from self._from_outside(instance)

    def _of_endpoint(self, one: Row) -> "Caller":
        """From the endpoint's subnet, or from whoever comes through it."""
        subnet = self.network.subnets.get(one["subnet"] or "")
        return Caller([subnet["cidr"]] if subnet else [], one["groups"], anyone=one["keeps_client_ip"])

    def _through_networks(self, instance: Row) -> Iterator[WayIn]:
        for route in self.network.routes(instance.get("subnet")) or ():
            via, to = route["via"] or "", route["to"] or ""
            if not via.startswith(("vgw-", "tgw-", "pcx-")) or "/" not in to:
                continue
            if self._lets_in(instance, Caller([to], [])):
                line = self._lines.get(via)
                yield WayIn(Door.VPN, line["name"]) if line else WayIn(Door.OTHER_NETWORK, via)

    def _through_bastions(self, instance: Row) -> Iterator[WayIn]:
        yield from (WayIn(Door.BASTION, one["name"]) for one in self._leading_to(instance) if self._dialled(one))

    def _leading_to(self, instance: Row) -> list[Row]:
        """The candidates whom its groups let in. The same for all of a network that carry the same groups."""
        if self._from_anywhere(instance):
            return []  # nobody takes the long way round
        key = (str(instance.get("vpc")), *instance["security_groups"])
        if key not in self._led:
            here = [one for one in self._candidates if one.get("vpc") == instance.get("vpc")]
            leading = [one for one in here if self._lets_in(instance, _as_caller(one))]
            self._led[key] = sorted(leading, key=lambda one: not self._dialled(one))[:MOST_BASTIONS]
        return [one for one in self._led[key] if one["id"] != instance["id"]]

    def _from_outside(self, instance: Row) -> Iterator[WayIn]:
        if self._from_anywhere(instance):
            yield WayIn(Door.THE_INTERNET)
        elif self._from_known(instance):
            yield WayIn(Door.KNOWN_ADDRESSES)

    def _dialled(self, instance: Row) -> bool:
        return self._from_anywhere(instance) or self._from_known(instance)

    def _from_anywhere(self, instance: Row) -> bool | None:
        """Whether the whole internet gets to a port for signing in; None where that was not read."""
        answers = {reach.is_open for reach in self._reaches(instance)}
        return True if True in answers else None if None in answers else False

    def _reaches(self, instance: Row) -> list[Reach]:
        """From the internet to each port for signing in; worked out once for each server."""
        if instance["id"] not in self._reached:
            doors = doorsteps(instance)
            self._reached[instance["id"]] = [self.network.best_reach(doors, port) for port in SIGN_IN_PORTS]
        return self._reached[instance["id"]]

    def _from_known(self, instance: Row) -> bool:
        """Whether a public range that is not the whole internet does."""
        if instance["id"] not in self._known:
            self._known[instance["id"]] = any(
                self.network.passes(door, port, cidr)
                for door in doorsteps(instance)
                for port in SIGN_IN_PORTS
                for cidr in self._sources(door, port)
            )
        return self._known[instance["id"]]

    def _sources(self, door: Doorstep, port: int) -> list[str]:
        """Public ranges that a group names for the port, without those that let anybody in."""
        rules = [rule for group in door.groups for rule in self._rules(group) if covers(rule, port)]
        named = [cidr for rule in rules for cidr in self._cidrs(rule) if not addresses.is_private(cidr)]
        return [cidr for cidr in named if not addresses.is_wide((addresses.span(cidr),), addresses.version_of(cidr))]

    def _rules(self, group: str) -> list[Row]:
        row = self.network.groups.get(group)
        return row["ingress"] if row else []

    def _cidrs(self, rule: Row) -> list[str]:
        return [*rule["cidrs"], *(cidr for one in rule["prefix_lists"] for cidr in self._lists.get(one, ()))]

    def _lets_in(self, instance: Row, caller: "Caller") -> bool:
        """Whether one of the instance's groups opens a port for signing in to the caller."""
        rules = [rule for group in instance["security_groups"] for rule in self._rules(group)]
        return any(
            caller.fits(self._cidrs(rule), rule.get("groups") or ())
            for rule in rules
            if any(covers(rule, port) for port in SIGN_IN_PORTS)
        )


def _as_caller(server: Row) -> "Caller":
    ranges = [f"{server['private_ip']}/32"] if server.get("private_ip") else []
    return Caller(ranges, server["security_groups"])


@dataclass(frozen=True)
class Caller:
    """Who knocks: from some ranges, carrying some groups; `anyone`: from whatever address a person has."""

    ranges: list[str]
    groups: list[str]
    anyone: bool = False

    def fits(self, cidrs: Iterable[str], groups: Iterable[str]) -> bool:
        """Whether a rule with these sources lets them in: a group they carry, or a range that meets theirs."""
        if set(groups) & set(self.groups):
            return True
        sources = list(cidrs)
        if self.anyone and sources:
            return True
        return any(addresses.meet(source, one) for source in sources for one in self.ranges)
