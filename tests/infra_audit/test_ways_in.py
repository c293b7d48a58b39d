"""How a person gets onto a server: every open way is told, best first, and nothing is guessed."""

import pytest

from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.reachability import ACLS, BLOCK, GROUPS, PREFIX_LISTS, ROUTES, SPARED, SUBNETS
from infra_audit.ways_in import AGENTS, CONNECT, DIAL_IN, LINES, Door, Doors

PLACE = Place(account="123456789012", region="eu-west-1")
ALL = {"protocol": "-1", "from_port": None, "to_port": None, "cidr": "0.0.0.0/0", "allow": True}


def a_server(name, subnet="private", *, groups=("servers",), public_ip=None, private_ip="10.0.1.5", **more):
    return {
        "id": f"i-{name}", "arn": f"arn:x:instance/i-{name}", "name": name, "state": "running", "vpc": "vpc-1",
        "subnet": subnet, "security_groups": list(groups), "public_ip": public_ip, "private_ip": private_ip,
        "tags": {}, **more,
    }  # fmt: skip


def a_group(identity, *cidrs, groups=(), port=22):
    rule = {"protocol": "tcp", "from_port": port, "to_port": port, "cidrs": list(cidrs), "groups": list(groups)}
    return {"id": identity, "name": identity, "ingress": [{**rule, "prefix_lists": []}]}


def doors(*servers, unread=(), **rows):
    """A network with a public and a private subnet."""
    base = {
        "ec2.describe_instances": servers,
        SUBNETS: rows.pop("subnets", None) or [
            {"id": name, "vpc": "vpc-1", "zone": "eu-west-1a", "cidr": f"10.0.{n}.0/24", "name": name}
            for n, name in enumerate(("public", "private"))
        ],
        ROUTES: [
            {"vpc": "vpc-1", "is_main": True, "subnets": [], "routes": rows.pop("private_routes", [])},
            {"vpc": "vpc-1", "is_main": False, "subnets": ["public"],
             "routes": [{"to": "0.0.0.0/0", "via": "igw-1", "works": True}]},
        ],
        ACLS: [
            {"id": "acl-1", "subnets": ["public", "private"], "entries": [{**ALL, "out": out} for out in (True, False)]}
        ],
        GROUPS: rows.pop("groups", [a_group("servers", "10.0.0.0/16")]),
        PREFIX_LISTS: [],
        BLOCK: [{"mode": rows.pop("block", "off")}],
        SPARED: [],
        AGENTS: rows.pop("agents", []),
        CONNECT: rows.pop("connect", []),
        DIAL_IN: rows.pop("dial_in", []),
        LINES: rows.pop("lines", []),
    }  # fmt: skip
    assert not rows
    return Doors(
        Inventory(
            tuple(
                Unit(operation, PLACE, Ending.DENIED) if operation in unread else
                Unit(operation, PLACE, Ending.OK, tuple(some))
                for operation, some in base.items()
            )
        )
    )  # fmt: skip


def ways(opened, server):
    return [(way.door, way.through) for way in opened.access(server).ways]


def test_an_agent_that_answers_is_a_way_in():
    one, two = a_server("a"), a_server("b")
    opened = doors(one, two, agents=[{"id": "i-a", "online": True}, {"id": "i-b", "online": False}])

    assert ways(opened, one) == [(Door.SESSION_MANAGER, "")]
    assert ways(opened, two) == []


@pytest.mark.parametrize(
    ("groups", "keeps", "opens"),
    [
        ([a_group("servers", "10.0.1.0/24")], False, True),
        ([a_group("servers", groups=["door"])], False, True),
        ([a_group("servers", "192.168.7.0/24")], False, False),
        ([a_group("servers", "192.168.7.0/24")], True, True),
        ([a_group("servers", "10.0.1.0/24", port=443)], False, False),
    ],
)
def test_a_connect_endpoint_counts_where_the_firewall_lets_it_in(groups, keeps, opens):
    endpoint = {"name": "door", "vpc": "vpc-1", "subnet": "private", "groups": ["door"], "keeps_client_ip": keeps}
    one = a_server("a")

    found = ways(doors(one, groups=groups, connect=[{**endpoint, "ready": True}]), one)

    assert found == ([(Door.CONNECT_ENDPOINT, "door")] if opens else [])


