"""Who gets where: doors for people, records of traffic, what is shared with the world, databases in public subnets."""

from typing import Any

from demo.ledger import (
    BY_HAND,
    DERIVED,
    IRELAND,
    STATE,
    VIRGINIA,
    Ledger,
    StateEntry,
    arn,
    pairs,
    specified,
    tagged,
)
from demo.seeding.databases import DATABASES
from demo.seeding.machines import IMAGE
from demo.seeding.network import WORLD, Networks

STOREFRONT = tagged("prod", "storefront", "hp-store")
PARTNER = tagged("prod", "warehouse", "hp-partner")


def seed_exposure(ledger: Ledger, networks: Networks) -> None:
    """After machines and databases, which it exposes."""
    partner = _partner_network(ledger)
    _forgotten_trial(ledger)
    _doors(ledger, partner)
    _records_of_traffic(ledger, networks)
    _public_databases(ledger, networks)
    _private_databases(ledger, networks)
    _shared_with_the_world(ledger)
    for name in ("prod", "tools"):
        ledger.plant("vpc_flow_logs_off", arn("ec2", IRELAND, f"vpc/{networks.vpcs[name]}"), IRELAND)
    ledger.plant("vpc_flow_logs_off", arn("ec2", VIRGINIA, f"vpc/{networks.vpcs['staging']}"), VIRGINIA)


def _partner_network(ledger: Ledger) -> dict[str, str]:
    """One zone, one server for a partner's files: its firewall lets everybody sign in, the access list does not."""
    ec2 = ledger.aws("ec2", IRELAND, age_days=330)

    def keep(kind: str, found: str) -> str:
        return ledger.add(arn("ec2", IRELAND, f"{kind}/{found}"), f"ec2:{kind}", IRELAND, PARTNER, BY_HAND)

    vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16", TagSpecifications=specified("vpc", PARTNER))["Vpc"]["VpcId"]
    made = keep("vpc", vpc)
    ledger.plant("vpc_single_az", made, IRELAND)
    ledger.plant("vpc_flow_logs_off", made, IRELAND)
    subnet = ec2.create_subnet(
        VpcId=vpc,
        CidrBlock="10.60.0.0/24",
        AvailabilityZone=f"{IRELAND}a",
        TagSpecifications=specified("subnet", PARTNER),
    )["Subnet"]["SubnetId"]
    keep("subnet", subnet)
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    gateway = ec2.create_internet_gateway(TagSpecifications=specified("internet-gateway", PARTNER))["InternetGateway"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway["InternetGatewayId"])
    keep("internet-gateway", gateway["InternetGatewayId"])
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=specified("route-table", PARTNER))["RouteTable"]
    keep("route-table", table["RouteTableId"])
    ec2.create_route(
        RouteTableId=table["RouteTableId"], DestinationCidrBlock=WORLD, GatewayId=gateway["InternetGatewayId"]
    )
    ec2.associate_route_table(RouteTableId=table["RouteTableId"], SubnetId=subnet)
    keep("network-acl", _no_sign_in(ec2, vpc, subnet))
    group = _sign_in_group(ledger, vpc, "hp-partner-files")
    found = _server(ledger, IRELAND, subnet, group, PARTNER, ("ec2_public_ip",))
    ledger.instances["partner-files"] = found
    return {"vpc": vpc, "subnet": subnet, "group": group}


def _no_sign_in(ec2: Any, vpc: str, subnet: str) -> str:
    """An access list that refuses port 22 and takes everything else."""
    acl = ec2.create_network_acl(VpcId=vpc, TagSpecifications=specified("network-acl", PARTNER))["NetworkAcl"]
    for number, protocol, action, out in (
        (90, "6", "deny", False),
        (100, "-1", "allow", False),
        (100, "-1", "allow", True),
    ):
        ec2.create_network_acl_entry(
            NetworkAclId=acl["NetworkAclId"],
            RuleNumber=number,
            Protocol=protocol,
            RuleAction=action,
            Egress=out,
            CidrBlock=WORLD,
            **({"PortRange": {"From": 22, "To": 22}} if protocol == "6" else {}),
        )
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    held = ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["Associations"]
    association = next(one["NetworkAclAssociationId"] for one in held if one["SubnetId"] == subnet)
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl["NetworkAclId"])
    return str(acl["NetworkAclId"])


def _sign_in_group(ledger: Ledger, vpc: str, name: str) -> str:
    ec2 = ledger.aws("ec2", IRELAND, age_days=330)
    group: str = ec2.create_security_group(
        GroupName=name, Description="files for a partner", VpcId=vpc,
        TagSpecifications=specified("security-group", PARTNER),
    )["GroupId"]  # fmt: skip
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": WORLD}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    made = ledger.add(arn("ec2", IRELAND, f"security-group/{group}"), "ec2:security-group", IRELAND, PARTNER, BY_HAND)
    ledger.plant("sg_ssh_open", made, IRELAND)
    return group


