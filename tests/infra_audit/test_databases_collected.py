"""Databases, snapshots and stacks, read over real HTTP from an emulated account."""

import json
import random

import pytest

from demo.emulator import Deny, Faults
from infra_audit.inventory import Ending

HERE, THERE = "eu-west-1", "us-east-1"


@pytest.fixture
def rds(aws):
    return aws.client("rds", HERE)


def make_database(rds, name="orders", engine="postgres", **given):
    password = f"{random.getrandbits(64):x}"
    return rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.medium",
        Engine=engine,
        AllocatedStorage=20,
        MasterUsername="app",
        MasterUserPassword=password,
        **given,
    )["DBInstance"]


def make_cluster(rds, name="shop", engine="aurora-postgresql"):
    login = {"MasterUsername": "app", "MasterUserPassword": f"{random.getrandbits(64):x}"}
    return rds.create_db_cluster(DBClusterIdentifier=name, Engine=engine, **({} if engine == "neptune" else login))


def test_a_database_carries_what_the_checks_ask(rds, collect):
    make_database(rds, BackupRetentionPeriod=0, Tags=[{"Key": "Environment", "Value": "prod"}])

    (row,) = collect("rds.describe_db_instances").rows

    assert row["arn"] == "arn:aws:rds:eu-west-1:123456789012:db:orders"
    assert row["type"] == "rds:db"
    assert row["tags"] == {"Environment": "prod"}
    assert row["retention_days"] == 0
    assert row["deletion_protection"] is False
    assert row["created_at"].endswith("+00:00")
    assert json.loads(json.dumps(row)) == row


def test_replicas_and_members_say_what_they_belong_to(rds, collect):
    make_database(rds)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="orders-ro", SourceDBInstanceIdentifier="orders")
    make_cluster(rds)
    make_database(rds, "shop-1", "aurora-postgresql", DBClusterIdentifier="shop")

    rows = {row["name"]: row for row in collect("rds.describe_db_instances").rows}

    assert rows["orders"]["replicas"] == ["orders-ro"]
    assert rows["orders-ro"]["replica_of"] == "orders"
    assert rows["shop-1"]["cluster"] == "shop"
    assert rows["orders"]["cluster"] is None


@pytest.mark.parametrize(("engine", "family"), [("aurora-mysql", "aurora"), ("neptune", "neptune"), ("mysql", "rds")])
def test_the_families_of_clusters_are_told_apart(rds, collect, engine, family):
    make_cluster(rds, engine=engine)

    (row,) = collect("rds.describe_db_clusters").rows

    assert (row["family"], row["replica_of"]) == (family, None)


def test_snapshots_say_what_made_them_and_of_what(rds, collect):
    made = make_database(rds)
    rds.create_db_snapshot(DBSnapshotIdentifier="by-hand", DBInstanceIdentifier="orders")

    rows = {row["kind"]: row for row in collect("rds.describe_db_snapshots").rows}

    assert rows["manual"]["name"] == "by-hand"
    assert rows["manual"]["source_id"] == made["DbiResourceId"]
    assert "automated" in rows


def test_the_listing_that_is_left_out_by_default_is_asked_for_too(aws, rds, collect):
    make_database(rds)
    aws.clear_calls()

    collect("rds.describe_db_snapshots")

    assert aws.calls()["rds", HERE, "DescribeDBSnapshots"] == 2


def test_more_databases_than_a_page_holds_are_all_read(rds, collect):
    for number in range(105):
        make_cluster(rds, f"c{number}")

    assert len(collect("rds.describe_db_clusters").rows) == 105


def test_a_stack_names_what_it_made_and_keeps_its_outputs_to_itself(aws, collect):
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mail"}}},
        "Outputs": {"Secret": {"Value": "not for us"}},
    }
    cloudformation = aws.client("cloudformation", HERE)
    cloudformation.create_stack(
        StackName="post", TemplateBody=json.dumps(template), Tags=[{"Key": "Owner", "Value": "ada"}]
    )

    (stack,) = collect("cloudformation.describe_stacks").rows
    (member,) = collect("cloudformation.list_stack_resources").rows

    assert (stack["name"], stack["tags"]) == ("post", {"Owner": "ada"})
    assert "not for us" not in json.dumps(stack)
    assert member["resource_type"] == "AWS::SQS::Queue"
    assert member["id"].endswith("/mail")
    assert member["stack"] == stack["arn"]


