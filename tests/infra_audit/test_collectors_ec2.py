import base64
import gzip
import random
import string
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from demo.emulator import Deny, Faults
from infra_audit.inventory import Ending
from infra_audit.secrets.packed import UNPACKED_LIMIT, parts
from tests.infra_audit.conftest import REGION

USER_DATA = "ec2.describe_instance_attribute"


def a_password():
    """Looks like one, differs from run to run never, stands in no file."""
    return "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=24))


def a_script(secret):
    return "\n".join(["#!/bin/sh", "set -e", f"export DB_{'PASS'}{'WORD'}={secret}", "systemctl start shop"])


def start(aws, user_data=b"", tags=None, **more):
    if tags:
        more["TagSpecifications"] = [
            {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ]
    made = aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, UserData=user_data, **more)
    return made["Instances"][0]["InstanceId"]


def test_an_instance_is_told_with_what_matters(aws, collect):
    iam = aws.client("iam")
    iam.create_instance_profile(InstanceProfileName="web")
    made = start(aws, tags={"Name": "web-1", "Environment": "prod"}, IamInstanceProfile={"Name": "web"}, KeyName="ops")

    [row] = collect("ec2.describe_instances").rows

    assert row["arn"] == f"arn:aws:ec2:{REGION}:123456789012:instance/{made}"
    assert (row["name"], row["tags"]["Environment"], row["key_name"]) == ("web-1", "prod", "ops")
    assert row["profile"] == "arn:aws:iam::123456789012:instance-profile/web"
    assert row["created_at"] <= row["launched_at"]


def test_an_instance_that_is_gone_is_not_there(aws, collect):
    aws.client("ec2").terminate_instances(InstanceIds=[start(aws)])

    assert not collect("ec2.describe_instances").rows


def test_a_credential_in_user_data_is_told_without_its_value(aws, collect):
    secret = a_password()
    start(aws, a_script(secret))

    unit = collect(USER_DATA)

    [row] = unit.rows
    assert row["has_user_data"]
    assert row["detections"][0]["line"] == 3
    assert row["detections"][0]["fingerprint"]
    assert secret not in str(unit.as_json())


def test_clean_and_missing_user_data_have_no_detections(aws, collect):
    start(aws, "#!/bin/sh\nsystemctl start shop\n")
    start(aws)

    rows = collect(USER_DATA).rows

    assert [row["detections"] for row in rows] == [[], []]
    assert {row["has_user_data"] for row in rows} == {True, False}


@pytest.mark.parametrize("about", ["plain", "gzip", "base64", "multipart", "multipart of gzip"])
def test_however_a_script_is_packed_it_is_unpacked(aws, collect, about):
    secret = a_password()
    start(aws, packed(a_script(secret).encode(), about))

    [row] = collect(USER_DATA).rows

    assert len(row["detections"]) == 1


def packed(script, how):
    if how == "gzip":
        return gzip.compress(script)
    if how == "base64":
        return base64.b64encode(script)
    if how.startswith("multipart"):
        message = MIMEMultipart()
        message.attach(MIMEText("#cloud-config\npackages: [nginx]\n", "cloud-config"))
        body = MIMEText("", "x-shellscript")
        body.set_payload(base64.encodebytes(gzip.compress(script) if "gzip" in how else script))
        del body["Content-Transfer-Encoding"]
        body["Content-Transfer-Encoding"] = "base64"
        message.attach(body)
        return message.as_bytes()
    return script


def test_a_gzip_bomb_is_unpacked_to_a_limit():
    bomb = gzip.compress(b"a" * (UNPACKED_LIMIT * 8))

    assert sum(len(part.data) for part in parts(bomb)) < UNPACKED_LIMIT + 100_000


def test_a_broken_gzip_gives_what_came_before_the_break():
    whole = gzip.compress(random.Random(1).randbytes(200_000), 0)

    assert 0 < sum(len(part.data) for part in parts(whole[:150_000])) < 200_000


def test_gzip_in_gzip_in_gzip_ends():
    data = b"#!/bin/sh\n"
    for _ in range(40):
        data = gzip.compress(data)

    assert list(parts(data)) == []


def test_user_data_that_may_not_be_read_names_the_instance(aws, collect):
    kept, refused = start(aws), start(aws)
    aws.set_faults(Faults(deny=(Deny("ec2:DescribeInstanceAttribute", about=refused),)))

    unit = collect(USER_DATA)

    assert unit.ending is Ending.PARTIAL
    assert [row["arn"].endswith(kept) for row in unit.rows] == [True]
    assert unit.unread[0].resource.endswith(refused)
    assert unit.unread[0].iam_action == "ec2:DescribeInstanceAttribute"


@pytest.mark.parametrize(("denied", "calls"), [((), 0), ((Deny("ec2:DescribeLaunchTemplateVersions"),), 1)])
def test_a_group_s_servers_are_known_from_their_template_and_else_read_once(aws, collect, denied, calls):
    template = a_group(aws, a_script(a_password()))
    aws.clear_calls()
    aws.set_faults(Faults(deny=denied))

    unit = collect(USER_DATA)

    assert unit.ending is Ending.OK
    assert [len(row["detections"]) for row in unit.rows] == [1, 1, 1]
    assert {row["template"] for row in unit.rows} == {None if denied else template}
    assert aws.calls()["ec2", REGION, "DescribeInstanceAttribute"] == calls


