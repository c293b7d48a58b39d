"""Tables, shared file systems, in-memory stores and the sharing of database copies, read over real HTTP."""

import random

import pytest

from demo.emulator import Deny, Faults
from infra_audit.inventory import Ending

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/"


@pytest.fixture
def tables(aws):
    dynamodb = aws.client("dynamodb")
    for name in ("followed", "copied", "bare"):
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="followed", PointInTimeRecoverySpecification=recovery)
    dynamodb.create_backup(TableName="copied", BackupName="by-hand")
    return dynamodb


def test_tables_tell_whether_they_can_be_taken_back(tables, collect):
    rows = {row["table"]: row["point_in_time"] for row in collect("dynamodb.describe_continuous_backups").rows}

    assert rows == {f"{TABLE}followed": True, f"{TABLE}copied": False, f"{TABLE}bare": False}


def test_only_tables_that_need_it_are_described(aws, tables, collect):
    aws.clear_calls()

    rows = {row["table"]: row for row in collect("dynamodb.describe_table").rows}

    assert set(rows) == {f"{TABLE}copied", f"{TABLE}bare"}
    assert rows[f"{TABLE}bare"]["replicas"] == []
    assert rows[f"{TABLE}bare"]["created_at"].endswith("+00:00")
    assert aws.calls()["dynamodb", "eu-west-1", "DescribeTable"] == 2


def test_where_that_may_not_be_asked_every_table_is_described(aws, tables, collect):
    aws.set_faults(Faults(deny=(Deny("dynamodb:DescribeContinuousBackups"),)))

    told, described = collect("dynamodb.describe_continuous_backups"), collect("dynamodb.describe_table")

    assert (told.ending, len(told.unread), told.rows) == (Ending.PARTIAL, 3, ())
    assert {miss.iam_action for miss in told.unread} == {"dynamodb:DescribeContinuousBackups"}
    assert (described.ending, len(described.rows)) == (Ending.OK, 3)


def test_copies_of_tables_say_of_which_table_they_are(tables, collect):
    (row,) = collect("dynamodb.list_backups").rows

    assert (row["table"], row["kind"], row["status"]) == (f"{TABLE}copied", "USER", "AVAILABLE")
    assert row["held_in"] == "eu-west-1"


def test_file_systems_tell_whether_they_back_themselves_up(aws, collect):
    efs = aws.client("efs")
    for name, backup in (("kept", True), ("left", False)):
        efs.create_file_system(CreationToken=name, Backup=backup, Tags=[{"Key": "Name", "Value": name}])

    rows = {row["arn"]: row for row in collect("efs.describe_file_systems").rows}
    told = {rows[row["file_system"]]["name"]: row["automatic"] for row in collect("efs.describe_backup_policy").rows}

    assert told == {"kept": True, "left": False}
    assert {row["type"] for row in rows.values()} == {"elasticfilesystem:file-system"}
    assert {row["is_replica"] for row in rows.values()} == {False}


def test_more_file_systems_than_a_page_holds_are_all_read(aws, collect):
    for number in range(23):
        aws.client("efs").create_file_system(CreationToken=f"fs-{number}")

    assert len(collect("efs.describe_file_systems").rows) == 23


def test_replication_of_file_systems_is_unsupported_where_the_endpoint_lacks_it(collect):
    assert collect("efs.describe_replication_configurations").ending is Ending.UNSUPPORTED


def test_one_file_system_that_may_not_be_read_is_named(aws, collect):
    made = [aws.client("efs").create_file_system(CreationToken=f"fs-{number}") for number in (1, 2)]
    deny = Deny("elasticfilesystem:DescribeBackupPolicy", about=made[0]["FileSystemId"])
    aws.set_faults(Faults(deny=(deny,)))

    unit = collect("efs.describe_backup_policy")

    assert unit.ending is Ending.PARTIAL
    assert [(miss.resource, miss.iam_action) for miss in unit.unread] == [
        (made[0]["FileSystemArn"], "elasticfilesystem:DescribeBackupPolicy")
    ]


def test_in_memory_stores_tell_their_backups_and_tags(aws, collect):
    elasticache = aws.client("elasticache")
    owned = [{"Key": "Owner", "Value": "ada"}]
    elasticache.create_replication_group(
        ReplicationGroupId="sessions",
        ReplicationGroupDescription="-",
        Engine="redis",
        CacheNodeType="cache.t4g.small",
        NumCacheClusters=1,
        SnapshotRetentionLimit=5,
        Tags=owned,
    )
    elasticache.create_cache_cluster(
        CacheClusterId="alone", Engine="redis", NumCacheNodes=1, CacheNodeType="cache.t4g.small"
    )

    (group,) = collect("elasticache.describe_replication_groups").rows
    servers = {row["name"]: row for row in collect("elasticache.describe_cache_clusters").rows}

    assert (group["name"], group["snapshot_days"], group["tags"]) == ("sessions", 5, {"Owner": "ada"})
    assert (servers["alone"]["group"], servers["alone"]["snapshot_days"], servers["alone"]["tags"]) == (None, 0, {})


@pytest.fixture
def snapshots(aws):
    rds = aws.client("rds")
    for name, encrypted in (("open", False), ("sealed", True)):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.medium",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="app",
            MasterUserPassword=f"{random.getrandbits(64):x}",
            StorageEncrypted=encrypted,
        )
        rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-copy")
    shared = {"AttributeName": "restore", "ValuesToAdd": ["all", "210987654321"]}
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="open-copy", **shared)
    return rds


def test_only_copies_that_could_be_public_are_asked_whether_they_are(aws, snapshots, collect):
    aws.clear_calls()

    (row,) = collect("rds.describe_db_snapshot_attributes").rows

    assert row["arn"].endswith(":snapshot:open-copy")
    assert (row["public"], row["shared_with"]) == (True, ["210987654321"])
    assert aws.calls()["rds", "eu-west-1", "DescribeDBSnapshotAttributes"] == 1


def test_a_copy_that_may_not_be_asked_about_is_named(aws, snapshots, collect):
    aws.set_faults(Faults(deny=(Deny("rds:DescribeDBSnapshotAttributes"),)))

    unit = collect("rds.describe_db_snapshot_attributes")

    assert unit.ending is Ending.PARTIAL
    assert unit.unread[0].resource.endswith(":snapshot:open-copy")


def test_parameter_groups_in_use_tell_of_the_slow_log_and_of_nothing_else(aws, collect):
    rds = aws.client("rds")
    for name in ("used", "unused"):
        rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily="postgres16", Description="-")
        told = (("log_min_duration_statement", "500"), ("rds.custom_dns_resolution", "1"))
        parameters = [
            {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "immediate"} for key, value in told
        ]
        rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=parameters)
    login = {"MasterUsername": "app", "MasterUserPassword": f"{random.getrandbits(64):x}"}
    for name, group in (("own", {"DBParameterGroupName": "used"}), ("default", {})):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.medium",
            Engine="postgres",
            AllocatedStorage=20,
            **login,
            **group,
        )

    rows = collect("rds.describe_db_parameters").rows

    assert rows == ({"group": "used", "of": "instance", "slow_log": {"log_min_duration_statement": "500"}},)
