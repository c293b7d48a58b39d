"""The map of networks: what stands where, what is reached, what hangs on what; capped, worst first, facts only."""

import json

from infra_audit.inventory import Inventory
from infra_audit.network_map import MOST_NETWORKS, MOST_SERVERS, NO_WAY, UNKNOWN, network_map
from infra_audit.reachability import BLOCK
from infra_audit.ways_in import Door
from tests.infra_audit.test_ways_in import PLACE, a_group, a_server, doors

NATS = "ec2.describe_nat_gateways"
TO_NAT = [{"to": "0.0.0.0/0", "via": "nat-1", "works": True}]
NAT = {"id": "nat-1", "name": "main", "vpc": "vpc-1", "subnet": "public", "regional": False}


def mapped(*servers, more=None, vpcs=None, **network):
    """The map of a network with a public and a private subnet."""
    units = doors(*servers, **network).network.inventory.all_units
    rows = {
        "ec2.describe_vpcs": vpcs or [{"id": "vpc-1", "name": "shop", "cidr": "10.0.0.0/16", "is_default": False}],
        "ec2.describe_network_interfaces": [{"vpc": "vpc-1", "groups": []}],
        **(more or {}),
    }
    return network_map(Inventory((*units, *Inventory.example(rows, PLACE).all_units)))


def subnets_of(told):
    return {one["name"]: one for one in told["networks"][0]["subnets"]}


def test_what_the_internet_reaches_is_told_by_port_and_web_apart():
    web = a_server("web", "public", groups=("web", "servers"), public_ip="198.51.100.1")
    groups = [a_group("web", "0.0.0.0/0", port=443), a_group("servers", "0.0.0.0/0")]

    public = subnets_of(mapped(web, groups=groups))["public"]

    assert public["kind"] == "public"
    assert [(one["ports"], one["web"], one["sure"]) for one in public["open"]] == [
        ("22", False, True),
        ("443", True, True),
    ]


def test_what_another_layer_closes_is_not_told_and_what_was_not_read_is_not_sure():
    web = a_server("web", "public", public_ip="198.51.100.1")
    groups = [a_group("servers", "0.0.0.0/0")]

    assert subnets_of(mapped(web, groups=groups, block="block-ingress"))["public"]["open"] == []
    [told] = subnets_of(mapped(web, groups=groups, unread=[BLOCK]))["public"]["open"]
    assert not told["sure"]


def test_a_public_database_stands_in_a_subnet_of_its_zone():
    where = {"vpc": "vpc-1", "groups": ["data"], "subnets": [{"id": "public", "zone": "eu-west-1a"}]}
    db = {"public": True, "port": 5432, "zone": "eu-west-1a", "network": where}

    told = mapped(groups=[a_group("data", "0.0.0.0/0", port=5432)], more={"rds.describe_db_instances": [db]})

    public = subnets_of(told)["public"]
    assert public["databases"] == 1
    assert [(one["ports"], one["of"]) for one in public["open"]] == [("5432", "database")]


def test_each_subnet_names_the_gateway_it_hangs_on_and_zones_that_hang_on_another_are_told():
    elsewhere = {"id": "private", "vpc": "vpc-1", "zone": "eu-west-1b", "cidr": "10.0.1.0/24", "name": "private"}
    here = {"id": "public", "vpc": "vpc-1", "zone": "eu-west-1a", "cidr": "10.0.0.0/24", "name": "public"}

    told = mapped(a_server("a"), private_routes=TO_NAT, subnets=[here, elsewhere], more={NATS: [NAT]})

    assert subnets_of(told)["private"]["nat"] == "nat-1"
    assert told["networks"][0]["hanging"] == [{"nat": "main", "zone": "eu-west-1a", "zones": ["eu-west-1b"]}]


def test_how_people_get_in_is_counted_by_the_best_way():
    one, two, gone = a_server("a"), a_server("b"), a_server("c", state="stopped")

    told = mapped(one, two, gone, agents=[{"id": "i-a", "online": True}])["networks"][0]

    assert told["ways_in"] == {Door.SESSION_MANAGER.value: 1, NO_WAY: 1}
    assert [server["name"] for server in told["servers"]] == ["b", "a"]  # who cannot get in comes first


def test_a_way_that_could_not_be_read_is_unknown_not_missing():
    told = mapped(a_server("a"), unread=["ssm.describe_instance_information"])["networks"][0]

    assert told["ways_in"] == {UNKNOWN: 1}
    assert told["servers"][0]["guarded"] is None


def test_a_bastion_is_one_that_others_need_or_that_says_so():
    jump = a_server("jump-1", "public", groups=("jump",), public_ip="198.51.100.1", private_ip="10.0.0.4")
    merely_open = a_server("web", "public", groups=("jump",), public_ip="198.51.100.2", private_ip="10.0.0.5")
    groups = [a_group("jump", "203.0.113.0/24"), a_group("servers", "192.168.0.0/16")]

    assert subnets_of(mapped(jump, merely_open, groups=groups))["public"]["bastions"] == ["jump-1"]


def test_networks_in_which_nothing_stands_are_left_out():
    empty = mapped(more={"ec2.describe_network_interfaces": []})

    assert empty == {"networks": [], "more": 0}


def test_lists_are_capped_and_what_is_left_out_is_counted():
    vpcs = [{"id": f"vpc-{n}", "name": f"net-{n}", "cidr": None} for n in range(1, MOST_NETWORKS + 4)]
    interfaces = [{"vpc": one["id"], "groups": []} for one in vpcs]
    servers = [a_server(f"s{n}") for n in range(MOST_SERVERS + 5)]

    told = mapped(*servers, vpcs=vpcs, more={"ec2.describe_network_interfaces": interfaces})

    assert (len(told["networks"]), told["more"]) == (MOST_NETWORKS, 3)
    assert told["networks"][0]["name"] == "net-1"  # where servers are that nobody gets onto
    assert told["networks"][0]["more_servers"] == 5


def test_it_is_json_and_the_same_twice():
    server = a_server("a")

    assert json.dumps(mapped(server)) == json.dumps(mapped(server))


def test_where_networks_were_not_read_nothing_is_drawn():
    assert network_map(Inventory()) == {"networks": [], "more": 0}
