"""What is read of networks, doors and sharing, over HTTP; what moto lacks is answered in AWS's own shape."""

import pytest

from demo.emulator import Deny, Faults
from infra_audit.inventory import Ending
from tests.infra_audit.conftest import REGION
from tests.infra_audit.test_collectors_ec2 import make_group, start

PREFIX = f"arn:aws:ec2:{REGION}:123456789012"
DOOR = f"{PREFIX}:instance-connect-endpoint/eice-1"


def make_network(aws, cidr="10.9.0.0/16"):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr.replace("/16", "/24"), AvailabilityZone=f"{REGION}a")
    return ec2, vpc, subnet["Subnet"]["SubnetId"]


def test_an_access_list_tells_its_entries_in_the_order_in_which_they_are_tried(aws, collect):
    ec2, vpc, subnet = make_network(aws)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    for number, port, action in ((200, 443, "allow"), (100, 22, "deny")):
        ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=number, Protocol="6", RuleAction=action, Egress=False,
            CidrBlock="0.0.0.0/0", PortRange={"From": port, "To": port},
        )  # fmt: skip

    rows = {row["id"]: row for row in collect("ec2.describe_network_acls").rows}

    assert [(one["from_port"], one["allow"], one["out"]) for one in rows[acl]["entries"]][:2] == [
        (22, False, False),
        (443, True, False),
    ]
    [default] = [row for row in rows.values() if row["vpc"] == vpc and row["is_default"]]
    assert default["subnets"] == [subnet]
    assert not rows[acl]["is_default"]


def test_routes_say_where_they_lead_and_whether_they_still_do(aws, collect):
    ec2, vpc, _subnet = make_network(aws)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)

    [row] = [row for row in collect("ec2.describe_route_tables").rows if row["id"] == table]

    assert {"to": "0.0.0.0/0", "via": gateway, "works": True} in row["routes"]


def test_edges_that_moto_knows_are_told_with_what_they_belong_to(aws, collect):
    ec2, vpc, _subnet = make_network(aws)
    ec2.create_egress_only_internet_gateway(VpcId=vpc)
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway")
    aws.client("logs").create_log_group(logGroupName="flow")
    ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="cloud-watch-logs",
        LogGroupName="flow", DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow",
    )  # fmt: skip

    assert [row["vpcs"] for row in collect("ec2.describe_egress_only_internet_gateways").rows] == [[vpc]]
    [endpoint] = collect("ec2.describe_vpc_endpoints").rows
    assert (endpoint["vpc"], endpoint["kind"], endpoint["state"]) == (vpc, "Gateway", "available")
    [log] = collect("ec2.describe_flow_logs").rows
    assert (log["of"], log["active"], log["delivered"]) == (vpc, True, True)


def test_a_line_to_an_office_is_told_without_the_keys_of_its_ends(aws, collect):
    ec2 = aws.client("ec2")
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    customer = ec2.create_customer_gateway(Type="ipsec.1", BgpAsn=65000, PublicIp="203.0.113.1")["CustomerGateway"]
    ec2.create_vpn_connection(
        Type="ipsec.1", CustomerGatewayId=customer["CustomerGatewayId"], VpnGatewayId=gateway
    )  # fmt: skip

    unit = collect("ec2.describe_vpn_connections")

    [row] = unit.rows
    assert row["gateway"] == gateway
    assert "pre_shared_key" not in str(unit.as_json())


