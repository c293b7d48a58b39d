"""Public, exposed and reachable are three things: each layer in turn closes the way, or was not read."""

import pytest

from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.reachability import ACLS, BLOCK, GROUPS, PREFIX_LISTS, ROUTES, SPARED, SUBNETS, Doorstep, Network

PLACE = Place(account="123456789012", region="eu-west-1")
DOOR = Doorstep("subnet-1", ("sg-1",), public_ip="198.51.100.7")
V6_DOOR = Doorstep("subnet-1", ("sg-1",), ipv6=("2001:db8::1",))
ALL = {"protocol": "-1", "from_port": None, "to_port": None, "cidr": "0.0.0.0/0"}


def an_acl(*entries):
    return [{"id": "acl-1", "subnets": ["subnet-1"], "entries": list(entries)}]


def entry(cidr="0.0.0.0/0", *, out=False, allow=True, first=None, last=None, protocol="-1"):
    return {"out": out, "allow": allow, "protocol": protocol, "from_port": first, "to_port": last, "cidr": cidr}


OUT = entry(out=True)


def a_group(*cidrs, port=22, prefix_lists=()):
    rule = {"protocol": "tcp", "from_port": port, "to_port": port, "cidrs": list(cidrs), "groups": []}
    return [{"id": "sg-1", "name": "web", "ingress": [{**rule, "prefix_lists": list(prefix_lists)}]}]


def routes(*pairs, main=True, subnets=(), works=True):
    made = [{"to": to, "via": via, "works": works} for to, via in pairs]
    return {"vpc": "vpc-1", "is_main": main, "subnets": list(subnets), "routes": made}


OPEN = {
    SUBNETS: [{"id": "subnet-1", "vpc": "vpc-1", "zone": "eu-west-1a", "cidr": "10.0.0.0/24", "name": "a"}],
    ROUTES: [routes(("0.0.0.0/0", "igw-1"), ("::/0", "igw-1"))],
    ACLS: an_acl(entry(), OUT, entry("::/0"), entry("::/0", out=True)),
    GROUPS: a_group("0.0.0.0/0", "::/0"),
    PREFIX_LISTS: [],
    BLOCK: [{"mode": "off"}],
    SPARED: [],
}


def read(unread=(), **changed):
    """A network that is open at every layer, but for what is changed or was not read."""
    rows = OPEN | changed.pop("rows", {})
    units = [Unit(operation, PLACE, Ending.OK, tuple(some)) for operation, some in rows.items()]
    kept = [unit for unit in units if unit.operation not in unread]
    denied = [Unit(operation, PLACE, Ending.DENIED, iam_action="ec2:X") for operation in unread]
    return Network(Inventory((*kept, *denied)))


@pytest.mark.parametrize("door", [DOOR, V6_DOOR])
def test_open_at_every_layer_is_reachable_and_says_each(door):
    reach = read().reach(door, 22)

    assert reach.is_open
    for words in ("public address", "internet gateway", "access list", "firewall group web", "Block Public Access"):
        assert words in reach.said


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({ROUTES: [routes(("10.0.0.0/16", "local"))]}, "no route"),
        ({ROUTES: [routes(("0.0.0.0/0", "nat-1"))]}, "no route"),
        ({ROUTES: [routes(("0.0.0.0/0", "igw-1"), works=False)]}, "no route"),
        ({ROUTES: [routes(("0.0.0.0/0", "igw-1")), routes(main=False, subnets=["subnet-1"])]}, "no route"),
        ({ACLS: an_acl(OUT)}, "access list"),
        ({ACLS: an_acl(entry())}, "access list"),
        ({ACLS: an_acl(entry(allow=False, first=22, last=22, protocol="6"), entry(), OUT)}, "access list"),
        ({ACLS: an_acl(entry("10.0.0.0/8"), OUT)}, "access list"),
        ({ACLS: an_acl(entry("203.0.113.0/24"), OUT)}, "access list"),
        ({ACLS: an_acl(entry(), entry(out=True, first=443, last=443, protocol="6"))}, "access list"),
        ({ACLS: an_acl(entry(protocol="17"), OUT)}, "access list"),
        ({GROUPS: a_group("203.0.113.0/24")}, "no firewall group"),
        ({GROUPS: a_group("0.0.0.0/0", port=443)}, "no firewall group"),
        ({BLOCK: [{"mode": "block-bidirectional"}]}, "Block Public Access keeps"),
        ({BLOCK: [{"mode": "block-ingress"}], SPARED: [{"resource": "arn:x/vpc-1", "mode": "allow-egress"}]}, "keeps"),
    ],
)
def test_one_closed_layer_closes_the_way(rows, why):
    reach = read(rows=rows).reach(DOOR, 22)

    assert reach.is_open is False
    assert why in reach.said


