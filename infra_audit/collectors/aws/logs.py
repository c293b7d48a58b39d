"""Log groups. What is written in them is never read."""

from collections.abc import Iterator
from datetime import UTC, datetime

from infra_audit.collectors.aws._rows import iso
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

LOG_GROUPS = 5_000  # a hundred calls: the list gives fifty at a time


@collector("logs.describe_log_groups", iam=("logs:DescribeLogGroups",))
def describe_log_groups(reader: Reader) -> Iterator[Row]:
    """{arn, type "logs:log-group", name, created_at, retention_days or None, bytes, kind}. Capped.

    Tags would be one call each, and nearly all of them were made by the service that writes.
    """
    found = reader.pages("logs", "describe_log_groups", "logGroups", page_size=50)
    for one in reader.capped(found, LOG_GROUPS):
        made = one.get("creationTime")
        yield {
            "arn": one.get("logGroupArn") or one["arn"].removesuffix(":*"),
            "type": "logs:log-group",
            "name": one["logGroupName"],
            "created_at": iso(datetime.fromtimestamp(made / 1000, UTC)) if made else None,
            "retention_days": one.get("retentionInDays"),
            "bytes": one.get("storedBytes", 0),
            "kind": one.get("logGroupClass", "STANDARD"),
        }
