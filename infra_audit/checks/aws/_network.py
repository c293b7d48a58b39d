"""Example rows of a small network, for the checks that ask what gets where."""

from infra_audit.inventory import Row

PREFIX = "arn:aws:ec2:eu-west-1:123456789012"
INSTANCE = f"{PREFIX}:instance/i-0123456789abcdef0"
VPC, SUBNET, GROUP = "vpc-1", "subnet-1", "sg-1"

SUBNETS: list[Row] = [{"id": SUBNET, "vpc": VPC, "zone": "eu-west-1a", "cidr": "10.0.0.0/24", "name": "public-a"}]
TO_THE_INTERNET: Row = {"to": "0.0.0.0/0", "via": "igw-1", "works": True}
LOCAL: Row = {"to": "10.0.0.0/16", "via": "local", "works": True}
OPEN_TABLE: list[Row] = [{"vpc": VPC, "is_main": True, "subnets": [], "routes": [LOCAL, TO_THE_INTERNET]}]
CLOSED_TABLE: list[Row] = [{"vpc": VPC, "is_main": True, "subnets": [], "routes": [LOCAL]}]

_EVERYTHING = {"protocol": "-1", "from_port": None, "to_port": None, "cidr": "0.0.0.0/0"}
OPEN_ACL: list[Row] = [
    {
        "id": "acl-1",
        "subnets": [SUBNET],
        "entries": [{**_EVERYTHING, "out": out, "allow": allow} for out in (True, False) for allow in (True, False)],
    }
]


def group(port: int, cidr: str) -> list[Row]:
    """One firewall group that opens one port to one range."""
    rule = {"protocol": "tcp", "from_port": port, "to_port": port, "cidrs": [cidr], "prefix_lists": [], "groups": []}
    return [{"id": GROUP, "name": "servers", "ingress": [rule]}]


def layers(table: list[Row], port: int, cidr: str) -> dict[str, list[Row]]:
    """What is read of a network with one subnet."""
    return {
        "ec2.describe_subnets": SUBNETS,
        "ec2.describe_route_tables": table,
        "ec2.describe_network_acls": OPEN_ACL,
        "ec2.describe_security_groups": group(port, cidr),
        "ec2.describe_vpc_block_public_access_options": [{"mode": "off"}],
    }


SERVER: Row = {
    "arn": INSTANCE,
    "id": "i-0123456789abcdef0",
    "state": "running",
    "vpc": VPC,
    "subnet": SUBNET,
    "public_ip": None,
    "private_ip": "10.0.0.4",
    "security_groups": [GROUP],
    "tags": {},
}
