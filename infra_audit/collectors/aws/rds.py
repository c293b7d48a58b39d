"""Databases, their snapshots and their automated backups: RDS, Aurora, Neptune and DocumentDB answer here alike.

Every row tells the family ("rds", "aurora", "neptune", "docdb"), because backups treat each differently. DocumentDB's
elastic clusters answer elsewhere and are not seen.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._rows import iso, pick, tags_of
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

SNAPSHOT_CAP = 5_000
ALL_RECORDS = 100  # what RDS gives in one page at most


@collector("rds.describe_db_instances", iam=("rds:DescribeDBInstances",))
def instances(reader: Reader) -> Iterator[Row]:
    """One row an instance, cluster members and replicas included.

    `resource_id` outlives no instance and comes back with none; `cluster` and `replica_of` are identifiers (an ARN
    where the source is in another region); `replicas` what replicates from here; `replicated_backups` the ARNs of its
    automated backups in other regions; `retention_days` of automated backups. `master_secret` is the ARN of the secret
    that RDS itself keeps of the master password, never what is in it.
    """
    for one in reader.pages("rds", "describe_db_instances", "DBInstances", page_size=ALL_RECORDS):
        yield {
            "arn": one["DBInstanceArn"],
            "type": "rds:db",
            "name": one["DBInstanceIdentifier"],
            "tags": _tags(one),
            "family": family_of(one.get("Engine", "")),
            "engine": one.get("Engine", ""),
            "engine_version": one.get("EngineVersion", ""),
            "status": one.get("DBInstanceStatus", ""),
            "resource_id": one.get("DbiResourceId"),
            "cluster": one.get("DBClusterIdentifier") or None,
            "replica_of": one.get("ReadReplicaSourceDBInstanceIdentifier")
            or one.get("ReadReplicaSourceDBClusterIdentifier")
            or None,
            "replicas": [
                *one.get("ReadReplicaDBInstanceIdentifiers", []),
                *one.get("ReadReplicaDBClusterIdentifiers", []),
            ],
            "replicated_backups": _replications(one),
            "retention_days": one.get("BackupRetentionPeriod", 0),
            "deletion_protection": one.get("DeletionProtection", False),
            "public": one.get("PubliclyAccessible", False),
            "multi_az": one.get("MultiAZ", False),
            "encrypted": one.get("StorageEncrypted", False),
            "class": one.get("DBInstanceClass", ""),
            "zone": one.get("AvailabilityZone"),
            "parameter_groups": pick(one.get("DBParameterGroups", []), "DBParameterGroupName"),
            "performance_insights": one.get("PerformanceInsightsEnabled", False),
            "address": (one.get("Endpoint") or {}).get("Address"),
            "created_at": iso(one.get("InstanceCreateTime")),
            "network": _network(one),
            **_way_in(one, (one.get("Endpoint") or {}).get("Port")),
        }


def _network(one: Mapping[str, Any]) -> Row:
    """{vpc, groups: [ids], subnets: [{id, zone}]}: it stands in one of them, AWS does not say in which."""
    group = one.get("DBSubnetGroup") or {}
    return {
        "vpc": group.get("VpcId"),
        "groups": pick(one.get("VpcSecurityGroups") or (), "VpcSecurityGroupId"),
        "subnets": [
            {"id": each["SubnetIdentifier"], "zone": (each.get("SubnetAvailabilityZone") or {}).get("Name")}
            for each in group.get("Subnets") or ()
        ],
    }


@collector("rds.describe_db_clusters", iam=("rds:DescribeDBClusters",))
def clusters(reader: Reader) -> Iterator[Row]:
    """One row a cluster, with its members' identifiers; `global_cluster` names the group it replicates within."""
    for one in reader.pages("rds", "describe_db_clusters", "DBClusters", page_size=ALL_RECORDS):
        yield {
            "arn": one["DBClusterArn"],
            "type": "rds:cluster",
            "name": one["DBClusterIdentifier"],
            "tags": _tags(one),
            "family": family_of(one.get("Engine", "")),
            "engine": one.get("Engine", ""),
            "engine_version": one.get("EngineVersion", ""),
            "status": one.get("Status", ""),
            "resource_id": one.get("DbClusterResourceId"),
            "members": [member["DBInstanceIdentifier"] for member in one.get("DBClusterMembers", [])],
            "replica_of": one.get("ReplicationSourceIdentifier") or None,
            "replicas": list(one.get("ReadReplicaIdentifiers", [])),
            "global_cluster": one.get("GlobalClusterIdentifier") or None,
            "replicated_backups": [],
            "retention_days": one.get("BackupRetentionPeriod", 0),
            "deletion_protection": one.get("DeletionProtection", False),
            "public": one.get("PubliclyAccessible", False),
            "multi_az": one.get("MultiAZ", False),
            "encrypted": one.get("StorageEncrypted", False),
            "class": one.get("DBClusterInstanceClass", ""),
            "parameter_group": one.get("DBClusterParameterGroup"),
            "performance_insights": one.get("PerformanceInsightsEnabled", False),
            "address": one.get("Endpoint"),
            "created_at": iso(one.get("ClusterCreateTime")),
            **_way_in(one, one.get("Port")),
        }


