"""Instances, their disks, and what somebody wrote into their user data."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

from demo.credentials import Credentials
from demo.ledger import (
    ACCOUNT,
    BY_HAND,
    DERIVED,
    IRELAND,
    STATE,
    VIRGINIA,
    Ledger,
    StateEntry,
    Tags,
    arn,
    pairs,
    specified,
    tagged,
)
from demo.seeding.network import GIVES_ADDRESSES, Networks

IMAGE = "ami-0a1b2c3d4e5f60718"  # nobody has it any more
MODERN = "al2023-ami-2023.6.20250107.0-kernel-6.1-x86_64"
XENIAL = "ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-server-20210928"
STOPPED_TOO_LONG_DAYS = 30
EVERYBODYS_KEY = "hp-ops"
UserData = Callable[[Credentials], str | bytes]


def clean(_: Credentials) -> str:
    """Nothing secret, though much of it is named as if it were."""
    return """#!/bin/bash
set -euo pipefail
yum install -y nginx
export APP_ENV=prod
export DB_PASSWORD_FILE=/run/secrets/db-password
export DB_PASSWORD=$(aws ssm get-parameter --name /hp/prod/db --with-decryption --query Parameter.Value)
export API_KEY="${API_KEY}"
export SECRET_ARN=arn:aws:secretsmanager:eu-west-1:123456789012:secret:hp/prod/api-AbCdEf
export TOKEN_URL=https://auth.harbourandpine.example/oauth/token
export RELEASE=5b0f5a0e-8e6f-4c1c-9d55-2f6b5b8a4f10
export ADMIN_PASSWORD=changeme
systemctl enable --now nginx
"""


def database_password(credentials: Credentials) -> str:
    return f"""#!/bin/bash
export DB_HOST=legacy-erp.internal
export DB_USER=erp
export DB_PASSWORD={credentials.password(22)}
/opt/erp/start.sh
"""


def aws_keys(credentials: Credentials) -> str:
    key_id, secret = credentials.aws_pair(ACCOUNT)
    return f"""#!/bin/bash
