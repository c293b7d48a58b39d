"""Networks: one by a stack, one by Terraform, two by hand, and security groups that let in whom they should not."""

from dataclasses import dataclass, field
from typing import Any

from demo.ledger import (
    BY_HAND,
    IRELAND,
    STATE,
    VIRGINIA,
    Ledger,
    StateEntry,
    Tags,
    arn,
    specified,
    tagged,
)
from demo.seeding.stacks import Template, make_stack

GIVES_ADDRESSES = frozenset({"prod-public", "tools", "staging"})  # subnets that give each server a public one
WORLD, WORLD_V6, OFFICE = "0.0.0.0/0", "::/0", "203.0.113.0/24"


@dataclass
class Networks:
    """Ids of what other modules put things into."""

    subnets: dict[str, str] = field(default_factory=dict)
    vpcs: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """A security group. `open_ssh`: whether one of its rules opens port 22 to anybody on the internet; `opens`: the
    checks that look at other ports and must find it.
    """

    name: str
    vpc: str
    rules: tuple[dict[str, Any], ...]
    open_ssh: bool = False
    managed: str = BY_HAND
    tags: Tags = field(default_factory=dict)
    opens: tuple[str, ...] = ()


EVERYTHING = ("sg_all_open", "sg_rdp_open", "sg_database_port_open")


def rule(protocol: str, ports: tuple[int, int] | None = None, *, v4: str = "", v6: str = "") -> dict[str, Any]:
    """One inbound rule as EC2 takes it; no ports means all of them."""
    made: dict[str, Any] = {"IpProtocol": protocol}
    if ports:
        made |= {"FromPort": ports[0], "ToPort": ports[1]}
    if v4:
        made["IpRanges"] = [{"CidrIp": v4, "Description": "set up in a hurry" if v4 == WORLD else "known network"}]
    if v6:
        made["Ipv6Ranges"] = [{"CidrIpv6": v6}]
    return made


PLATFORM = tagged("prod", "platform")
GROUPS = (
    # Bad: the internet gets to port 22, each in a way of its own.
    Group("bastion", "prod", (rule("tcp", (22, 22), v4=WORLD),), True, STATE, PLATFORM),
    Group("bastion-v6", "prod", (rule("tcp", (22, 22), v6=WORLD_V6),), True, BY_HAND, PLATFORM),
    Group("legacy-erp", "tools", (rule("tcp", (20, 25), v4=WORLD),), True),
    Group("vendor-support", "tools", (rule("-1", v4=WORLD),), True, opens=EVERYTHING),
    Group("debug-all-ports", "staging", (rule("tcp", (0, 65535), v4=WORLD),), True, BY_HAND, tagged("staging"),
          EVERYTHING),
    Group("tmp-migration", "staging", (rule("tcp", (443, 443), v4=WORLD), rule("tcp", (22, 22), v4=WORLD)), True),
    # Good, some of them only just.
    Group("alb-public", "prod", (rule("tcp", (443, 443), v4=WORLD, v6=WORLD_V6),), False, STATE, PLATFORM),
    Group("worker", "prod", (rule("tcp", (22, 22), v4="10.20.0.0/16"),), False, STATE, PLATFORM),
    Group("office-ssh", "prod", (rule("tcp", (22, 22), v4=OFFICE),), False, STATE, PLATFORM),
    Group("databases", "prod", (rule("tcp", (5432, 5432), v4="10.20.0.0/16"),), False, STATE, PLATFORM),
    Group("ephemeral-ports", "prod", (rule("tcp", (1024, 65535), v4=WORLD),), False, BY_HAND, PLATFORM, EVERYTHING[1:]),
    Group("game-telemetry", "tools", (rule("udp", (22, 22), v4=WORLD),), False, BY_HAND, tagged("", "platform")),
    Group("ping", "tools", (rule("icmp", (-1, -1), v4=WORLD),)),
    Group("store-web", "store", (rule("tcp", (80, 80), v4=WORLD), rule("tcp", (443, 443), v4=WORLD)), False, STATE,
          tagged("prod", "storefront")),
    Group("store-internal", "store", (rule("-1", v4="10.40.0.0/16"),), False, STATE, tagged("prod", "storefront")),
    Group("staging-web", "staging", (rule("tcp", (443, 443), v4=OFFICE),)),
)  # fmt: skip
REGION_OF = {"prod": IRELAND, "tools": IRELAND, "store": VIRGINIA, "staging": VIRGINIA}


