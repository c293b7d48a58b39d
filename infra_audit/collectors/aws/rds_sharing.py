"""With whom copies of databases are shared."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.rds import ALL_RECORDS, SNAPSHOT_CAP
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.database_copies import can_be_public
from infra_audit.inventory import Row

EVERYBODY = "all"  # among those who may restore a snapshot


@collector("rds.describe_db_snapshot_attributes", iam=("rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes"))
def snapshot_sharing(reader: Reader) -> Iterator[Row]:
    """{arn, public, shared_with (account ids)} of each manual snapshot that is not encrypted.

    No others are asked: AWS makes neither encrypted nor automated snapshots public.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html
    """
    listed = reader.pages("rds", "describe_db_snapshots", "DBSnapshots", page_size=ALL_RECORDS)
    yield from _sharing(reader, listed, "DBSnapshot", "describe_db_snapshot_attributes")


@collector(
    "rds.describe_db_cluster_snapshot_attributes",
    iam=("rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshotAttributes"),
)
def cluster_snapshot_sharing(reader: Reader) -> Iterator[Row]:
    """As for instances."""
    listed = reader.pages("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", page_size=ALL_RECORDS)
    yield from _sharing(reader, listed, "DBClusterSnapshot", "describe_db_cluster_snapshot_attributes")


def _sharing(reader: Reader, listed: Iterator[dict[str, Any]], noun: str, operation: str) -> Iterator[Row]:
    def read(one: Mapping[str, Any]) -> Row | None:
        try:
            answer = reader.call("rds", operation, **{f"{noun}Identifier": one[f"{noun}Identifier"]})
        except READ_ERRORS as error:
            reader.miss(one[f"{noun}Arn"], error)
            return None
        attributes = answer[f"{noun}AttributesResult"].get(f"{noun}Attributes") or []
        may_restore = (found for found in attributes if found.get("AttributeName") == "restore")
        values = {value for found in may_restore for value in found["AttributeValues"]}
        shared_with = sorted(values - {EVERYBODY})
        return {"arn": one[f"{noun}Arn"], "public": EVERYBODY in values, "shared_with": shared_with}

    capped = reader.capped(listed, SNAPSHOT_CAP)
    asked = [one for one in capped if can_be_public(one.get("SnapshotType", ""), encrypted=_encrypted(one))]
    yield from filter(None, reader.each(read, asked))


def _encrypted(snapshot: Mapping[str, Any]) -> bool:
    return bool(snapshot.get("Encrypted") or snapshot.get("StorageEncrypted"))
