"""Networks, and who may pass."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._rows import iso, pick
from infra_audit.collectors.aws.ec2 import PAGE, described
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("ec2.describe_vpcs", iam=("ec2:DescribeVpcs",))
def describe_vpcs(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, is_default, cidr}."""
    for one in reader.pages("ec2", "describe_vpcs", "Vpcs", page_size=PAGE):
        yield {
            **described(reader, one, "vpc", "VpcId"),
            "is_default": bool(one.get("IsDefault")),
            "cidr": one.get("CidrBlock"),
        }


@collector("ec2.describe_subnets", iam=("ec2:DescribeSubnets",))
def describe_subnets(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, is_default, vpc, zone, cidr}."""
    for one in reader.pages("ec2", "describe_subnets", "Subnets", page_size=PAGE):
        yield {
            **described(reader, one, "subnet", "SubnetId"),
            "is_default": bool(one.get("DefaultForAz")),
            "vpc": one["VpcId"],
            "zone": one["AvailabilityZone"],
            "cidr": one.get("CidrBlock"),
        }


@collector("ec2.describe_internet_gateways", iam=("ec2:DescribeInternetGateways",))
def describe_internet_gateways(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, vpcs: [ids]}."""
    for one in reader.pages("ec2", "describe_internet_gateways", "InternetGateways", page_size=PAGE):
        yield {
            **described(reader, one, "internet-gateway", "InternetGatewayId"),
            "vpcs": pick(one.get("Attachments") or (), "VpcId"),
        }


@collector("ec2.describe_nat_gateways", iam=("ec2:DescribeNatGateways",))
def describe_nat_gateways(reader: Reader) -> Iterator[Row]:
    """{arn, type "ec2:natgateway", id, name, tags, created_at, vpc, subnet, state, regional: bool, public: bool}.

    A regional one stands in no subnet and in every zone. Deleted ones are left out.
    """
    for one in reader.pages("ec2", "describe_nat_gateways", "NatGateways", page_size=PAGE):
        if one.get("State") not in {"deleted", "deleting"}:
            yield {
                **described(reader, one, "natgateway", "NatGatewayId"),
                "created_at": iso(one.get("CreateTime")),
                "vpc": one.get("VpcId"),
                "subnet": one.get("SubnetId"),
                "state": one.get("State"),
                "regional": one.get("AvailabilityMode") == "regional",
                "public": one.get("ConnectivityType", "public") == "public",
            }


@collector("ec2.describe_route_tables", iam=("ec2:DescribeRouteTables",))
def describe_route_tables(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, vpc, is_main, subnets: [ids], routes: [{to, via, works: bool}]}.

    `is_main`: made with the VPC. `to` is a CIDR or prefix list, `via` the id of a gateway, interface, …. A route
    whose target is gone does not work.
    """
    for one in reader.pages("ec2", "describe_route_tables", "RouteTables", page_size=PAGE):
        yield {
            **described(reader, one, "route-table", "RouteTableId"),
            "vpc": one["VpcId"],
            "is_main": any(each.get("Main") for each in one["Associations"]),
            "subnets": pick(one["Associations"], "SubnetId"),
            "routes": [_route(each) for each in one["Routes"]],
        }


def _route(one: Mapping[str, Any]) -> Row:
    to = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    via = (
        "GatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "VpcPeeringConnectionId",
        "NetworkInterfaceId",
        "InstanceId",
        "EgressOnlyInternetGatewayId",
        "LocalGatewayId",
        "CarrierGatewayId",
        "CoreNetworkArn",
    )
    return {
        "to": next((one[key] for key in to if one.get(key)), None),
        "via": next((one[key] for key in via if one.get(key)), None),
        "works": one.get("State", "active") == "active",
    }


@collector("ec2.describe_network_acls", iam=("ec2:DescribeNetworkAcls",))
def describe_network_acls(reader: Reader) -> Iterator[Row]:
    """{arn, type "ec2:network-acl", id, name, tags, vpc, is_default, subnets: [ids], entries}, entries in the order in
    which AWS tries them: [{out: bool, allow: bool, protocol, from_port, to_port, cidr}]. Ports None: all.
    """
    for one in reader.pages("ec2", "describe_network_acls", "NetworkAcls", page_size=PAGE):
        yield {
            **described(reader, one, "network-acl", "NetworkAclId"),
            "vpc": one["VpcId"],
            "is_default": bool(one.get("IsDefault")),
            "subnets": pick(one.get("Associations") or (), "SubnetId"),
            "entries": [_entry(each) for each in sorted(one["Entries"], key=lambda entry: entry["RuleNumber"])],
        }


def _entry(one: Mapping[str, Any]) -> Row:
    ports = one.get("PortRange") or {}
    return {
        "out": bool(one["Egress"]),
        "allow": one["RuleAction"] == "allow",
        "protocol": str(one["Protocol"]),
        "from_port": ports.get("From"),
        "to_port": ports.get("To"),
        "cidr": one.get("CidrBlock") or one.get("Ipv6CidrBlock"),
    }


@collector("ec2.describe_security_groups", iam=("ec2:DescribeSecurityGroups",))
def describe_security_groups(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, is_default, vpc,
    ingress: [{protocol, from_port, to_port, cidrs, prefix_lists, groups}]}.

    `is_default`: made with its VPC, cannot be deleted. `protocol` is "tcp", "udp", "-1" for all, or a number; where
    it is all, the ports are None. `groups` are ids of other groups as sources: they are never the internet.
    """
    for one in reader.pages("ec2", "describe_security_groups", "SecurityGroups", page_size=PAGE):
        row = described(reader, one, "security-group", "GroupId")
        yield {
            **row,
            "name": one["GroupName"],
            "is_default": one["GroupName"] == "default",
            "vpc": one.get("VpcId"),
            "ingress": list(_rules(one["IpPermissions"])),
        }