def seed_networks(ledger: Ledger) -> Networks:
    """Four networks in two regions, and the groups of all of them."""
    networks = Networks()
    _prod_by_stack(ledger, networks)
    _store_by_terraform(ledger, networks)
    _by_hand(ledger, networks, IRELAND, "tools", "10.30", tagged("", "", "tools"))
    _by_hand(ledger, networks, VIRGINIA, "staging", "10.50", {})
    for group in GROUPS:
        seed_group(ledger, networks, group)
    _spare_addresses(ledger)
    return networks


def _prod_by_stack(ledger: Ledger, networks: Networks) -> None:
    """Everything of the production network, as one CloudFormation stack."""
    template = Template()
    tags = tagged("prod", "platform", "hp-prod")
    vpc = template.add("Vpc", "AWS::EC2::VPC", tags, CidrBlock="10.20.0.0/16")
    gateway = template.add("Gateway", "AWS::EC2::InternetGateway", tags)
    template.add("Attachment", "AWS::EC2::VPCGatewayAttachment", VpcId=vpc, InternetGatewayId=gateway)
    tables = {
        tier: template.add(f"{tier.title()}Routes", "AWS::EC2::RouteTable", tags, VpcId=vpc)
        for tier in ("public", "app", "data")
    }
    for index, (tier, zone) in enumerate((tier, zone) for tier in tables for zone in "ab"):
        name = f"{tier.title()}{zone.upper()}"
        subnet = template.add(
            name,
            "AWS::EC2::Subnet",
            tagged("prod", "platform", f"hp-prod-{tier}-{zone}"),
            VpcId=vpc,
            CidrBlock=f"10.20.{index}.0/24",
            AvailabilityZone=f"{IRELAND}{zone}",
        )
        template.add(
            f"{name}Association",
            "AWS::EC2::SubnetRouteTableAssociation",
            SubnetId=subnet,
            RouteTableId=tables[tier],
        )
    address = template.add("NatAddress", "AWS::EC2::EIP", tags, Domain="vpc")
    allocation = {"Fn::GetAtt": [address["Ref"], "AllocationId"]}
    nat = template.add("Nat", "AWS::EC2::NatGateway", tags, SubnetId={"Ref": "PublicA"}, AllocationId=allocation)
    for tier, target in (("Public", {"GatewayId": gateway}), ("App", {"NatGatewayId": nat})):
        template.add(
            f"{tier}Out", "AWS::EC2::Route", RouteTableId={"Ref": f"{tier}Routes"}, DestinationCidrBlock=WORLD, **target
        )
    made = make_stack(ledger, "hp-prod-network", IRELAND, template, age_days=820)
    networks.vpcs["prod"] = made["Vpc"]
    _what_moto_leaves_out(ledger, made)
    ledger.plant("nat_single_point", arn("ec2", IRELAND, f"natgateway/{made['Nat']}"), IRELAND)  # zone b hangs on it
    networks.subnets |= {
        f"prod-{tier}-{zone}": made[f"{tier.title()}{zone.upper()}"] for tier in tables for zone in "ab"
    }


def _what_moto_leaves_out(ledger: Ledger, made: dict[str, str]) -> None:
    """Of the stack: which subnet takes which routes, and that public ones give addresses."""
    ec2 = ledger.aws("ec2", IRELAND, age_days=820)
    for tier in ("Public", "App", "Data"):
        for zone in "AB":
            ec2.associate_route_table(RouteTableId=made[f"{tier}Routes"], SubnetId=made[f"{tier}{zone}"])
    for zone in "AB":
        ec2.modify_subnet_attribute(SubnetId=made[f"Public{zone}"], MapPublicIpOnLaunch={"Value": True})


