"""The networks of an inventory as a map in JSON types: what stands where, what the internet reaches, how one gets out.

Facts only; words and drawing are for whoever shows it. Worst networks first, each list capped with what was left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from infra_audit.inventory import GLOBAL, Inventory, Row
from infra_audit.open_ports import covers
from infra_audit.reachability import Doorstep, doorsteps
from infra_audit.ways_in import CONNECT, Access, Door, Doors

MOST_NETWORKS = 24
MOST_SUBNETS = 32
MOST_SERVERS = 40
WEB = frozenset({80, 443})
TELLING = (22, 3389, 5432, 3306, 443, 80)  # of a range of ports, the one that it is known by
LAST_PORT = 65_535
NO_WAY, UNKNOWN = "none", "unknown"


def network_map(inventory: Inventory) -> dict[str, Any]:
    """{networks: [...], more: how many were left out}. A network in which nothing stands is left out, not counted."""
    found = [one for view in _regions(inventory) for one in _Region(view).networks()]
    found.sort(key=lambda one: (-one["weight"], one["region"], one["name"], one["id"]))
    return {"networks": found[:MOST_NETWORKS], "more": max(0, len(found) - MOST_NETWORKS)}


def _regions(inventory: Inventory) -> Iterator[Inventory]:
    places = {(unit.place.account, unit.place.region) for unit in inventory.units("ec2.describe_vpcs")}
    for account, region in sorted(places):
        if region != GLOBAL:
            yield inventory.where(account=account, region=region)


class _Region:
    """One region of one account."""

    def __init__(self, view: Inventory) -> None:
        self._view = view
        self._doors = Doors(view)
        self._network = self._doors.network
        self._bastions = {row["id"] for row in self._doors.bastions}
        self._interfaces = view["ec2.describe_network_interfaces"]
        self._servers: dict[str, list[Row]] = defaultdict(list)
        for row in view["ec2.describe_instances"]:
            self._servers[row.get("subnet") or ""].append(row)
        self._databases: dict[str, list[Row]] = defaultdict(list)
        for row in view["rds.describe_db_instances"]:
            if subnet := _stands_in(row):
                self._databases[subnet].append(row)
        self._balancers = Counter(
            subnet for row in view["elbv2.describe_load_balancers"] for subnet in row.get("subnets") or ()
        )
        self._known_access: dict[str, Access] = {}
        self._connect = {row["subnet"]: row["name"] for row in view[CONNECT] if row["ready"]}

    def networks(self) -> Iterator[dict[str, Any]]:
        of_vpc: dict[str, list[Row]] = defaultdict(list)
        for row in self._network.subnets.values():
            of_vpc[row["vpc"]].append(row)
        used = Counter(one["vpc"] for one in self._interfaces)
        for vpc in self._view["ec2.describe_vpcs"]:
            subnets = [self._subnet(row) for row in of_vpc[vpc["id"]]]
            if used[vpc["id"]] or any(_holds_something(one) for one in subnets):
                yield self._vpc(vpc, subnets)

    def _vpc(self, vpc: Row, subnets: list[dict[str, Any]]) -> dict[str, Any]:
        subnets.sort(key=lambda one: (one["kind"] != "public", not _holds_something(one), one["zone"], one["name"]))
        place = self._view.units("ec2.describe_vpcs")[0].place
        nats = [self._nat(row) for row in self._network.nats.values() if row["vpc"] == vpc["id"]]
        servers = [self._server(row) for one in subnets for row in self._running(one["id"])]
        servers.sort(key=lambda one: (one["guarded"] is not False, one["name"]))
        return {
            "id": vpc["id"],
            "name": vpc["name"],
            "account": place.account,
            "region": place.region,
            "cidr": vpc.get("cidr"),
            "is_default": bool(vpc.get("is_default")),
            "zones": sorted({one["zone"] for one in subnets}),
            "subnets": subnets[:MOST_SUBNETS],
            "more_subnets": max(0, len(subnets) - MOST_SUBNETS),
            "nats": nats,
            "hanging": list(_hanging(subnets, nats)),
            "servers": servers[:MOST_SERVERS],
            "more_servers": max(0, len(servers) - MOST_SERVERS),
            "ways_in": dict(Counter(map(_best_way, servers))),
            "weight": _weight(subnets, nats, servers),
        }

    def _running(self, subnet: str) -> list[Row]:
        return [row for row in self._servers[subnet] if row.get("state") == "running"]

    def _subnet(self, row: Row) -> dict[str, Any]:
        way = self._network.way_out(row["id"])
        kinds = {"internet": "public", "unknown": "unknown"}
        return {
            "id": row["id"],
            "name": row["name"],
            "zone": row["zone"],
            "cidr": row.get("cidr"),
            "kind": kinds.get(way.kind, "private"),
            "way_out": way.kind,
            "nat": way.via if way.kind == "nat" else "",
            "servers": len(self._servers[row["id"]]),
            "databases": len(self._databases[row["id"]]),
            "balancers": self._balancers[row["id"]],
            "bastions": [one["name"] for one in self._running(row["id"]) if self._is_bastion(one)],
            "connect": self._connect.get(row["id"], ""),
            "open": self._open(row["id"]),
        }

    def _is_bastion(self, server: Row) -> bool:
        """Others are reached through it, or it says so itself: a server that is merely open is none."""
        words = str(server["name"]).lower()
        named = "bastion" in words or "jump" in words
        return server["id"] in self._bastions and (named or server["name"] in self._led_through)

    @cached_property
    def _led_through(self) -> set[str]:
        """Names of the servers that are some other's best way in."""
        running = [row for rows in self._servers.values() for row in rows if row.get("state") == "running"]
        best = [self._access(row).ways[:1] for row in running]
        return {way.through for ways in best for way in ways if way.door is Door.BASTION}

    def _access(self, server: Row) -> Access:
        if server["id"] not in self._known_access:
            self._known_access[server["id"]] = self._doors.access(server)
        return self._known_access[server["id"]]

    def _server(self, row: Row) -> dict[str, Any]:
        access = self._access(row)
        ways = [{"door": way.door.value, "through": way.through} for way in access.ways]
        guarded = True if access.good else None if access.unread else False
        return {"name": row["name"], "zone": row.get("zone"), "ways": ways, "guarded": guarded}

    def _open(self, subnet: str) -> list[dict[str, Any]]:
        """[{ports: "22", of: "server" | "database", count, web: bool, sure: bool}]: what the internet gets to there.

        Not `sure`: a firewall group lets the world in, and another layer was not read.
        """
        found: Counter[tuple[str, str, bool, bool]] = Counter()
        for server in self._running(subnet):
            found.update({key for door in doorsteps(server) for key in self._ports(door)})
        for database in self._databases[subnet]:
            if not database["public"]:
                continue
            door = Doorstep(subnet, tuple(database["network"]["groups"]), public_ip="its own")
            port = database["port"] or 0
            is_open = self._network.reach(door, port).is_open
            if is_open is not False:
                found[(str(port), "database", False, is_open is True)] += 1
        return [
            {"ports": ports, "of": of, "count": count, "web": web, "sure": sure}
            for (ports, of, web, sure), count in sorted(found.items(), key=lambda item: (item[0][2], item[0]))
        ]

    def _ports(self, door: Doorstep) -> Iterator[tuple[str, str, bool, bool]]:
        if not door.public_ip and not door.ipv6:
            return
        for identity in door.groups:
            group = self._network.groups.get(identity)
            for rule in group["ingress"] if group else ():
                port = next((one for one in TELLING if covers(rule, one)), rule["from_port"] or 0)
                if not covers(rule, port):
                    continue  # of another protocol
                if self._network.firewalls.opened_by({"ingress": [rule]}, port) == []:
                    continue
                reach = self._network.reach(Doorstep(door.subnet, (identity,), door.public_ip, door.ipv6), port)
                if reach.is_open is not False:
                    web = rule["from_port"] == rule["to_port"] and rule["from_port"] in WEB
                    yield _words(rule), "server", web, reach.is_open is True

    def _nat(self, row: Row) -> dict[str, Any]:
        zone = self._network.zone_of(row)
        return {"id": row["id"], "name": row["name"], "zone": zone, "is_regional": bool(row["regional"])}