def test_an_endpoint_of_another_network_or_one_that_is_not_ready_does_not():
    endpoint = {"name": "door", "vpc": "vpc-1", "subnet": "private", "groups": [], "keeps_client_ip": False}
    one = a_server("a")

    assert ways(doors(one, connect=[{**endpoint, "ready": False}]), one) == []
    assert ways(doors(one, connect=[{**endpoint, "ready": True, "vpc": "vpc-2"}]), one) == []


def test_people_dial_in_by_vpn():
    one = a_server("a")
    vpn = {"name": "staff", "vpc": "vpc-1", "subnets": ["private"], "groups": []}

    assert ways(doors(one, dial_in=[vpn]), one) == [(Door.VPN, "staff")]
    assert ways(doors(one, dial_in=[{**vpn, "subnets": []}]), one) == []


def test_a_line_to_the_office_is_a_vpn_and_any_other_network_is_named():
    routes = [{"to": "172.20.0.0/16", "via": via, "works": True} for via in ("vgw-1", "tgw-1")]
    one = a_server("a")
    groups = [a_group("servers", "172.20.0.0/16")]

    found = ways(doors(one, groups=groups, private_routes=routes, lines=[{"gateway": "vgw-1", "name": "office"}]), one)

    assert found == [(Door.VPN, "office"), (Door.OTHER_NETWORK, "tgw-1")]


@pytest.mark.parametrize(
    ("source", "kind"), [("203.0.113.0/24", Door.KNOWN_ADDRESSES), ("0.0.0.0/0", Door.THE_INTERNET)]
)
def test_a_bastion_opens_the_others_whoever_reaches_it(source, kind):
    jump = a_server("jump", "public", groups=("jump",), public_ip="198.51.100.1", private_ip="10.0.0.4")
    one = a_server("a")
    opened = doors(jump, one, groups=[a_group("servers", groups=["jump"]), a_group("jump", source)])

    assert ways(opened, one) == [(Door.BASTION, "jump")]
    assert ways(opened, jump) == [(kind, "")]
    assert [row["name"] for row in opened.bastions] == ["jump"]


def test_only_the_open_internet_is_no_guarded_way():
    one = a_server("a", "public", public_ip="198.51.100.1")
    access = doors(one, groups=[a_group("servers", "0.0.0.0/0")]).access(one)

    assert not access.good
    assert access.unread == ()


def test_what_block_public_access_keeps_out_is_no_way_in():
    one = a_server("a", "public", public_ip="198.51.100.1")

    for source in ("0.0.0.0/0", "203.0.113.0/24"):
        assert ways(doors(one, block="block-ingress", groups=[a_group("servers", source)]), one) == []


@pytest.mark.parametrize("unread", [AGENTS, CONNECT, DIAL_IN, LINES])
def test_a_door_that_was_not_read_is_named(unread):
    one = a_server("a")

    access = doors(one, unread=[unread]).access(one)

    assert not access.good
    assert access.unread == (unread,)


def test_a_bastion_of_which_it_is_not_known_who_reaches_it_leaves_the_others_unjudged():
    jump = a_server("jump", "public", groups=("jump",), public_ip="198.51.100.1", private_ip="10.0.0.4")
    one = a_server("a")
    groups = [a_group("servers", groups=["jump"]), a_group("jump", "0.0.0.0/0")]

    access = doors(jump, one, groups=groups, unread=[BLOCK]).access(one)

    assert not access.good
    assert access.unread == (BLOCK,)
