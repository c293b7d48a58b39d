"""In-memory stores. No key is ever read."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

MAX_RECORDS = 100


@collector(
    "elasticache.describe_replication_groups",
    iam=("elasticache:DescribeReplicationGroups", "elasticache:ListTagsForResource", "tag:GetResources"),
)
def describe_replication_groups(reader: Reader) -> Iterator[Row]:
    """{arn, type, name, tags, engine, snapshot_days, members, multi_az, encrypted, created_at}."""
    groups = list(
        reader.pages("elasticache", "describe_replication_groups", "ReplicationGroups", page_size=MAX_RECORDS)
    )
    tagged = _tagged(reader, "elasticache:replicationgroup") if groups else None
    for one in groups:
        arn = one.get("ARN") or reader.arn("elasticache", f"replicationgroup:{one['ReplicationGroupId']}")
        yield {
            "arn": arn,
            "type": "elasticache:replicationgroup",
            "name": one["ReplicationGroupId"],
            "tags": tagged.of(arn) if tagged else None,
            "engine": one.get("Engine") or "redis",
            "snapshot_days": one.get("SnapshotRetentionLimit", 0),
            "members": one.get("MemberClusters", []),
            "multi_az": one.get("MultiAZ") == "enabled",
            "encrypted": one.get("AtRestEncryptionEnabled", False),
            "created_at": iso(one.get("ReplicationGroupCreateTime")),
        }


@collector(
    "elasticache.describe_cache_clusters",
    iam=("elasticache:DescribeCacheClusters", "elasticache:ListTagsForResource", "tag:GetResources"),
)
def describe_cache_clusters(reader: Reader) -> Iterator[Row]:
    """{arn, type, name, tags, engine, engine_version, group, snapshot_days, created_at}.

    `group` names the replication group of a member, whose tags are not asked for (None): they are the group's.
    """
    found = list(reader.pages("elasticache", "describe_cache_clusters", "CacheClusters", page_size=MAX_RECORDS))
    alone = any(not one.get("ReplicationGroupId") for one in found)
    tagged = _tagged(reader, "elasticache:cluster") if alone else None
    for one in found:
        arn = one.get("ARN") or reader.arn("elasticache", f"cluster:{one['CacheClusterId']}")
        group = one.get("ReplicationGroupId") or None
        yield {
            "arn": arn,
            "type": "elasticache:cluster",
            "name": one["CacheClusterId"],
            "tags": tagged.of(arn) if tagged and not group else None,
            "engine": one.get("Engine", ""),
            "engine_version": one.get("EngineVersion", ""),
            "group": group,
            "snapshot_days": one.get("SnapshotRetentionLimit", 0),
            "created_at": iso(one.get("CacheClusterCreateTime")),
        }


def _tagged(reader: Reader, kind: str) -> Tagged:
    def ask(arn: str) -> Mapping[str, str]:
        answer: dict[str, Any] = reader.call("elasticache", "list_tags_for_resource", ResourceName=arn)
        return tags_of(answer, "TagList")

    return Tagged(reader, kind, ask)
