"""What gets from the internet to an address, layer by layer.

Public: has an address out there. Exposed: a firewall group lets the world in. Reachable: open at every layer that we
read, which are the public address, the route to an internet gateway, the network's access list both ways, the
firewall groups with their prefix lists, and VPC Block Public Access. A layer that was not read decides nothing, unless
another one is closed. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-best-practices.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra_audit import addresses
from infra_audit.inventory import Inventory, Row
from infra_audit.open_ports import IPV4, IPV6, Firewalls

SUBNETS = "ec2.describe_subnets"
ROUTES = "ec2.describe_route_tables"
ACLS = "ec2.describe_network_acls"
GROUPS = "ec2.describe_security_groups"
PREFIX_LISTS = "ec2.get_managed_prefix_list_entries"
BLOCK = "ec2.describe_vpc_block_public_access_options"
SPARED = "ec2.describe_vpc_block_public_access_exclusions"
LAYERS = (SUBNETS, ROUTES, ACLS, GROUPS, PREFIX_LISTS, BLOCK, SPARED)
LAYERS_IAM = (
    "ec2:DescribeSubnets",
    "ec2:DescribeRouteTables",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeManagedPrefixLists",
    "ec2:GetManagedPrefixListEntries",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "ec2:DescribeVpcBlockPublicAccessExclusions",
)

# The port at a stranger's end: inside what Linux, macOS and Windows choose from.
EPHEMERAL = 50_000
ANY_PROTOCOL = "-1"
TCP = frozenset({"tcp", "6", ANY_PROTOCOL})


@dataclass(frozen=True)
class Layer:
    """One layer's answer: open, closed (False), or None where `operation` would have told; `said` in words."""

    is_open: bool | None
    said: str
    operation: str = ""


@dataclass(frozen=True)
class Reach:
    """All layers together. `is_open` None: not closed by any that was read, and one was not."""

    layers: tuple[Layer, ...]

    @property
    def is_open(self) -> bool | None:
        answers = {layer.is_open for layer in self.layers}
        return False if False in answers else None if None in answers else True

    @property
    def unread(self) -> str:
        """The operation that would have decided."""
        return next((layer.operation for layer in self.layers if layer.is_open is None), "")

    @property
    def said(self) -> str:
        """What each layer says, where all are open; else what closes it."""
        shown = [layer for layer in self.layers if layer.is_open is self.is_open] if not self.is_open else self.layers
        return "; ".join(layer.said for layer in shown)


@dataclass(frozen=True)
class Doorstep:
    """Where traffic arrives: an address in a subnet, behind some groups. `ipv6` addresses are public by nature."""

    subnet: str | None
    groups: tuple[str, ...]
    public_ip: str | None = None
    ipv6: tuple[str, ...] = ()


def doorsteps(instance: Row) -> list[Doorstep]:
    """Each interface of an instance; of a row without them, its first alone."""
    interfaces = instance.get("interfaces") or [
        {
            "subnet": instance.get("subnet"),
            "groups": instance.get("security_groups") or (),
            "public_ip": instance.get("public_ip"),
        }
    ]
    return [
        Doorstep(one["subnet"], tuple(one["groups"]), one.get("public_ip"), tuple(one.get("ipv6") or ()))
        for one in interfaces
    ]