def _rules(permissions: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for one in permissions:
        cidrs = pick(one.get("IpRanges") or (), "CidrIp") + pick(one.get("Ipv6Ranges") or (), "CidrIpv6")
        prefix_lists = pick(one.get("PrefixListIds") or (), "PrefixListId")
        groups = pick(one.get("UserIdGroupPairs") or (), "GroupId")
        if cidrs or prefix_lists or groups:
            everything = one["IpProtocol"] == "-1"
            yield {
                "protocol": one["IpProtocol"],
                "from_port": None if everything else one.get("FromPort"),
                "to_port": None if everything else one.get("ToPort"),
                "cidrs": cidrs,
                "prefix_lists": prefix_lists,
                "groups": groups,
            }


@collector(
    "ec2.get_managed_prefix_list_entries",
    iam=("ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"),
)
def get_managed_prefix_list_entries(reader: Reader) -> Iterator[Row]:
    """{id, name, by_aws: bool, cidrs: [..] or None where they could not be read}. AWS's own lists hold its services."""
    for one in reader.pages("ec2", "describe_managed_prefix_lists", "PrefixLists", page_size=100):
        by_aws = one.get("OwnerId") == "AWS"
        yield {
            "id": one["PrefixListId"],
            "name": one["PrefixListName"],
            "by_aws": by_aws,
            "cidrs": [] if by_aws else _entries(reader, one["PrefixListId"]),
        }


def _entries(reader: Reader, prefix_list: str) -> list[str] | None:
    try:
        return list(reader.pages("ec2", "get_managed_prefix_list_entries", "Entries[].Cidr", PrefixListId=prefix_list))
    except READ_ERRORS as error:
        reader.miss(reader.arn("ec2", f"prefix-list/{prefix_list}"), error)
        return None


@collector("ec2.describe_network_interfaces", iam=("ec2:DescribeNetworkInterfaces",))
def describe_network_interfaces(reader: Reader) -> Iterator[Row]:
    """{id, groups: [security group ids], in_use: bool, public_ip, vpc, subnet, zone, made_for: AWS's own words}.

    Not a resource of one's own: nearly all are made and removed with what they serve, so no arn, type or tags.
    """
    for one in reader.pages("ec2", "describe_network_interfaces", "NetworkInterfaces", page_size=PAGE):
        yield {
            "id": one["NetworkInterfaceId"],
            "groups": pick(one.get("Groups") or (), "GroupId"),
            "in_use": one.get("Status") == "in-use",
            "public_ip": (one.get("Association") or {}).get("PublicIp"),
            "vpc": one.get("VpcId"),
            "subnet": one.get("SubnetId"),
            "zone": one.get("AvailabilityZone"),
            "made_for": one.get("Description") or "",
        }