def a_group(aws, script):
    """Three servers of one group and template, tagged as AWS does; the template's ARN."""
    ec2, scaling = aws.client("ec2"), aws.client("autoscaling")
    ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={
            "ImageId": "ami-1",
            "InstanceType": "t3.small",
            "UserData": base64.b64encode(script.encode()).decode(),
        },
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        MinSize=3,
        MaxSize=3,
        AvailabilityZones=[f"{REGION}a"],
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "1"},
    )
    template = ec2.describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
    ids = [i["InstanceId"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    ec2.create_tags(
        Resources=ids,
        Tags=[
            {"Key": "aws:ec2launchtemplate:id", "Value": template},
            {"Key": "aws:ec2launchtemplate:version", "Value": "1"},
        ],
    )
    return f"arn:aws:ec2:{REGION}:123456789012:launch-template/{template}"


def test_a_volume_that_ends_with_its_server_says_so(aws, collect):
    ec2 = aws.client("ec2")
    server = start(aws)
    alone = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]

    rows = {row["id"]: row for row in collect("ec2.describe_volumes").rows}

    assert rows[alone]["attached_to"] == []
    assert [row["attached_to"] for row in rows.values() if row["attached_to"]] == [[server]]


def test_only_own_snapshots_are_listed_under_arns_without_an_account(aws, collect):
    ec2 = aws.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]

    [row] = collect("ec2.describe_snapshots").rows

    assert row["arn"] == f"arn:aws:ec2:{REGION}::snapshot/{snapshot}"


def make_group(aws, *permissions):
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(permissions))
    return group


def test_rules_of_both_families_are_told(aws, collect):
    group = make_group(
        aws,
        {
            "IpProtocol": "tcp",
            "FromPort": 20,
            "ToPort": 25,
            "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        },
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "192.0.2.0/24"}]},
    )

    [row] = [row for row in collect("ec2.describe_security_groups").rows if row["id"] == group]

    assert sorted(row["ingress"], key=str) == sorted(
        [
            {
                "protocol": "tcp",
                "from_port": 20,
                "to_port": 25,
                "cidrs": ["10.0.0.0/8", "::/0"],
                "prefix_lists": [],
                "groups": [],
            },
            {
                "protocol": "-1",
                "from_port": None,
                "to_port": None,
                "cidrs": ["192.0.2.0/24"],
                "prefix_lists": [],
                "groups": [],
            },
        ],
        key=str,
    )


def test_the_entries_of_our_own_prefix_lists_are_read_and_aws_s_are_not_asked_for(aws, collect):
    aws.client("ec2").create_managed_prefix_list(
        PrefixListName="office", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "192.0.2.0/24"}]
    )
    aws.clear_calls()

    rows = collect("ec2.get_managed_prefix_list_entries").rows

    assert [row["cidrs"] for row in rows if row["name"] == "office"] == [["192.0.2.0/24"]]
    assert any(row["by_aws"] for row in rows)
    assert aws.calls()["ec2", REGION, "GetManagedPrefixListEntries"] == 1


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("ec2.describe_vpcs", "ec2:vpc"),
        ("ec2.describe_subnets", "ec2:subnet"),
        ("ec2.describe_route_tables", "ec2:route-table"),
        ("ec2.describe_security_groups", "ec2:security-group"),
    ],
)
def test_what_came_with_the_account_is_listed_as_what_it_is(collect, operation, kind):
    unit = collect(operation)

    assert unit.rows
    for row in unit.rows:
        assert row["type"] == kind
        assert row["arn"].startswith(f"arn:aws:ec2:{REGION}:123456789012:{kind.partition(':')[2]}/")
        assert row["tags"] == {}


def test_networks_that_were_made_are_told_from_the_default_one(aws, collect):
    aws.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")

    assert {row["cidr"]: row["is_default"] for row in collect("ec2.describe_vpcs").rows} == {
        "172.31.0.0/16": True,
        "10.9.0.0/16": False,
    }


def test_gateways_and_addresses_are_told_with_what_they_serve(aws, collect):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]

    assert [row["vpcs"] for row in collect("ec2.describe_internet_gateways").rows if row["id"] == gateway] == [[vpc]]
    assert [(row["id"], row["subnet"]) for row in collect("ec2.describe_nat_gateways").rows] == [(nat, subnet)]
    assert [row["id"] for row in collect("ec2.describe_addresses").rows] == [address]


def test_templates_and_key_pairs_keep_their_own_names(aws, collect):
    ec2 = aws.client("ec2")
    ec2.create_key_pair(KeyName="ops")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t3.small"})

    assert [row["name"] for row in collect("ec2.describe_key_pairs").rows] == ["ops"]
    assert [row["name"] for row in collect("ec2.describe_launch_templates").rows] == ["web"]


def test_a_network_interface_says_which_groups_it_carries(aws, collect):
    group = make_group(
        aws, {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    )
    start(aws, SecurityGroupIds=[group])

    [row] = collect("ec2.describe_network_interfaces").rows

    assert row["groups"] == [group]
    assert row["in_use"]
