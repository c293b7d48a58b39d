"""The edges of a network: what bars the internet, ways in, ways out to services, and the record of traffic."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._rows import iso, name_of, pick, tags_of
from infra_audit.collectors.aws.ec2 import PAGE, described
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

ENDED = frozenset({"deleted", "deleting", "delete-complete", "delete-in-progress", "create-failed"})
IN_FORCE = frozenset({"create-complete", "update-complete", "update-in-progress", "update-failed"})


@collector("ec2.describe_vpc_block_public_access_options", iam=("ec2:DescribeVpcBlockPublicAccessOptions",))
def describe_vpc_block_public_access_options(reader: Reader) -> Iterator[Row]:
    """One row a region: {mode: "off" | "block-bidirectional" | "block-ingress"}."""
    found = reader.call("ec2", "describe_vpc_block_public_access_options")
    yield {"mode": found["VpcBlockPublicAccessOptions"].get("InternetGatewayBlockMode") or "off"}


@collector("ec2.describe_vpc_block_public_access_exclusions", iam=("ec2:DescribeVpcBlockPublicAccessExclusions",))
def describe_vpc_block_public_access_exclusions(reader: Reader) -> Iterator[Row]:
    """What the block spares: {resource: ARN of a network or subnet, mode: "allow-bidirectional" | "allow-egress"}."""
    token: dict[str, str] = {}
    while True:
        page = reader.ask("ec2", "describe_vpc_block_public_access_exclusions", **token)
        for one in page.get("VpcBlockPublicAccessExclusions") or ():
            if one.get("State") in IN_FORCE:
                yield {"resource": one["ResourceArn"], "mode": one["InternetGatewayExclusionMode"]}
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


@collector("ec2.describe_egress_only_internet_gateways", iam=("ec2:DescribeEgressOnlyInternetGateways",))
def describe_egress_only_internet_gateways(reader: Reader) -> Iterator[Row]:
    """{arn, type "ec2:egress-only-internet-gateway", id, name, tags, vpcs: [ids]}: IPv6, out and never in."""
    key = "EgressOnlyInternetGatewayId"
    for one in reader.pages("ec2", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways"):
        yield {
            **described(reader, one, "egress-only-internet-gateway", key),
            "vpcs": pick(one.get("Attachments") or (), "VpcId"),
        }


@collector("ec2.describe_vpc_endpoints", iam=("ec2:DescribeVpcEndpoints",))
def describe_vpc_endpoints(reader: Reader) -> Iterator[Row]:
    """Ways to services that need no internet: {arn, type "ec2:vpc-endpoint", id, name, tags, vpc, service, kind, state,
    subnets: [ids], route_tables: [ids], groups: [ids], created_at}. `kind` is "Interface", "Gateway", ….
    """
    for one in reader.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", page_size=PAGE):
        if str(one.get("State", "")).lower() not in ENDED:
            yield {
                **described(reader, one, "vpc-endpoint", "VpcEndpointId"),
                "vpc": one.get("VpcId"),
                "service": one.get("ServiceName") or "",
                "kind": one.get("VpcEndpointType") or "Gateway",
                "state": str(one.get("State") or "").lower(),
                "subnets": list(one.get("SubnetIds") or ()),
                "route_tables": list(one.get("RouteTableIds") or ()),
                "groups": pick(one.get("Groups") or (), "GroupId"),
                "created_at": iso(one.get("CreationTimestamp")),
            }


@collector("ec2.describe_flow_logs", iam=("ec2:DescribeFlowLogs",))
def describe_flow_logs(reader: Reader) -> Iterator[Row]:
    """Records of traffic: {arn, type "ec2:vpc-flow-log", id, name, tags, of, active, delivered, traffic, created_at}.

    `of`: the id of the network, subnet or interface; `delivered`: False where the last records could not be written.
    """
    for one in reader.pages("ec2", "describe_flow_logs", "FlowLogs", page_size=PAGE):
        yield {
            **described(reader, one, "vpc-flow-log", "FlowLogId"),
            "of": one.get("ResourceId"),
            "active": one.get("FlowLogStatus") == "ACTIVE",
            "delivered": one.get("DeliverLogsStatus") != "FAILED",
            "traffic": one.get("TrafficType"),
            "created_at": iso(one.get("CreationTime")),
        }


@collector("ec2.describe_vpn_connections", iam=("ec2:DescribeVpnConnections",))
def describe_vpn_connections(reader: Reader) -> Iterator[Row]:
    """Lines to an office: {arn, type "ec2:vpn-connection", id, name, tags, gateway, up: bool}.

    `gateway` is what route tables name. The answer also holds the keys of both ends, which are never kept.
    """
    for one in reader.pages("ec2", "describe_vpn_connections", "VpnConnections"):
        if one.get("State") not in ENDED:
            yield {
                **described(reader, one, "vpn-connection", "VpnConnectionId"),
                "gateway": one.get("VpnGatewayId") or one.get("TransitGatewayId"),
                "up": any(each.get("Status") == "UP" for each in one.get("VgwTelemetry") or ()),
            }


@collector(
    "ec2.describe_client_vpn_endpoints",
    iam=("ec2:DescribeClientVpnEndpoints", "ec2:DescribeClientVpnTargetNetworks"),
)
def describe_client_vpn_endpoints(reader: Reader) -> Iterator[Row]:
    """Where people dial in: {arn, type "ec2:client-vpn-endpoint", id, name, tags, vpc, subnets: [ids], groups: [ids]}.

    It stands in its target subnets: whoever dials in comes from their addresses, and carries its groups.
    """
    for one in reader.pages("ec2", "describe_client_vpn_endpoints", "ClientVpnEndpoints", page_size=100):
        if (one.get("Status") or {}).get("Code") in ENDED:
            continue
        identity = one["ClientVpnEndpointId"]
        networks = reader.pages(
            "ec2", "describe_client_vpn_target_networks", "ClientVpnTargetNetworks", ClientVpnEndpointId=identity
        )
        yield {
            **described(reader, one, "client-vpn-endpoint", "ClientVpnEndpointId"),
            "vpc": one.get("VpcId"),
            "subnets": [each["TargetNetworkId"] for each in networks if _stands(each)],
            "groups": list(one.get("SecurityGroupIds") or ()),
        }


def _stands(target: Mapping[str, Any]) -> bool:
    return (target.get("Status") or {}).get("Code") == "associated"


@collector("ec2.describe_instance_connect_endpoints", iam=("ec2:DescribeInstanceConnectEndpoints",))
def describe_instance_connect_endpoints(reader: Reader) -> Iterator[Row]:
    """Doors that need no public address: {arn, type "ec2:instance-connect-endpoint", id, name, tags, vpc, subnet, zone,
    groups: [ids], keeps_client_ip: bool, ready: bool, created_at}.
    """
    found = reader.pages("ec2", "describe_instance_connect_endpoints", "InstanceConnectEndpoints", page_size=50)
    for one in found:
        if one.get("State") in ENDED:
            continue
        tags = tags_of(one)
        yield {
            "arn": one["InstanceConnectEndpointArn"],
            "type": "ec2:instance-connect-endpoint",
            "id": one["InstanceConnectEndpointId"],
            "name": name_of(tags, one["InstanceConnectEndpointId"]),
            "tags": tags,
            "vpc": one.get("VpcId"),
            "subnet": one.get("SubnetId"),
            "zone": one.get("AvailabilityZone"),
            "groups": list(one.get("SecurityGroupIds") or ()),
            "keeps_client_ip": bool(one.get("PreserveClientIp")),
            "ready": one.get("State") in IN_FORCE,
            "created_at": iso(one.get("CreatedAt")),
        }