def _best_way(server: dict[str, Any]) -> str:
    """The best door's name, NO_WAY, or UNKNOWN where a reading that would have told is missing."""
    if server["guarded"] is None:
        return UNKNOWN
    return str(server["ways"][0]["door"]) if server["ways"] else NO_WAY


def _stands_in(database: Row) -> str:
    """The subnet in which it stands; where AWS leaves several open, the first of its zone."""
    where = database.get("network") or {}
    subnets = where.get("subnets") or []
    here = [one["id"] for one in subnets if one["zone"] == database["zone"]]
    return next(iter(here or [one["id"] for one in subnets]), "")


def _holds_something(subnet: dict[str, Any]) -> bool:
    return bool(subnet["servers"] or subnet["databases"] or subnet["balancers"])


def _hanging(subnets: Iterable[dict[str, Any]], nats: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """{nat, zone, zones}: zones whose only way out stands in another."""
    for nat in nats:
        zones = {one["zone"] for one in subnets if one["nat"] == nat["id"]} - {nat["zone"]}
        if zones and nat["zone"] and not nat["is_regional"]:
            yield {"nat": nat["name"], "zone": nat["zone"], "zones": sorted(zones)}


def _words(rule: Row) -> str:
    first, last = rule["from_port"], rule["to_port"]
    if rule["protocol"] == "-1" or first is None or (first <= 1 and last >= LAST_PORT):
        return "all"
    return str(first) if first == last else f"{first}–{last}"


def _weight(subnets: list[dict[str, Any]], nats: list[dict[str, Any]], servers: list[dict[str, Any]]) -> int:
    """What puts one network before another: what is open, then who cannot get in, then what hangs on one zone."""
    opened: int = sum(one["count"] * (20 if one["sure"] else 5) for subnet in subnets for one in subnet["open"]
                 if not one["web"])  # fmt: skip
    shut = sum(one["guarded"] is False for one in servers)
    hanging = len(list(_hanging(subnets, nats)))
    return 10 * opened + 5 * shut + 20 * hanging + min(len(servers), 20)