mkdir -p /root/.aws
cat > /root/.aws/credentials <<END
[default]
aws_access_key_id = {key_id}
aws_secret_access_key = {secret}
END
aws s3 sync s3://hp-feeds /srv/feeds
"""


def packed_url(credentials: Credentials) -> bytes:
    """gzip, as cloud-init takes it."""
    url = credentials.database_url("orders", "orders-staging.internal", "orders")
    return gzip.compress(f"#!/bin/bash\nDATABASE_URL={url} /opt/orders/worker\n".encode(), mtime=0)


def in_parts(credentials: Credentials) -> str:
    """A MIME message of several parts, the second of which carries a token."""
    message = MIMEMultipart(boundary="==HARBOUR==")
    message.attach(MIMEText("#cloud-config\npackages: [git]\n", "cloud-config"))
    login = f"x-access-token:{credentials.github_token()}"
    script = f"#!/bin/bash\ngit clone https://{login}@github.com/harbour-pine/ci.git\n"
    message.attach(MIMEText(script, "x-shellscript"))
    return message.as_string()


@dataclass(frozen=True)
class Machine:
    """One instance. `secret`: its user data holds a credential; `end`: what became of it."""

    name: str
    subnet: str
    group: str
    region: str = IRELAND
    profile: str = ""
    user_data: UserData | None = None
    secret: bool = False
    managed: str = BY_HAND
    tags: Tags = field(default_factory=dict)
    disk_tags: Tags = field(default_factory=dict)
    age_days: int = 200
    end: str = ""
    image: str = MODERN
    asks_token: bool = False
    also: tuple[str, ...] = ()

    @property
    def truth(self) -> Iterator[str]:
        """The checks that must find it."""
        yield from self.also
        told = {
            "ec2_no_instance_profile": not self.profile,
            "ec2_secret_in_user_data": self.secret,
            "os_unsupported": self.image == XENIAL,
            "stale_resources": self.end == "stopped" and self.age_days > STOPPED_TOO_LONG_DAYS,
            "ec2_imdsv1": not self.asks_token,
            "asg_missing": self.end != "stopped",
            "ec2_public_ip": self.subnet[:-2] in GIVES_ADDRESSES and self.end != "stopped",
        }
        yield from (check for check, bad in told.items() if bad)


def _fleet(name: str, count: int, **common: Any) -> tuple[Machine, ...]:
    subnet, region = common.pop("subnet"), common.get("region", IRELAND)
    zones = "ab"
    return tuple(
        Machine(f"{name}-{number + 1}", f"{subnet}-{zones[number % 2]}", **{**common, "region": region})
        for number in range(count)
    )


EXPOSED = ("ec2_reachable_ssh", "no_access_path")  # in, for anybody, and in no other way
WEB, WORKER = tagged("prod", "storefront"), tagged("prod", "orders")
MACHINES = (
    *_fleet("web", 6, subnet="prod-public", group="alb-public", profile="hp-web", user_data=clean, managed=STATE,
            tags=WEB, disk_tags=WEB, asks_token=True),
    *_fleet("worker", 6, subnet="prod-app", group="worker", profile="hp-worker", managed=STATE, tags=WORKER),
    *_fleet("store-web", 4, subnet="store-public", group="store-web", region=VIRGINIA, profile="hp-web",
            user_data=clean, managed=STATE, tags=WEB, disk_tags=WEB, asks_token=True),
    Machine("bastion", "prod-public-a", "bastion", tags=tagged("prod", "platform", "bastion"), age_days=900,
            also=EXPOSED),
    Machine("batch-1", "prod-app-a", "worker", user_data=aws_keys, secret=True, tags=WORKER, age_days=510),
    Machine("legacy-erp", "tools-a", "legacy-erp", user_data=database_password, secret=True, age_days=1400,
            image=XENIAL, also=EXPOSED),
    Machine("build", "tools-a", "vendor-support", user_data=in_parts, secret=True, tags={"Name": "build"},
            also=EXPOSED),
    Machine("reporting", "tools-b", "ping", user_data=clean, tags={"Name": "reporting"}, end="stopped"),
    Machine("staging-web", "staging-a", "staging-web", VIRGINIA, user_data=clean, tags=tagged("staging", "storefront"),
            also=("no_access_path",)),
    Machine("staging-worker", "staging-b", "debug-all-ports", VIRGINIA, user_data=packed_url, secret=True,
            also=EXPOSED),
    Machine("load-test", "staging-b", "tmp-migration", VIRGINIA, end="terminated"),
)  # fmt: skip


def seed_machines(ledger: Ledger, networks: Networks) -> None:
    """Instances with their root disks, then disks and snapshots of their own."""
    fleets: dict[str, int] = {}
    images = {key: _image(ledger, *key) for key in sorted({(one.region, one.image) for one in MACHINES})}
    for one in MACHINES:
        seed_machine(ledger, networks, one, fleets, images[one.region, one.image])
    _disks(ledger)
    _templates(ledger)
    _group(ledger, networks)


def _image(ledger: Ledger, region: str, name: str) -> str:
    """The company's own copy of a maker's image, with the snapshot behind it."""
    ec2 = ledger.aws("ec2", region, age_days=1400)
    made = str(ec2.register_image(Name=name, Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"])
    tags = tagged("prod", "platform")
    behind = ec2.describe_images(ImageIds=[made])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    ec2.create_tags(Resources=[made, behind], Tags=pairs(tags))
    ledger.add(f"arn:aws:ec2:{region}::snapshot/{behind}", "ec2:snapshot", region, tags, DERIVED)
    ledger.add(f"arn:aws:ec2:{region}::image/{made}", "ec2:image", region, tags, DERIVED)
    return made


def seed_machine(ledger: Ledger, networks: Networks, one: Machine, fleets: dict[str, int], image: str) -> None:
    """`fleets` counts what Terraform keeps of each."""
    ec2 = ledger.aws("ec2", one.region, age_days=one.age_days)
    given: dict[str, Any] = {}
    if one.user_data:
        given["UserData"] = one.user_data(ledger.credentials)
    if one.profile:
        given["IamInstanceProfile"] = {"Name": one.profile}
    if one.asks_token:
        given["MetadataOptions"] = {"HttpTokens": "required"}
    if one.region == IRELAND:
        given["KeyName"] = EVERYBODYS_KEY
    found = ec2.run_instances(
        ImageId=image,
        InstanceType="t3.medium",
        MinCount=1,
        MaxCount=1,
        SubnetId=networks.subnets[one.subnet],
        SecurityGroupIds=[networks.groups[one.group]],
        TagSpecifications=specified("instance", one.tags) + specified("volume", one.disk_tags),
        **given,
    )["Instances"][0]
    if one.end == "terminated":
        ec2.terminate_instances(InstanceIds=[found["InstanceId"]])
        return  # AWS lists it for another hour; it is nobody's concern
    if one.end == "stopped":
        ec2.stop_instances(InstanceIds=[found["InstanceId"]])
    made = ledger.add(
        arn("ec2", one.region, f"instance/{found['InstanceId']}"), "ec2:instance", one.region, one.tags, one.managed
    )
    disk = found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    ledger.instances[one.name] = found["InstanceId"]
    _disk(ledger, one.region, disk, one.disk_tags)
    if one.managed == STATE:
        fleet = one.name.rpartition("-")[0]
        index = fleets[fleet] = fleets.get(fleet, -1) + 1
        entry = StateEntry("aws_instance", "this", {"id": found["InstanceId"], "arn": made}, f"module.{fleet}", index)
        ledger.put_in_state(entry)
    for check in one.truth:
        ledger.plant(check, made, one.region)


DISKS = (
    ("shared-media", IRELAND, tagged("prod", "storefront", "shared-media"), STATE),
    ("erp-data", IRELAND, tagged(), BY_HAND),
    ("old-search-index", IRELAND, tagged("", "", "old-search-index"), BY_HAND),
    ("staging-scratch", VIRGINIA, tagged(), BY_HAND),
)


def _disks(ledger: Ledger) -> None:
    """Four disks that no instance takes with it, and a snapshot of each."""
    for name, region, tags, managed in DISKS:
        ec2 = ledger.aws("ec2", region, age_days=350)
        found = ec2.create_volume(
            Size=100, AvailabilityZone=f"{region}a", Encrypted=bool(tags), TagSpecifications=specified("volume", tags)
        )["VolumeId"]
        made = _disk(ledger, region, found, tags, managed, encrypted=bool(tags))
        ledger.plant("ebs_unattached", made, region)
        if managed == STATE:
            ledger.put_in_state(StateEntry("aws_ebs_volume", name.replace("-", "_"), {"id": found, "arn": made}))
        copy = ec2.create_snapshot(VolumeId=found, Description=f"{name}, by hand")["SnapshotId"]
        if tags:
            ec2.create_tags(Resources=[copy], Tags=pairs(tags))
        ledger.add(f"arn:aws:ec2:{region}::snapshot/{copy}", "ec2:snapshot", region, tags, DERIVED)


LAUNCH_TEMPLATES = (("hp-web", STATE, tagged("prod", "storefront")), ("hp-batch-trial", BY_HAND, tagged()))
KEY_PAIRS = ((EVERYBODYS_KEY, BY_HAND, tagged()), ("hp-deploy", STATE, tagged("prod", "platform")))


def _templates(ledger: Ledger) -> None:
    """Launch templates and key pairs, in Ireland."""
    ec2 = ledger.aws("ec2", IRELAND, age_days=420)
    for name, managed, tags in LAUNCH_TEMPLATES:
        found = ec2.create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData={"InstanceType": "t3.medium", "ImageId": IMAGE},
            TagSpecifications=specified("launch-template", tags),
        )["LaunchTemplate"]["LaunchTemplateId"]
        _keep(ledger, "launch-template", found, managed, tags, StateEntry("aws_launch_template", "web", {"id": found}))
    for name, managed, tags in KEY_PAIRS:
        found = ec2.create_key_pair(KeyName=name, TagSpecifications=specified("key-pair", tags))["KeyPairId"]
        entry = StateEntry("aws_key_pair", "deploy", {"id": name, "key_name": name, "key_pair_id": found})
        made = _keep(ledger, "key-pair", found, managed, tags, entry)
        if name == EVERYBODYS_KEY:
            ledger.plant("ec2_one_key_for_all", made, IRELAND)


def _keep(ledger: Ledger, kind: str, found: str, managed: str, tags: Tags, entry: StateEntry) -> str:
    made = ledger.add(arn("ec2", IRELAND, f"{kind}/{found}"), f"ec2:{kind}", IRELAND, tags, managed)
    if managed == STATE:
        ledger.put_in_state(replace(entry, attributes={**entry.attributes, "arn": made}))
    return made


def _group(ledger: Ledger, networks: Networks) -> None:
    """A group that keeps two pickers running: code names the group, and its servers follow from it."""
    tags = tagged("prod", "warehouse")
    autoscaling = ledger.aws("autoscaling", IRELAND, age_days=120)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="hp-pickers",
        LaunchTemplate={"LaunchTemplateName": "hp-web"},
        MinSize=2,
        MaxSize=2,
        VPCZoneIdentifier=networks.subnets["prod-app-a"],
        Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()],
    )
    found = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["hp-pickers"])["AutoScalingGroups"][0]
    made = ledger.add(found["AutoScalingGroupARN"], "autoscaling:autoScalingGroup", IRELAND, tags, STATE)
    ledger.put_in_state(StateEntry("aws_autoscaling_group", "pickers", {"id": "hp-pickers", "arn": made}))
    for one in found["Instances"]:
        server = ledger.add(
            arn("ec2", IRELAND, f"instance/{one['InstanceId']}"), "ec2:instance", IRELAND, tags, DERIVED
        )
        for check in ("ec2_no_instance_profile", "ec2_imdsv1", "no_access_path"):
            ledger.plant(check, server, IRELAND)
        _root_disk(ledger, IRELAND, one["InstanceId"])


def _root_disk(ledger: Ledger, region: str, instance: str) -> None:
    """The untagged disk that came with an instance."""
    attached = [{"Name": "attachment.instance-id", "Values": [instance]}]
    for one in ledger.aws("ec2", region).describe_volumes(Filters=attached)["Volumes"]:
        _disk(ledger, region, one["VolumeId"], {})


def _disk(
    ledger: Ledger, region: str, found: str, tags: Tags, managed: str = DERIVED, *, encrypted: bool = False
) -> str:
    made = ledger.add(arn("ec2", region, f"volume/{found}"), "ec2:volume", region, tags, managed)
    if not encrypted:
        ledger.plant("ebs_unencrypted", made, region)
    return made