@pytest.mark.parametrize(
    ("operation", "answers", "rows"),
    [
        (
            "ec2.describe_vpc_block_public_access_options",
            {"DescribeVpcBlockPublicAccessOptions": {
                "VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "block-ingress"}}},
            [{"mode": "block-ingress"}],
        ),
        (
            "ec2.describe_vpc_block_public_access_exclusions",
            {"DescribeVpcBlockPublicAccessExclusions": {"VpcBlockPublicAccessExclusions": [
                {"ResourceArn": f"{PREFIX}:vpc/vpc-1", "InternetGatewayExclusionMode": "allow-egress",
                 "State": "create-complete"},
                {"ResourceArn": f"{PREFIX}:vpc/vpc-2", "InternetGatewayExclusionMode": "allow-egress",
                 "State": "delete-complete"}]}},
            [{"resource": f"{PREFIX}:vpc/vpc-1", "mode": "allow-egress"}],
        ),
        (
            "ec2.get_snapshot_block_public_access_state",
            {"GetSnapshotBlockPublicAccessState": {"State": "unblocked"}},
            [{"state": "unblocked"}],
        ),
    ],
)  # fmt: skip
def test_guards_of_a_region_are_told(aws, collect, operation, answers, rows):
    for name, result in answers.items():
        aws.answer("ec2", name, result)

    assert list(collect(operation).rows) == rows


def test_doors_are_told_with_where_they_stand(aws, collect):
    aws.answer("ec2", "DescribeInstanceConnectEndpoints", {"InstanceConnectEndpoints": [
        {"InstanceConnectEndpointId": "eice-1", "InstanceConnectEndpointArn": DOOR,
         "State": "create-complete", "VpcId": "vpc-1", "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1"],
         "PreserveClientIp": True, "Tags": [{"Key": "Name", "Value": "door"}]}]})  # fmt: skip
    aws.answer("ec2", "DescribeClientVpnEndpoints", {"ClientVpnEndpoints": [
        {"ClientVpnEndpointId": "cvpn-endpoint-1", "Status": {"Code": "available"}, "VpcId": "vpc-1",
         "SecurityGroupIds": ["sg-2"]}]})  # fmt: skip
    aws.answer("ec2", "DescribeClientVpnTargetNetworks", {"ClientVpnTargetNetworks": [
        {"TargetNetworkId": "subnet-1", "Status": {"Code": "associated"}},
        {"TargetNetworkId": "subnet-2", "Status": {"Code": "disassociated"}}]})  # fmt: skip
    aws.answer("ssm", "DescribeInstanceInformation", {"InstanceInformationList": [
        {"InstanceId": "i-1", "PingStatus": "Online", "PlatformType": "Linux", "PlatformName": "Amazon Linux",
         "PlatformVersion": "2023"},
        {"InstanceId": "i-2", "PingStatus": "ConnectionLost"}]})  # fmt: skip

    [door] = collect("ec2.describe_instance_connect_endpoints").rows
    assert (door["name"], door["ready"], door["keeps_client_ip"], door["groups"]) == ("door", True, True, ["sg-1"])
    [dial_in] = collect("ec2.describe_client_vpn_endpoints").rows
    assert (dial_in["subnets"], dial_in["groups"]) == (["subnet-1"], ["sg-2"])
    agents = collect("ssm.describe_instance_information").rows
    assert [(one["id"], one["online"]) for one in agents] == [("i-1", True), ("i-2", False)]
    assert agents[0]["system_version"] == "2023"


def test_only_snapshots_that_everybody_may_restore_are_public(aws, collect):
    ec2 = aws.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
    private, public = (ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2))
    ec2.modify_snapshot_attribute(
        SnapshotId=public, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
    )
    aws.clear_calls()

    rows = collect("ec2.describe_snapshots.public").rows

    assert [row["snapshot"] for row in rows] == [f"arn:aws:ec2:{REGION}::snapshot/{public}"]
    assert private not in str(rows)
    assert sum(aws.calls().values()) == 1


def test_an_image_of_our_own_says_whether_it_is_public(aws, collect):
    ec2 = aws.client("ec2")
    server = start(aws)
    private, public = (ec2.create_image(InstanceId=server, Name=name)["ImageId"] for name in ("old", "new"))
    ec2.modify_image_attribute(ImageId=public, LaunchPermission={"Add": [{"Group": "all"}]})

    rows = {row["id"]: row for row in collect("ec2.describe_images").rows}

    assert {identity: row["public"] for identity, row in rows.items()} == {private: False, public: True}
    assert rows[public]["arn"] == f"arn:aws:ec2:{REGION}::image/{public}"
    assert rows[public]["name"] == "new"


def test_an_instance_tells_each_of_its_interfaces(aws, collect):
    _ec2, _vpc, subnet = make_network(aws)
    start(aws, NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": True}])

    [row] = collect("ec2.describe_instances").rows

    [interface] = row["interfaces"]
    assert interface["subnet"] == subnet
    assert interface["public_ip"] == row["public_ip"] is not None
    assert row["private_ip"].startswith("10.9.0.")


def test_rules_whose_sources_are_groups_name_them(aws, collect):
    group = make_group(aws)
    aws.client("ec2").authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group}]}],
    )

    [row] = [row for row in collect("ec2.describe_security_groups").rows if row["id"] == group]

    assert [one["groups"] for one in row["ingress"]] == [[group]]


def test_a_database_tells_its_port_groups_and_subnets(aws, collect):
    _ec2, vpc, subnet = make_network(aws)
    rds = aws.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=[subnet])
    rds.create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t3.micro", Engine="postgres", DBSubnetGroupName="data",
        PubliclyAccessible=True, VpcSecurityGroupIds=["sg-1"], AllocatedStorage=20,
    )  # fmt: skip

    [row] = collect("rds.describe_db_instances").rows

    assert row["public"]
    assert row["network"]["vpc"] == vpc
    assert row["port"] == 5432
    assert row["network"]["groups"] == ["sg-1"]
    assert [one["id"] for one in row["network"]["subnets"]] == [subnet]


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("ec2.describe_network_acls", "ec2:DescribeNetworkAcls"),
        ("ec2.describe_flow_logs", "ec2:DescribeFlowLogs"),
        ("ec2.describe_images", "ec2:DescribeImages"),
        ("ec2.describe_snapshots.public", "ec2:DescribeSnapshots"),
        ("ec2.describe_instance_connect_endpoints", "ec2:DescribeInstanceConnectEndpoints"),
        ("ssm.describe_instance_information", "ssm:DescribeInstanceInformation"),
        ("ec2.describe_vpc_block_public_access_options", "ec2:DescribeVpcBlockPublicAccessOptions"),
    ],
)
def test_what_is_denied_names_the_action(aws, collect, operation, action):
    aws.set_faults(Faults(deny=(Deny(action),)))

    unit = collect(operation)

    assert (unit.ending, unit.iam_action, unit.denied_by) == (Ending.DENIED, action, "identity policy")


@pytest.mark.parametrize("operation", ["ec2.describe_instance_connect_endpoints", "ssm.describe_instance_information"])
def test_what_an_emulator_lacks_is_unsupported(aws, collect, operation):
    assert collect(operation).ending is Ending.UNSUPPORTED