@collector("rds.describe_db_snapshots", iam=("rds:DescribeDBSnapshots",))
def snapshots(reader: Reader) -> Iterator[Row]:
    """One row a snapshot of this account; `kind` is "manual", "automated" or "awsbackup".

    The default listing omits those that AWS Backup made, so they are asked for by name. Snapshots that others share
    with the account are not asked for: they are not its own.
    """
    for one in reader.capped(_both_listings(reader, "describe_db_snapshots", "DBSnapshots"), SNAPSHOT_CAP):
        yield {
            "arn": one["DBSnapshotArn"],
            "type": "rds:snapshot",
            "name": one["DBSnapshotIdentifier"],
            "tags": _tags(one),
            "kind": one.get("SnapshotType", ""),
            "status": one.get("Status", ""),
            "engine": one.get("Engine", ""),
            "source": one.get("DBInstanceIdentifier", ""),
            "source_id": one.get("DbiResourceId"),
            "source_region": one.get("SourceRegion") or None,
            "source_created_at": iso(one.get("InstanceCreateTime")),
            "encrypted": one.get("Encrypted", False),
            "created_at": iso(one.get("SnapshotCreateTime")),
        }


@collector("rds.describe_db_cluster_snapshots", iam=("rds:DescribeDBClusterSnapshots",))
def cluster_snapshots(reader: Reader) -> Iterator[Row]:
    """As for instances; `source_region` is read from the ARN of the snapshot that this one was copied from."""
    for one in reader.capped(
        _both_listings(reader, "describe_db_cluster_snapshots", "DBClusterSnapshots"), SNAPSHOT_CAP
    ):
        copied_from = one.get("SourceDBClusterSnapshotArn") or ""
        yield {
            "arn": one["DBClusterSnapshotArn"],
            "type": "rds:cluster-snapshot",
            "name": one["DBClusterSnapshotIdentifier"],
            "tags": _tags(one),
            "kind": one.get("SnapshotType", ""),
            "status": one.get("Status", ""),
            "engine": one.get("Engine", ""),
            "source": one.get("DBClusterIdentifier", ""),
            "source_id": one.get("DbClusterResourceId"),
            "source_region": copied_from.split(":")[3] if copied_from.count(":") >= 6 else None,
            "source_created_at": iso(one.get("ClusterCreateTime")),
            "encrypted": one.get("StorageEncrypted", False),
            "created_at": iso(one.get("SnapshotCreateTime")),
        }


@collector("rds.describe_db_instance_automated_backups", iam=("rds:DescribeDBInstanceAutomatedBackups",))
def automated_backups(reader: Reader) -> Iterator[Row]:
    """One row an instance's automated backups here: "active", "retained" after deletion, or replicated from elsewhere.

    `source` and `source_arn` name the instance, whose region differs from `held_in` where they are replicated.
    """
    for one in reader.pages(
        "rds", "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups", page_size=ALL_RECORDS
    ):
        yield {
            "backup_arn": one.get("DBInstanceAutomatedBackupsArn"),
            "status": one.get("Status", ""),
            "source": one.get("DBInstanceIdentifier", ""),
            "source_arn": one.get("DBInstanceArn"),
            "source_id": one.get("DbiResourceId"),
            "held_in": reader.region,
            "retention_days": one.get("BackupRetentionPeriod"),
        }


def _way_in(described: Mapping[str, Any], port: int | None) -> Row:
    """What a dump needs to be told, and no secret among it."""
    return {
        "port": port or described.get("DbInstancePort") or None,
        "master_user": described.get("MasterUsername"),
        "database": described.get("DBName") or described.get("DatabaseName") or None,
        "master_secret": (described.get("MasterUserSecret") or {}).get("SecretArn"),
    }


def _both_listings(reader: Reader, operation: str, key: str) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    arn = key.removesuffix("s") + "Arn"
    for params in ({}, {"SnapshotType": "awsbackup"}):
        for one in reader.pages("rds", operation, key, page_size=ALL_RECORDS, **params):
            if one[arn] not in seen:
                seen.add(one[arn])
                yield one


def _replications(instance: Mapping[str, Any]) -> list[str]:
    named = instance.get("DBInstanceAutomatedBackupsReplications") or []
    return [one["DBInstanceAutomatedBackupsArn"] for one in named if one.get("DBInstanceAutomatedBackupsArn")]


def family_of(engine: str) -> str:
    """ "neptune", "docdb", "aurora" or "rds" (Multi-AZ clusters of MySQL and PostgreSQL are "rds")."""
    for family in ("neptune", "docdb", "aurora"):
        if engine.startswith(family):
            return family
    return "rds"


def _tags(described: Mapping[str, Any]) -> dict[str, str] | None:
    """Tags as RDS describes them; None where it left them out."""
    return tags_of(described, "TagList") if "TagList" in described else None
