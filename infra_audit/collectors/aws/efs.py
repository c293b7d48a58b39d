"""Shared file systems, and whether they are backed up. No file is ever read."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra_audit.collectors.aws._rows import iso, name_of, tags_of
from infra_audit.collectors.aws.endings import READ_ERRORS, error_code
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


def _listed(reader: Reader) -> Iterator[Mapping[str, Any]]:
    return reader.pages("efs", "describe_file_systems", "FileSystems", page_size=100)


@collector("efs.describe_file_systems", iam=("elasticfilesystem:DescribeFileSystems",))
def describe_file_systems(reader: Reader) -> Iterator[Row]:
    """{arn, type, name, tags, id, encrypted, one_zone, is_replica, size_bytes, created_at}.

    `is_replica`: another file system is replicated onto it, so it can only be read.
    """
    for one in _listed(reader):
        tags = tags_of(one)
        yield {
            "arn": _arn(reader, one),
            "type": "elasticfilesystem:file-system",
            "name": name_of(tags, one.get("Name") or one["FileSystemId"]),
            "tags": tags,
            "id": one["FileSystemId"],
            "encrypted": one.get("Encrypted", False),
            "one_zone": one.get("AvailabilityZoneName"),
            "is_replica": (one.get("FileSystemProtection") or {}).get("ReplicationOverwriteProtection")
            == "REPLICATING",
            "size_bytes": (one.get("SizeInBytes") or {}).get("Value"),
            "created_at": iso(one.get("CreationTime")),
        }


@collector(
    "efs.describe_backup_policy",
    iam=("elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeBackupPolicy"),
)
def describe_backup_policy(reader: Reader) -> Iterator[Row]:
    """{file_system (ARN), automatic: bool} of each file system: whether its own daily backups are switched on."""

    def read(one: Mapping[str, Any]) -> Row | None:
        try:
            answer = reader.call("efs", "describe_backup_policy", FileSystemId=one["FileSystemId"])
        except ClientError as error:
            if error_code(error) == "PolicyNotFound":
                return {"file_system": _arn(reader, one), "automatic": False}
            reader.miss(_arn(reader, one), error)
            return None
        except READ_ERRORS as error:
            reader.miss(_arn(reader, one), error)
            return None
        return {
            "file_system": _arn(reader, one),
            "automatic": answer["BackupPolicy"]["Status"] in {"ENABLED", "ENABLING"},
        }

    yield from filter(None, reader.each(read, list(_listed(reader))))


@collector("efs.describe_replication_configurations", iam=("elasticfilesystem:DescribeReplicationConfigurations",))
def describe_replication_configurations(reader: Reader) -> Iterator[Row]:
    """{source (ARN), to: [{file_system, region, account, status}]} of what is replicated from or to this region."""
    for one in reader.pages("efs", "describe_replication_configurations", "Replications", page_size=100):
        yield {
            "source": one["SourceFileSystemArn"],
            "to": [
                {
                    "file_system": to.get("FileSystemId", ""),
                    "region": to.get("Region", ""),
                    "account": to.get("OwnerId"),
                    "status": to.get("Status", ""),
                }
                for to in one.get("Destinations", [])
            ],
        }


def _arn(reader: Reader, one: Mapping[str, Any]) -> str:
    return str(one.get("FileSystemArn") or reader.arn("elasticfilesystem", f"file-system/{one['FileSystemId']}"))
