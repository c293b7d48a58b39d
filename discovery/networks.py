"""The networks that a run saw, drawn and told: from the facts that the run keeps to charts and sentences."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import network_chart
from core.network_chart import ELSEWHERE, INTERNET, PUBLIC, REACHED, UNREAD, Pill
from discovery.wording import listed, plural
from infra_audit.network_map import NO_WAY, UNKNOWN
from infra_audit.ways_in import Door

MOST_ON_PAGE = 6
MOST_IN_SUMMARY = 3
# What the drawing tells: where one of them is hidden from a summary, so is the drawing.
TOLD_BY_DRAWING = frozenset({"ec2_reachable_ssh", "rds_reachable_from_internet", "nat_single_point", "no_access_path"})

Facts = Mapping[str, Any]

DOORS = {
    Door.SESSION_MANAGER: gettext_lazy("through Session Manager"),
    Door.CONNECT_ENDPOINT: gettext_lazy("through an Instance Connect endpoint"),
    Door.VPN: gettext_lazy("through a VPN"),
    Door.BASTION: gettext_lazy("through a bastion"),
    Door.KNOWN_ADDRESSES: gettext_lazy("from known addresses alone"),
    Door.OTHER_NETWORK: gettext_lazy("through another connected network"),
    Door.THE_INTERNET: gettext_lazy("only from the whole internet"),
    NO_WAY: gettext_lazy("in no way that we can see"),
    UNKNOWN: gettext_lazy("in a way that could not be read"),
}


def kept_in_summary(result: Facts) -> tuple[tuple[Facts, ...], int]:
    """The worst networks with all that their drawing needs, and how many there are besides."""
    told = result.get("network") or {"networks": [], "more": 0}
    shown = [{**one, "servers": [], "more_servers": 0} for one in told["networks"][:MOST_IN_SUMMARY]]
    return tuple(shown), len(told["networks"]) - len(shown) + told["more"]


def chart(one: Facts) -> network_chart.NetworkChart:
    """One network, drawn."""
    by_zone = {zone: [each for each in one["subnets"] if each["zone"] == zone] for zone in _worst_zones(one)}
    return network_chart.network(
        title_of(one),
        [network_chart.Zone(zone, tuple(map(_box, subnets))) for zone, subnets in by_zone.items()],
        [_gateway(nat) for nat in one["nats"]],
        summary=_summary(one),
        spoken=[_spoken(each, one["nats"]) for each in one["subnets"]],
        notes=notes(one),
        words=network_chart.Words(
            internet=_("The internet"),
            more_subnets=_("and {n} more"),
            public=_("Public subnet"),
            private=_("Private subnet"),
            reached=_("Reached from the whole internet"),
            elsewhere=_("Way out through another zone"),
        ),
    )


def title_of(one: Facts) -> str:
    names = {"name": one["name"], "cidr": one["cidr"] or "", "region": one["region"]}
    if one["is_default"]:
        return _("The network that AWS made by itself in %(region)s (%(cidr)s)") % names
    return _("Network %(name)s in %(region)s (%(cidr)s)") % names


def notes(one: Facts) -> list[str]:
    """What to look at, worst first."""
    return [*_reached(one), *_hanging(one), *_zones(one), *_people(one), *_left_out(one)]


def ways_of(server: Facts) -> str:
    """Every open way onto one server, best first."""
    if server["guarded"] is None:
        return str(DOORS[UNKNOWN])
    if not server["guarded"]:
        return str(DOORS[Door.THE_INTERNET if server["ways"] else NO_WAY])
    told = [
        f"{DOORS[Door(way['door'])]} {way['through']}".strip()
        for way in server["ways"]
        if way["door"] != Door.THE_INTERNET
    ]
    return "; ".join(told)


def _worst_zones(one: Facts) -> list[str]:
    """As many as are drawn: those that hold most, in the order of their names."""
    held = Counter(dict.fromkeys(one["zones"], 0))
    for subnet in one["subnets"]:
        held[subnet["zone"]] += 1 + 10 * _count(subnet)
    return sorted(zone for zone, _held in held.most_common(network_chart.MOST_COLUMNS))


def _count(subnet: Facts) -> int:
    return int(subnet["servers"] + subnet["databases"] + subnet["balancers"])


def _gateway(nat: Facts) -> network_chart.Gateway:
    return network_chart.Gateway(nat["id"], _("NAT gateway %(name)s") % nat, nat["zone"] or "")


def _box(subnet: Facts) -> network_chart.Subnet:
    is_public = subnet["kind"] == "public"
    return network_chart.Subnet(
        name=subnet["name"],
        lines=tuple(filter(None, (subnet["cidr"], _holds(subnet), _other_way_out(subnet)))),
        pills=tuple(_pills(subnet)),
        way=INTERNET if is_public else subnet["nat"],
        is_public=is_public,
    )


def _holds(subnet: Facts) -> str:
    """ "4 servers, 1 database"; "" for an empty one."""
    counts = (
        (subnet["servers"], _("server"), _("servers")),
        (subnet["databases"], _("database"), _("databases")),
        (subnet["balancers"], _("load balancer"), _("load balancers")),
    )
    return ", ".join(plural(count, one, many) for count, one, many in counts if count)


def _other_way_out(subnet: Facts) -> str:
    return {
        "none": _("no way out"),
        "other": _("out by another network"),
        "unknown": _("routes not read"),
    }.get(subnet["way_out"], "")


def _pills(subnet: Facts) -> Iterator[Pill]:
    for one in subnet["open"]:
        colour = UNREAD if one["web"] else REACHED if one["sure"] else ELSEWHERE
        yield Pill(_ports(one) if one["sure"] else f"{_ports(one)}?", colour)
    for name in subnet["bastions"]:
        yield Pill(name if "bastion" in name.lower() else _("bastion %(name)s") % {"name": name}, PUBLIC)
    if subnet["connect"]:
        yield Pill(_("door %(name)s") % {"name": subnet["connect"]}, PUBLIC)


def _ports(one: Facts) -> str:
    if one["of"] == "database":
        return _("database %(ports)s") % one
    return _port_words(one["ports"])


def _port_words(ports: str) -> str:
    if ports == "all":
        return _("all ports")
    return (_("ports %(ports)s") if "–" in ports else _("port %(ports)s")) % {"ports": ports}


def _reached(one: Facts) -> Iterator[str]:
    sure, unsure = (Counter[tuple[str, str]]() for _side in range(2))
    for subnet in one["subnets"]:
        for each in subnet["open"]:
            if not each["web"]:
                (sure if each["sure"] else unsure)[each["ports"], each["of"]] += each["count"]
    if sure:
        yield _("Reached from the whole internet: %(what)s.") % {"what": _things(sure)}
    if unsure:
        yield _("Let in by the firewall, while not every layer could be read: %(what)s.") % {"what": _things(unsure)}


def _things(counts: Counter[tuple[str, str]]) -> str:
    kinds = {"server": (_("server"), _("servers")), "database": (_("database"), _("databases"))}
    told = [
        _("%(ports)s of %(things)s")
        % {
            "ports": _port_words(ports),
            "things": plural(count, *kinds[of]),
        }
        for (ports, of), count in sorted(counts.items())
    ]
    return listed(told)


def _hanging(one: Facts) -> Iterator[str]:
    for each in one["hanging"]:
        told = {"zones": listed(each["zones"]), "nat": each["nat"], "zone": each["zone"]}
        yield (
            ngettext(
                "%(zones)s reaches the internet only through %(nat)s in %(zone)s: when that fails, it is cut off.",
                "%(zones)s reach the internet only through %(nat)s in %(zone)s: when that fails, they are cut off.",
                len(each["zones"]),
            )
            % told
        )


def _zones(one: Facts) -> Iterator[str]:
    if len(one["zones"]) == 1:
        yield _("All of it lies in %(zone)s.") % {"zone": one["zones"][0]}


def _people(one: Facts) -> Iterator[str]:
    count = sum(one["ways_in"].values())
    order = [door for door in DOORS if one["ways_in"].get(door)]
    if count == 1:
        yield _("People get onto its one running server %(way)s.") % {"way": DOORS[order[0]]}
    elif count:
        ways = "; ".join(f"{one['ways_in'][door]:,} {DOORS[door]}" for door in order)
        servers = plural(count, _("running server"), _("running servers"))
        yield _("How people get onto %(servers)s: %(ways)s.") % {"servers": servers, "ways": ways}


def _left_out(one: Facts) -> Iterator[str]:
    zones = len(one["zones"]) - network_chart.MOST_COLUMNS
    if zones > 0:
        yield ngettext("%(n)s more zone is not drawn.", "%(n)s more zones are not drawn.", zones) % {"n": zones}
    if one["more_subnets"]:
        yield _("%(n)s more subnets are not drawn.") % {"n": one["more_subnets"]}


def _summary(one: Facts) -> str:
    """For who cannot see the drawing: how large it is, then what to look at."""
    public = sum(each["kind"] == "public" for each in one["subnets"])
    told = _("%(zones)s, %(public)s public and %(private)s other subnets.") % {
        "zones": plural(len(one["zones"]), _("zone")),
        "public": public,
        "private": len(one["subnets"]) - public,
    }
    return " ".join((told, *notes(one)))


def _spoken(subnet: Facts, nats: Iterable[Facts]) -> str:
    names = {nat["id"]: nat for nat in nats}
    nat = names.get(subnet["nat"])
    kinds = {"public": _("public"), "private": _("private"), "unknown": _("of unread routes")}
    way = ""
    if nat:
        zone = nat["zone"] or _("every zone")
        way = _("out through the NAT gateway %(name)s in %(zone)s") % {"name": nat["name"], "zone": zone}
    parts = (
        kinds[subnet["kind"]],
        _holds(subnet),
        way or _other_way_out(subnet),
        *(one.text for one in _pills(subnet)),
    )
    return f"{subnet['zone']}, {subnet['name']}: {'; '.join(filter(None, parts))}."
