"""Disk copies and images of one's own, and whether the whole world may use them."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import iso
from infra_audit.collectors.aws.ec2 import PAGE, described
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("ec2.describe_images", iam=("ec2:DescribeImages",))
def describe_images(reader: Reader) -> Iterator[Row]:
    """{arn, type "ec2:image", id, name, tags, created_at, public: bool, state, snapshots: [ids]}."""
    found = reader.pages("ec2", "describe_images", "Images", page_size=PAGE, Owners=["self"], IncludeDisabled=True)
    for one in found:
        row = described(reader, one, "image", "ImageId")
        disks = [each.get("Ebs") or {} for each in one.get("BlockDeviceMappings") or ()]
        yield {
            **row,
            "arn": f"arn:{reader.partition}:ec2:{reader.region}::image/{one['ImageId']}",  # names no account
            "name": row["tags"].get("Name") or one.get("Name") or one["ImageId"],
            "created_at": one.get("CreationDate"),
            "public": bool(one.get("Public")),
            "state": one.get("State") or "",
            "snapshots": [disk["SnapshotId"] for disk in disks if disk.get("SnapshotId")],
        }


@collector("ec2.describe_snapshots.public", iam=("ec2:DescribeSnapshots",))
def describe_public_snapshots(reader: Reader) -> Iterator[Row]:
    """Our own snapshots from which every AWS account may make a disk: {snapshot: ARN, created_at}.

    One list by who may restore, not a question a snapshot.
    """
    found = reader.pages(
        "ec2", "describe_snapshots", "Snapshots", page_size=PAGE, OwnerIds=["self"], RestorableByUserIds=["all"]
    )
    for one in found:
        yield {
            "snapshot": f"arn:{reader.partition}:ec2:{reader.region}::snapshot/{one['SnapshotId']}",
            "created_at": iso(one.get("StartTime")),
        }


@collector("ec2.get_snapshot_block_public_access_state", iam=("ec2:GetSnapshotBlockPublicAccessState",))
def get_snapshot_block_public_access_state(reader: Reader) -> Iterator[Row]:
    """One row a region: {state: "block-all-sharing" | "block-new-sharing" | "unblocked"}.

    Where all sharing is blocked, a snapshot still says that it is public, and nobody can reach it.
    https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html
    """
    yield {"state": reader.call("ec2", "get_snapshot_block_public_access_state")["State"]}