class Network:
    """What was read of one region's networks, indexed."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.subnets: dict[str, Row] = {row["id"]: row for row in inventory[SUBNETS]}
        self.groups: dict[str, Row] = {row["id"]: row for row in inventory[GROUPS]}
        self._acls: dict[str, Row] = {subnet: row for row in inventory[ACLS] for subnet in row["subnets"]}
        tables = inventory[ROUTES]
        self._tables: dict[str, Row] = {subnet: row for row in tables for subnet in row["subnets"]}
        self._main: dict[str, Row] = {row["vpc"]: row for row in tables if row["is_main"]}
        self.firewalls = Firewalls(inventory)
        self._heard_by: dict[tuple[str, int, int], addresses.Spans] = {}

    def read(self, operation: str) -> bool:
        """Whether everything of it was read."""
        return bool(self.inventory.units(operation)) and not self.inventory.incomplete(operation)

    def routes(self, subnet: str | None) -> list[Row] | None:
        """The routes that hold for a subnet, its network's main table where it has none of its own; None: not read."""
        table = self._tables.get(subnet or "")
        if table is None and self.read(ROUTES) and subnet in self.subnets:
            table = self._main.get(self.subnets[subnet]["vpc"])
        return [one for one in table["routes"] if one.get("works", True)] if table else None

    def reach(self, door: Doorstep, port: int) -> Reach:
        """Whether anybody on the internet gets to the TCP port there, by IPv4 or IPv6, whichever opens further."""
        return _most_open(self._reach(door, port, version) for version in (4, 6))

    def best_reach(self, doors: Iterable[Doorstep], port: int) -> Reach:
        """The most open of several doorsteps."""
        return _most_open(self.reach(door, port) for door in doors)

    def _reach(self, door: Doorstep, port: int, version: int) -> Reach:
        layers = [self._address(door, version)]
        if layers[0].is_open:
            layers += [
                self._route(door.subnet, version),
                self._acl(door.subnet, port, version),
                self._group(door.groups, port, version),
                self._block(door.subnet),
            ]
        return Reach(tuple(layers))

    def _address(self, door: Doorstep, version: int) -> Layer:
        address = door.public_ip if version == 4 else next(iter(door.ipv6), None)
        return Layer(bool(address), f"it has the public address {address}" if address else "it has no public address")

    def _route(self, subnet: str | None, version: int) -> Layer:
        routes = self.routes(subnet)
        if routes is None:
            return Layer(None, "its routes were not read", SUBNETS if self.read(ROUTES) else ROUTES)
        ways = [one["via"] or "" for one in routes if leads_everywhere(one, version)]
        if any(via.startswith("igw-") for via in ways):
            return Layer(True, "its subnet routes to an internet gateway")
        if any(via.startswith(("vpce-", "eni-", "i-", "lgw-", "cagw-")) for via in ways):
            return Layer(None, "its traffic passes a machine or appliance that we cannot read", ROUTES)
        return Layer(False, "its subnet has no route from the internet")

    def _acl(self, subnet: str | None, port: int, version: int) -> Layer:
        heard = self._heard(subnet, port, version)
        if heard is None:
            return Layer(None, "the network's access list was not read", ACLS)
        if addresses.is_wide(heard, version):
            return Layer(True, "the network's access list lets it in and the answer out")
        return Layer(False, "the network's access list keeps the internet out")

    def _heard(self, subnet: str | None, port: int, version: int) -> addresses.Spans | None:
        """The internet's addresses that the access list lets in and answers; None where it was not read."""
        acl = self._acls.get(subnet or "")
        if acl is None:
            return None
        key = (acl["id"], port, version)
        if key not in self._heard_by:
            sources = allowed(acl["entries"], port, version, out=False)
            answered = allowed(acl["entries"], EPHEMERAL, version, out=True)
            self._heard_by[key] = tuple(part for block in answered for part in addresses.within(sources, block))
        return self._heard_by[key]

    def passes(self, door: Doorstep, port: int, cidr: str) -> bool:
        """Whether no layer but the groups is known to keep a public range out."""
        version = addresses.version_of(cidr)
        layers = [self._address(door, version), self._route(door.subnet, version)]
        heard = self._heard(door.subnet, port, version)
        if heard is not None:
            layers.append(Layer(bool(addresses.within(heard, addresses.span(cidr))), ""))
        return Reach((*layers, self._block(door.subnet))).is_open is not False

    def _group(self, groups: Iterable[str], port: int, version: int) -> Layer:
        family = IPV4 if version == 4 else IPV6
        unread = ""
        for identity in groups:
            if identity not in self.groups:
                unread = GROUPS
                continue
            opened = self.firewalls.opened_by(self.groups[identity], port)
            if opened is None:
                unread = PREFIX_LISTS
            elif family in opened:
                name = self.groups[identity].get("name") or identity
                return Layer(True, f"the firewall group {name} opens port {port} to {family}")
        if unread:
            return Layer(None, "not every firewall rule was read", unread)
        return Layer(False, f"no firewall group opens port {port} to the internet")

    def _block(self, subnet: str | None) -> Layer:
        """VPC Block Public Access: for a whole region, with exclusions for a network or a subnet."""
        if not self.read(BLOCK):
            return Layer(None, "whether VPC Block Public Access is on was not read", BLOCK)
        modes = {row["mode"] for row in self.inventory[BLOCK]}
        if modes <= {"off"}:
            return Layer(True, "VPC Block Public Access is off")
        row = self.subnets.get(subnet or "", {})
        own = {row.get("id"), row.get("vpc")} - {None}
        spared = {one["resource"].rpartition("/")[2] for one in self.inventory[SPARED]
                  if one["mode"] == "allow-bidirectional"}  # fmt: skip
        if own & spared:
            return Layer(True, "VPC Block Public Access spares this network")
        if not self.read(SPARED):
            return Layer(None, "what VPC Block Public Access spares was not read", SPARED)
        return Layer(False, "VPC Block Public Access keeps the internet out")

    def way_out(self, subnet: str) -> "WayOut":
        """What a subnet's way to the internet hangs on, by IPv4."""
        routes = self.routes(subnet)
        if routes is None:
            return WayOut("unknown")
        ways = [one["via"] or "" for one in routes if leads_everywhere(one, 4)]
        for via in ways:
            if via.startswith("igw-"):
                return WayOut("internet", via)
            if via.startswith("nat-"):
                nat = self.nats.get(via)
                return WayOut("nat", via, nat["name"] if nat else via, self.zone_of(nat), bool(nat and nat["regional"]))
        if ways:
            return WayOut("other", ways[0])
        return WayOut("none")

    @cached_property
    def nats(self) -> dict[str, Row]:
        return {row["id"]: {"regional": False, **row} for row in self.inventory["ec2.describe_nat_gateways"]}

    def zone_of(self, nat: Row | None) -> str | None:
        """The zone in which a NAT gateway stands; None for a regional one, and where it was not read."""
        subnet = self.subnets.get((nat or {}).get("subnet") or "")
        return subnet["zone"] if subnet else None