@pytest.mark.parametrize(
    ("name", "beside", "tool"),
    [
        ("plain", {"Description": "A serverless queue"}, ""),
        ("app", {"Parameters": {"BootstrapVersion": {"Type": "String", "Default": "21"}}}, "CDK"),
        ("CDKToolkit", {}, "CDK"),
        ("svc", {"Outputs": {"ServerlessDeploymentBucketName": {"Value": "deploys"}}}, "Serverless Framework"),
        ("old", {"Description": "The AWS CloudFormation template for this Serverless application"},
         "Serverless Framework"),
        ("aws-sam-cli-managed-default", {}, "SAM"),
    ],
)  # fmt: skip
def test_a_stack_says_by_names_alone_what_it_was_written_with(aws, collect, name, beside, tool):
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}}, **beside}
    aws.client("cloudformation", HERE).create_stack(StackName=name, TemplateBody=json.dumps(template))

    (stack,) = collect("cloudformation.describe_stacks").rows

    assert stack["made_with"] == tool


def test_a_deleted_stack_is_no_more(aws, collect):
    cloudformation = aws.client("cloudformation", HERE)
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}}
    cloudformation.create_stack(StackName="gone", TemplateBody=json.dumps(template))
    cloudformation.delete_stack(StackName="gone")

    assert collect("cloudformation.describe_stacks").rows == ()
    assert collect("cloudformation.list_stack_resources").rows == ()


def test_one_stack_that_may_not_be_read_is_named_and_the_others_are_read(aws, collect):
    cloudformation = aws.client("cloudformation", HERE)
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}})
    for name in ("open", "closed"):
        cloudformation.create_stack(StackName=name, TemplateBody=template)
    aws.set_faults(Faults(deny=(Deny("cloudformation:ListStackResources", about="closed"),)))

    unit = collect("cloudformation.list_stack_resources")

    assert unit.ending is Ending.PARTIAL
    assert [row["stack_name"] for row in unit.rows] == ["open"]
    assert [(":stack/closed/" in miss.resource, miss.iam_action) for miss in unit.unread] == [
        (True, "cloudformation:ListStackResources")
    ]


def test_vaults_that_hold_nothing_are_read_as_empty_where_they_cannot_be_listed(aws, collect):
    aws.client("backup", HERE).create_backup_vault(BackupVaultName="main")

    unit = collect("backup.list_recovery_points")

    assert (unit.ending, unit.rows) == (Ending.OK, ())


def test_a_denied_vault_is_never_read_as_empty(aws, collect):
    aws.client("backup", HERE).create_backup_vault(BackupVaultName="main")
    aws.set_faults(Faults(deny=(Deny("backup:ListRecoveryPointsByBackupVault"),)))

    unit = collect("backup.list_recovery_points")

    assert unit.ending is Ending.PARTIAL
    assert unit.unread[0].resource.endswith("backup-vault:main")
    assert unit.unread[0].iam_action == "backup:ListRecoveryPointsByBackupVault"


@pytest.mark.parametrize("operation", ["backup.list_backup_jobs", "backup.describe_region_settings"])
def test_what_the_endpoint_lacks_ends_as_unsupported(aws, collect, operation):
    assert collect(operation).ending is Ending.UNSUPPORTED


def test_a_plan_is_listed_though_its_selections_cannot_be_read(aws, collect):
    backup = aws.client("backup", HERE)
    rule = {"RuleName": "daily", "TargetBackupVaultName": "main"}
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "nightly", "Rules": [rule]})

    unit = collect("backup.list_backup_plans")

    assert unit.ending is Ending.PARTIAL
    assert [(row["name"], row["selections"]) for row in unit.rows] == [("nightly", None)]
    assert unit.rows[0]["rules"][0]["vault"] == "main"