def _forgotten_trial(ledger: Ledger) -> None:
    """Somebody tried something out in Virginia without choosing a network: nobody gets in, and nobody knows."""
    ec2 = ledger.aws("ec2", VIRGINIA, age_days=610)
    default = [{"Name": "is-default", "Values": ["true"]}]
    vpc = ec2.describe_vpcs(Filters=default)["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    subnet = min(subnets, key=lambda one: str(one["AvailabilityZone"]))["SubnetId"]
    _server(ledger, VIRGINIA, subnet, "", {"Name": "trial"}, ("ec2_public_ip", "no_access_path"))
    for check in ("default_vpc_in_use", "vpc_flow_logs_off"):
        ledger.plant(check, arn("ec2", VIRGINIA, f"vpc/{vpc}"), VIRGINIA)


def _server(ledger: Ledger, region: str, subnet: str, group: str, tags: dict[str, str], checks: tuple[str, ...]) -> str:
    ec2 = ledger.aws("ec2", region, age_days=300)
    given: dict[str, Any] = {"SecurityGroupIds": [group]} if group else {}
    if region == IRELAND:
        given["KeyName"] = "hp-ops"
    found = ec2.run_instances(
        ImageId=IMAGE, InstanceType="t3.small", MinCount=1, MaxCount=1, SubnetId=subnet,
        TagSpecifications=specified("instance", tags), **given,
    )["Instances"][0]  # fmt: skip
    made = ledger.add(arn("ec2", region, f"instance/{found['InstanceId']}"), "ec2:instance", region, tags, BY_HAND)
    for check in (*checks, "ec2_no_instance_profile", "ec2_imdsv1", "asg_missing"):
        ledger.plant(check, made, region)
    disk = arn("ec2", region, f"volume/{found['BlockDeviceMappings'][0]['Ebs']['VolumeId']}")
    ledger.plant("ebs_unencrypted", ledger.add(disk, "ec2:volume", region, {}, DERIVED), region)
    return str(found["InstanceId"])


def _doors(ledger: Ledger, partner: dict[str, str]) -> None:
    """The fleets answer Session Manager, the partner's server has a door of its own; moto knows neither."""
    fleets = {IRELAND: ("web-", "worker-"), VIRGINIA: ("store-web-",)}
    for region, names in fleets.items():
        agents = [
            {"InstanceId": found, "PingStatus": "Online", "PlatformType": "Linux", "PlatformName": "Amazon Linux",
             "PlatformVersion": "2023"}
            for name, found in ledger.instances.items() if name.startswith(names)
        ]  # fmt: skip
        ledger.answer("ssm", "DescribeInstanceInformation", {"InstanceInformationList": agents}, region)
        off = {"VpcBlockPublicAccessOptions": {"State": "default-state", "InternetGatewayBlockMode": "off"}}
        ledger.answer("ec2", "DescribeVpcBlockPublicAccessOptions", off, region)
        ledger.answer("ec2", "DescribeVpcBlockPublicAccessExclusions", {"VpcBlockPublicAccessExclusions": []}, region)
        ledger.answer("ec2", "DescribeClientVpnEndpoints", {"ClientVpnEndpoints": []}, region)
    ledger.answer("ec2", "DescribeInstanceConnectEndpoints", {"InstanceConnectEndpoints": []}, VIRGINIA)
    door = arn("ec2", IRELAND, "instance-connect-endpoint/eice-0c1d2e3f405162738")
    endpoint = {
        "InstanceConnectEndpointArn": ledger.add(door, "ec2:instance-connect-endpoint", IRELAND, PARTNER, BY_HAND),
        "InstanceConnectEndpointId": door.rpartition("/")[2],
        "State": "create-complete",
        "VpcId": partner["vpc"],
        "SubnetId": partner["subnet"],
        "AvailabilityZone": f"{IRELAND}a",
        "SecurityGroupIds": [partner["group"]],
        "PreserveClientIp": False,
        "Tags": pairs(PARTNER),
    }
    ledger.answer("ec2", "DescribeInstanceConnectEndpoints", {"InstanceConnectEndpoints": [endpoint]}, IRELAND)


def _records_of_traffic(ledger: Ledger, networks: Networks) -> None:
    """The American storefront's network alone keeps one."""
    ec2 = ledger.aws("ec2", VIRGINIA, age_days=500)
    found = ec2.create_flow_logs(
        ResourceIds=[networks.vpcs["store"]], ResourceType="VPC", TrafficType="REJECT", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::hp-logs", TagSpecifications=specified("vpc-flow-log", STOREFRONT),
    )["FlowLogIds"][0]  # fmt: skip
    made = ledger.add(arn("ec2", VIRGINIA, f"vpc-flow-log/{found}"), "ec2:vpc-flow-log", VIRGINIA, STOREFRONT, STATE)
    ledger.put_in_state(StateEntry("aws_flow_log", "this", {"id": found, "arn": made}, "module.network"))


# Database, region, network, firewall group: whether the internet gets there follows from the group.
PUBLIC_DATABASES = (
    ("legacy-erp", IRELAND, "tools", "vendor-support", True),
    ("reports", IRELAND, "tools", "ping", False),
    ("orders-staging", VIRGINIA, "staging", "debug-all-ports", True),
)


def _public_databases(ledger: Ledger, networks: Networks) -> None:
    for name, region, network, group, reachable in PUBLIC_DATABASES:
        rds = ledger.aws("rds", region, age_days=200)
        subnets = [networks.subnets[f"{network}-{zone}"] for zone in "ab"]
        rds.create_db_subnet_group(
            DBSubnetGroupName=f"{network}-{name}", DBSubnetGroupDescription=network, SubnetIds=subnets
        )
        rds.modify_db_instance(
            DBInstanceIdentifier=name,
            DBSubnetGroupName=f"{network}-{name}",
            VpcSecurityGroupIds=[networks.groups[group]],
            PubliclyAccessible=True,
        )
        made = arn("rds", region, f"db:{name}")
        ledger.plant("rds_public_flag", made, region)
        if reachable:
            ledger.plant("rds_reachable_from_internet", made, region)


def _private_databases(ledger: Ledger, networks: Networks) -> None:
    """All others stand where they belong."""
    public = {name for name, *_where in PUBLIC_DATABASES}
    homes = {IRELAND: ("prod-data", "databases"), VIRGINIA: ("store-private", "store-internal")}
    for region, (subnets, group) in homes.items():
        rds = ledger.aws("rds", region, age_days=400)
        ids = [networks.subnets[f"{subnets}-{zone}"] for zone in "ab"]
        rds.create_db_subnet_group(DBSubnetGroupName=f"hp-{subnets}", DBSubnetGroupDescription=subnets, SubnetIds=ids)
        for one in DATABASES:
            if one.region == region and one.name not in public:
                rds.modify_db_instance(
                    DBInstanceIdentifier=one.name,
                    DBSubnetGroupName=f"hp-{subnets}",
                    VpcSecurityGroupIds=[networks.groups[group]],
                )


def _shared_with_the_world(ledger: Ledger) -> None:
    """A disk's copy and an image, each once too often shared; in Virginia the region's guard keeps one in."""
    for region, state in ((IRELAND, "unblocked"), (VIRGINIA, "block-all-sharing")):
        ledger.answer("ec2", "GetSnapshotBlockPublicAccessState", {"State": state}, region)
        ec2 = ledger.aws("ec2", region, age_days=90)
        copies = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
        shared = next(one["SnapshotId"] for one in copies if one["Description"].startswith(("erp-data", "staging-")))
        ec2.modify_snapshot_attribute(
            SnapshotId=shared, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
        )
        if state == "unblocked":
            ledger.plant("ebs_snapshot_public", f"arn:aws:ec2:{region}::snapshot/{shared}", region)
    for name, public in (("hp-web-2024", True), ("hp-web-2025", False)):
        _image(ledger, name, public=public)


def _image(ledger: Ledger, name: str, *, public: bool) -> None:
    ec2 = ledger.aws("ec2", IRELAND, age_days=270)
    tags = tagged("prod", "storefront")
    found = ec2.create_image(
        InstanceId=ledger.instances["web-1"], Name=name, TagSpecifications=specified("image", tags)
    )["ImageId"]
    made = ledger.add(f"arn:aws:ec2:{IRELAND}::image/{found}", "ec2:image", IRELAND, tags, DERIVED)
    disks = ec2.describe_images(ImageIds=[found])["Images"][0]["BlockDeviceMappings"]
    for disk in (one["Ebs"]["SnapshotId"] for one in disks if one.get("Ebs")):
        ledger.add(f"arn:aws:ec2:{IRELAND}::snapshot/{disk}", "ec2:snapshot", IRELAND, {}, DERIVED)
    if public:
        ec2.modify_image_attribute(ImageId=found, LaunchPermission={"Add": [{"Group": "all"}]})
        ledger.plant("ami_public", made, IRELAND)
