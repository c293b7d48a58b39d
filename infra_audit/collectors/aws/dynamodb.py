"""Tables of the key-value database. No item is ever read."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("dynamodb.list_tables", iam=("dynamodb:ListTables", "dynamodb:ListTagsOfResource", "tag:GetResources"))
def list_tables(reader: Reader) -> Iterator[Row]:
    """{arn, type "dynamodb:table", name, tags}."""
    tagged = Tagged(
        reader,
        "dynamodb:table",
        lambda arn: tags_of({"Tags": list(reader.pages("dynamodb", "list_tags_of_resource", "Tags", ResourceArn=arn))}),
    )

    def read(name: str) -> Row:
        arn = reader.arn("dynamodb", f"table/{name}")
        return {"arn": arn, "type": "dynamodb:table", "name": name, "tags": tagged.of(arn)}

    yield from reader.each(read, _names(reader))


def _names(reader: Reader) -> list[str]:
    return list(reader.pages("dynamodb", "list_tables", "TableNames", page_size=100))


@collector("dynamodb.describe_continuous_backups", iam=("dynamodb:ListTables", "dynamodb:DescribeContinuousBackups"))
def describe_continuous_backups(reader: Reader) -> Iterator[Row]:
    """{table (ARN), point_in_time: bool, recovery_days} of each table."""

    def read(name: str) -> Row | None:
        arn = reader.arn("dynamodb", f"table/{name}")
        try:
            recovery = _recovery(reader, name)
        except READ_ERRORS as error:
            reader.miss(arn, error)
            return None
        enabled = _is_on(recovery)
        return {"table": arn, "point_in_time": enabled, "recovery_days": recovery.get("RecoveryPeriodInDays")}

    yield from filter(None, reader.each(read, _names(reader)))


def _recovery(reader: Reader, name: str) -> Mapping[str, Any]:
    answer = reader.call("dynamodb", "describe_continuous_backups", TableName=name)["ContinuousBackupsDescription"]
    described: Mapping[str, Any] = answer.get("PointInTimeRecoveryDescription") or {}
    return described


def _is_on(recovery: Mapping[str, Any]) -> bool:
    return recovery.get("PointInTimeRecoveryStatus") == "ENABLED"


@collector(
    "dynamodb.describe_table",
    iam=("dynamodb:ListTables", "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable"),
)
def describe_table(reader: Reader) -> Iterator[Row]:
    """{table (ARN), id, created_at, deletion_protection, replicas: [{region, status}]}.

    Only of tables without point-in-time recovery: of the others something is left anyway.
    """

    def read(name: str) -> Row | None:
        arn = reader.arn("dynamodb", f"table/{name}")
        try:
            if _is_on(_recovery(reader, name)):
                return None
        except READ_ERRORS:
            pass  # it is named where it is told; here it would only have saved a call
        try:
            one = reader.call("dynamodb", "describe_table", TableName=name)["Table"]
        except READ_ERRORS as error:
            reader.miss(arn, error)
            return None
        return {
            "table": arn,
            "id": one.get("TableId"),
            "created_at": iso(one.get("CreationDateTime")),
            "deletion_protection": one.get("DeletionProtectionEnabled", False),
            "replicas": [
                {"region": replica["RegionName"], "status": replica.get("ReplicaStatus", "")}
                for replica in one.get("Replicas") or []
                if replica["RegionName"] != reader.region
            ],
        }

    yield from filter(None, reader.each(read, _names(reader)))


@collector("dynamodb.list_backups", iam=("dynamodb:ListBackups",))
def list_backups(reader: Reader) -> Iterator[Row]:
    """{backup (ARN), table (ARN), table_id, kind ("USER", "SYSTEM", "AWS_BACKUP"), status, created_at, kept_until}."""
    for one in reader.pages("dynamodb", "list_backups", "BackupSummaries", page_size=100, BackupType="ALL"):
        yield {
            "backup": one["BackupArn"],
            "table": one.get("TableArn", ""),
            "table_id": one.get("TableId"),
            "kind": one.get("BackupType", ""),
            "status": one.get("BackupStatus", ""),
            "held_in": reader.region,
            "created_at": iso(one.get("BackupCreationDateTime")),
            "kept_until": iso(one.get("BackupExpiryDateTime")),
        }