@dataclass(frozen=True)
class WayOut:
    """`kind`: "internet" (by an internet gateway), "nat", "other" (another network, an appliance), "none" or "unknown".

    `via` is AWS's id, `name` and `zone` are a NAT gateway's; a regional one hangs on no zone.
    """

    kind: str
    via: str = ""
    name: str = ""
    zone: str | None = None
    regional: bool = False


def _most_open(ways: Iterable[Reach]) -> Reach:
    return max(ways, key=lambda way: (way.is_open is True, way.is_open is None))


def leads_everywhere(route: Mapping[str, Any], version: int) -> bool:
    """Whether a route takes the internet, or a part of it so large that only together two make it up."""
    to = route.get("to") or ""
    if "/" not in to:
        return False  # a prefix list
    return addresses.version_of(to) == version and int(to.rpartition("/")[2]) <= 1


def allowed(entries: Iterable[Mapping[str, Any]], port: int, version: int, *, out: bool) -> addresses.Spans:
    """Which of the internet's addresses an access list lets pass with TCP to the port: the first entry that fits
    decides, what fits none is refused.
    """
    undecided = addresses.public_internet(version)
    passed: addresses.Spans = ()
    for one in entries:
        cidr = one["cidr"] or "0.0.0.0/0"
        if one["out"] != out or one["protocol"] not in TCP or not _holds(one, port):
            continue
        if addresses.version_of(cidr) != version:
            continue
        if one["allow"]:
            passed += addresses.within(undecided, addresses.span(cidr))
        undecided = addresses.without(undecided, addresses.span(cidr))
    return passed


def _holds(entry: Mapping[str, Any], port: int) -> bool:
    first, last = entry["from_port"], entry["to_port"]
    return entry["protocol"] == ANY_PROTOCOL or first is None or last is None or first <= port <= last
