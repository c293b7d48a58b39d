"""Machines, disks and addresses. Every list pages at 1,000."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from infra_audit.collectors.aws._rows import first, iso, name_of, pick, tags_of
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

PAGE = 1000
SNAPSHOTS = 20_000
GONE = frozenset({"terminated", "shutting-down"})
WHEN_STOPPED = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


def described(reader: Reader, one: Mapping[str, Any], kind: str, key: str) -> Row:
    """What every resource row of EC2 has; `kind` is both its type and its word in the ARN, `key` holds its id."""
    tags = tags_of(one)
    return {
        "arn": reader.arn("ec2", f"{kind}/{one[key]}"),
        "type": f"ec2:{kind}",
        "id": one[key],
        "name": name_of(tags, one[key]),
        "tags": tags,
    }


def instances(reader: Reader) -> Iterator[dict[str, Any]]:
    """Instances as AWS describes them, without those that are gone."""
    for one in reader.pages("ec2", "describe_instances", "Reservations[].Instances[]", page_size=PAGE):
        if one["State"]["Name"] not in GONE:
            yield one


@collector("ec2.describe_instances", iam=("ec2:DescribeInstances",))
def describe_instances(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, created_at, launched_at, state, image, size, zone, vpc, subnet, public_ip, profile,
    private_ip, key_name, security_groups: [ids], imds: bool, imds_v2_required: bool, root_volume, stopped_at,
    interfaces: [{id, subnet, public_ip, ipv6, groups}]}. `profile` is an ARN or None; `imds`: whether the service that
    hands out the server's credentials answers at all; the addresses and groups at the top are the first interface's.

    AWS keeps no time of creation: we take the oldest disk's attachment, or the last start. `stopped_at` is None where
    AWS does not tell it.
    """
    for one in instances(reader):
        disks = pick(one.get("BlockDeviceMappings") or (), "Ebs")
        yield {
            **described(reader, one, "instance", "InstanceId"),
            "created_at": first(one["LaunchTime"], *pick(disks, "AttachTime")),
            "launched_at": iso(one["LaunchTime"]),
            "state": one["State"]["Name"],
            "image": one.get("ImageId"),
            "size": one.get("InstanceType"),
            "zone": one.get("Placement", {}).get("AvailabilityZone"),
            "vpc": one.get("VpcId"),
            "subnet": one.get("SubnetId"),
            "public_ip": one.get("PublicIpAddress"),
            "private_ip": one.get("PrivateIpAddress"),
            "profile": (one.get("IamInstanceProfile") or {}).get("Arn"),
            "key_name": one.get("KeyName"),
            "security_groups": pick(one.get("SecurityGroups") or (), "GroupId"),
            "imds": (one.get("MetadataOptions") or {}).get("HttpEndpoint") != "disabled",
            "imds_v2_required": (one.get("MetadataOptions") or {}).get("HttpTokens") == "required",
            "interfaces": [_interface(each) for each in one.get("NetworkInterfaces") or ()],
            "root_volume": _root_volume(one),
            "stopped_at": _stopped_at(one),
        }


def _stopped_at(instance: Mapping[str, Any]) -> str | None:
    """When somebody stopped it: "User initiated (2026-01-31 10:00:00 GMT)". AWS's own reasons carry no time."""
    told = WHEN_STOPPED.search(instance.get("StateTransitionReason") or "")
    if instance["State"]["Name"] != "stopped" or not told:
        return None
    return iso(datetime.fromisoformat(told[1]).replace(tzinfo=UTC))


def _interface(one: Mapping[str, Any]) -> Row:
    return {
        "id": one.get("NetworkInterfaceId"),
        "subnet": one.get("SubnetId"),
        "public_ip": (one.get("Association") or {}).get("PublicIp"),
        "ipv6": pick(one.get("Ipv6Addresses") or (), "Ipv6Address"),
        "groups": pick(one.get("Groups") or (), "GroupId"),
    }


def _root_volume(instance: Mapping[str, Any]) -> str | None:
    """The disk it starts from, which is a part of it."""
    for disk in instance.get("BlockDeviceMappings") or ():
        if disk.get("DeviceName") == instance.get("RootDeviceName"):
            return str((disk.get("Ebs") or {}).get("VolumeId") or "") or None
    return None


@collector("ec2.describe_volumes", iam=("ec2:DescribeVolumes",))
def describe_volumes(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, created_at, size_gib, encrypted, attached_to: [instance ids], vanishes_with: [ids]}.

    `vanishes_with`: the instances whose end deletes the volume, so that it is a part of them.
    """
    for one in reader.pages("ec2", "describe_volumes", "Volumes", page_size=PAGE):
        attached = one.get("Attachments") or []
        yield {
            **described(reader, one, "volume", "VolumeId"),
            "created_at": iso(one["CreateTime"]),
            "size_gib": one["Size"],
            "encrypted": bool(one.get("Encrypted")),
            "attached_to": pick(attached, "InstanceId"),
            "vanishes_with": pick([each for each in attached if each.get("DeleteOnTermination")], "InstanceId"),
        }


@collector("ec2.describe_snapshots", iam=("ec2:DescribeSnapshots",))
def describe_snapshots(reader: Reader) -> Iterator[Row]:
    """Disk snapshots of this account: {arn, type, id, name, tags, created_at, volume, encrypted}. Capped."""
    found = reader.pages("ec2", "describe_snapshots", "Snapshots", page_size=PAGE, OwnerIds=["self"])
    for one in reader.capped(found, SNAPSHOTS):
        yield {
            **described(reader, one, "snapshot", "SnapshotId"),
            "arn": f"arn:{reader.partition}:ec2:{reader.region}::snapshot/{one['SnapshotId']}",  # names no account
            "created_at": iso(one["StartTime"]),
            "volume": one.get("VolumeId"),
            "encrypted": bool(one.get("Encrypted")),
        }


@collector("ec2.describe_addresses", iam=("ec2:DescribeAddresses",))
def describe_addresses(reader: Reader) -> Iterator[Row]:
    """Fixed public addresses: {arn, type "ec2:elastic-ip", id, name, tags, public_ip, attached_to: id or None}."""
    for one in reader.pages("ec2", "describe_addresses", "Addresses"):
        if "AllocationId" in one:  # without it, one of EC2-Classic
            yield {
                **described(reader, one, "elastic-ip", "AllocationId"),
                "public_ip": one["PublicIp"],
                "attached_to": one.get("InstanceId") or one.get("NetworkInterfaceId"),
            }


@collector("ec2.describe_launch_templates", iam=("ec2:DescribeLaunchTemplates",))
def describe_launch_templates(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, created_at}."""
    for one in reader.pages("ec2", "describe_launch_templates", "LaunchTemplates", page_size=200):
        yield {
            **described(reader, one, "launch-template", "LaunchTemplateId"),
            "name": one["LaunchTemplateName"],
            "created_at": iso(one["CreateTime"]),
        }


@collector("ec2.describe_key_pairs", iam=("ec2:DescribeKeyPairs",))
def describe_key_pairs(reader: Reader) -> Iterator[Row]:
    """{arn, type, id, name, tags, created_at}. Public halves are not asked for."""
    for one in reader.pages("ec2", "describe_key_pairs", "KeyPairs"):
        yield {
            **described(reader, one, "key-pair", "KeyPairId"),
            "name": one["KeyName"],
            "created_at": iso(one.get("CreateTime")),
        }