@pytest.mark.parametrize(
    "rows",
    [
        {ACLS: an_acl(entry("203.0.113.7/32", allow=False), entry(), OUT)},  # one stranger barred, all others not
        {ACLS: an_acl(entry(first=22, last=22, protocol="6"), entry(out=True, first=1024, last=65535, protocol="6"))},
        {GROUPS: a_group("0.0.0.0/1", "128.0.0.0/1")},
        {ROUTES: [routes(("0.0.0.0/1", "igw-1"), ("128.0.0.0/1", "igw-1"))]},
        {GROUPS: a_group(prefix_lists=["pl-1"]), PREFIX_LISTS: [{"id": "pl-1", "cidrs": ["0.0.0.0/0"]}]},
        {BLOCK: [{"mode": "block-ingress"}], SPARED: [{"resource": "arn:x/subnet-1", "mode": "allow-bidirectional"}]},
    ],
)
def test_odd_ways_of_being_open_are_open(rows):
    assert read(rows=rows).reach(DOOR, 22).is_open


@pytest.mark.parametrize("unread", [ROUTES, ACLS, GROUPS, BLOCK])
def test_a_layer_that_was_not_read_decides_nothing_and_is_named(unread):
    reach = read(unread=[unread]).reach(DOOR, 22)

    assert reach.is_open is None
    assert reach.unread == unread


@pytest.mark.parametrize("unread", [ROUTES, ACLS, BLOCK])
def test_where_another_layer_is_closed_the_unread_one_matters_not(unread):
    assert read(unread=[unread], rows={GROUPS: a_group("10.0.0.0/8")}).reach(DOOR, 22).is_open is False


def test_a_prefix_list_that_was_not_read_decides_nothing():
    reach = read(rows={GROUPS: a_group(prefix_lists=["pl-1"])}).reach(DOOR, 22)

    assert (reach.is_open, reach.unread) == (None, PREFIX_LISTS)


def test_without_a_public_address_nothing_else_is_asked():
    assert read(unread=[ROUTES, ACLS, GROUPS, BLOCK]).reach(Doorstep("subnet-1", ("sg-1",)), 22).is_open is False


def test_through_an_appliance_it_cannot_be_told():
    assert read(rows={ROUTES: [routes(("0.0.0.0/0", "vpce-1"))]}).reach(DOOR, 22).is_open is None


def test_each_family_has_rules_of_its_own():
    only_v4 = {GROUPS: a_group("0.0.0.0/0")}

    assert read(rows=only_v4).reach(V6_DOOR, 22).is_open is False
    assert read(rows=only_v4).reach(DOOR, 22).is_open


def test_a_subnets_way_out_names_its_gateway_and_where_that_stands():
    nats = [
        {"id": "nat-1", "name": "main", "subnet": "subnet-1", "regional": False},
        {"id": "nat-2", "name": "wide", "subnet": None, "regional": True},
    ]
    rows = {"ec2.describe_nat_gateways": nats, SUBNETS: [*OPEN[SUBNETS], {**OPEN[SUBNETS][0], "id": "subnet-2"}]}
    network = read(
        rows={
            **rows,
            ROUTES: [routes(("0.0.0.0/0", "nat-1")), routes(("0.0.0.0/0", "nat-2"), main=False, subnets=["subnet-2"])],
        }
    )

    zonal, regional = network.way_out("subnet-1"), network.way_out("subnet-2")

    assert (zonal.kind, zonal.name, zonal.zone, zonal.regional) == ("nat", "main", "eu-west-1a", False)
    assert (regional.name, regional.zone, regional.regional) == ("wide", None, True)


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ({ROUTES: [routes(("0.0.0.0/0", "igw-1"))]}, "internet"),
        ({ROUTES: [routes(("10.0.0.0/16", "local"))]}, "none"),
        ({ROUTES: [routes(("0.0.0.0/0", "tgw-1"))]}, "other"),
    ],
)
def test_kinds_of_ways_out(rows, kind):
    assert read(rows=rows).way_out("subnet-1").kind == kind


def test_routes_that_were_not_read_lead_nobody_knows_where():
    assert read(unread=[ROUTES]).way_out("subnet-1").kind == "unknown"