def _store_by_terraform(ledger: Ledger, networks: Networks) -> None:
    """The American storefront's network, as module.network of the platform's state."""
    ec2, tags = ledger.aws("ec2", VIRGINIA, age_days=540), tagged("prod", "storefront", "hp-store")

    def keep(kind: str, tf_type: str, name: str, found: str, key: str | int | None = None) -> str:
        made = ledger.add(arn("ec2", VIRGINIA, f"{kind}/{found}"), f"ec2:{kind}", VIRGINIA, tags, STATE)
        ledger.put_in_state(StateEntry(tf_type, name, {"id": found, "arn": made}, "module.network", key))
        return found

    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16", TagSpecifications=specified("vpc", tags))["Vpc"]["VpcId"]
    networks.vpcs["store"] = keep("vpc", "aws_vpc", "this", vpc)
    for index, (tier, zone) in enumerate((tier, zone) for tier in ("public", "private") for zone in "ab"):
        subnet = ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.40.{index}.0/24",
            AvailabilityZone=f"{VIRGINIA}{zone}",
            TagSpecifications=specified("subnet", tags),
        )["Subnet"]["SubnetId"]
        networks.subnets[f"store-{tier}-{zone}"] = keep("subnet", "aws_subnet", tier, subnet, f"{VIRGINIA}{zone}")
    gateway = ec2.create_internet_gateway(TagSpecifications=specified("internet-gateway", tags))["InternetGateway"][
        "InternetGatewayId"
    ]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    keep("internet-gateway", "aws_internet_gateway", "this", gateway)

    def route(name: str, subnets: list[str], key: int | None = None, **target: str) -> None:
        table = ec2.create_route_table(VpcId=vpc, TagSpecifications=specified("route-table", tags))["RouteTable"]
        found = keep("route-table", "aws_route_table", name, table["RouteTableId"], key)
        ec2.create_route(RouteTableId=found, DestinationCidrBlock=WORLD, **target)
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=found, SubnetId=networks.subnets[subnet])

    route("public", ["store-public-a", "store-public-b"], GatewayId=gateway)
    for index, zone in enumerate("ab"):
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=specified("elastic-ip", tags))["AllocationId"]
        nat = ec2.create_nat_gateway(
            SubnetId=networks.subnets[f"store-public-{zone}"],
            AllocationId=keep("elastic-ip", "aws_eip", "nat", address, index),
            TagSpecifications=specified("natgateway", tags),
        )["NatGateway"]["NatGatewayId"]
        keep("natgateway", "aws_nat_gateway", "this", nat, index)
        route("private", [f"store-private-{zone}"], index, NatGatewayId=nat)


def _by_hand(ledger: Ledger, networks: Networks, region: str, name: str, prefix: str, tags: Tags) -> None:
    """A network that somebody clicked together: in no code, hardly tagged."""
    ec2 = ledger.aws("ec2", region, age_days=1300)
    vpc = ec2.create_vpc(CidrBlock=f"{prefix}.0.0/16", TagSpecifications=specified("vpc", tags))["Vpc"]["VpcId"]
    networks.vpcs[name] = vpc
    ledger.add(arn("ec2", region, f"vpc/{vpc}"), "ec2:vpc", region, tags)
    for index, zone in enumerate("ab"):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"{prefix}.{index}.0/24", AvailabilityZone=f"{region}{zone}")[
            "Subnet"
        ]["SubnetId"]
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        networks.subnets[f"{name}-{zone}"] = subnet
        ledger.add(arn("ec2", region, f"subnet/{subnet}"), "ec2:subnet", region, {})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    ledger.add(arn("ec2", region, f"internet-gateway/{gateway}"), "ec2:internet-gateway", region, {})
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=WORLD, GatewayId=gateway)
    for zone in "ab":
        ec2.associate_route_table(RouteTableId=table, SubnetId=networks.subnets[f"{name}-{zone}"])
    ledger.add(arn("ec2", region, f"route-table/{table}"), "ec2:route-table", region, {})


def seed_group(ledger: Ledger, networks: Networks, group: Group) -> None:
    region = REGION_OF[group.vpc]
    ec2 = ledger.aws("ec2", region, age_days=300)
    found = ec2.create_security_group(
        GroupName=f"hp-{group.name}",
        Description=group.name.replace("-", " "),
        VpcId=networks.vpcs[group.vpc],
        TagSpecifications=specified("security-group", group.tags),
    )["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=found, IpPermissions=list(group.rules))
    networks.groups[group.name] = found
    made = ledger.add(
        arn("ec2", region, f"security-group/{found}"), "ec2:security-group", region, group.tags, group.managed
    )
    if group.managed == STATE:
        name = group.name.replace("-", "_")
        ledger.put_in_state(
            StateEntry("aws_security_group", name, {"id": found, "arn": made, "name": f"hp-{group.name}"})
        )
        ledger.put_in_state(StateEntry("aws_security_group_rule", name, {"id": "sgrule-1", "security_group_id": found}))
    if group.open_ssh:
        ledger.plant("sg_ssh_open", made, region)
    for check in group.opens:
        ledger.plant(check, made, region)


def _spare_addresses(ledger: Ledger) -> None:
    """Two addresses that nothing uses any more."""
    for region in (IRELAND, VIRGINIA):
        found = ledger.aws("ec2", region, age_days=700).allocate_address(Domain="vpc")["AllocationId"]
        made = ledger.add(arn("ec2", region, f"elastic-ip/{found}"), "ec2:elastic-ip", region, {})
        ledger.plant("stale_resources", made, region)
