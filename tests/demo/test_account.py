import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from demo.account import REGIONS, seed_account
from demo.emulator import emulator
from demo.state import state_document

pytestmark = pytest.mark.xdist_group("account")  # one account, seeded once
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
IRELAND, VIRGINIA = REGIONS


@pytest.fixture(scope="module")
def running():
    with emulator() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def seeded(running):
    return seed_account(running.url, now=NOW)


def test_there_are_about_250_resources_in_two_regions(seeded):
    assert 200 <= len(seeded.resources) <= 300
    assert {one.region for one in seeded.resources} == {IRELAND, VIRGINIA, "global"}


def test_no_resource_is_written_down_twice(seeded):
    arns = Counter(one.arn for one in seeded.resources)

    assert [arn for arn, count in arns.items() if count > 1] == []


def test_of_16_databases_12_would_leave_nothing_behind(seeded, running):
    planted = Counter(one.check for one in seeded.truth.planted)
    databases = [
        one
        for region in REGIONS
        for one in running.client("rds", region).describe_db_instances()["DBInstances"]
        if not one.get("DBClusterIdentifier") and not one.get("ReadReplicaSourceDBInstanceIdentifier")
    ]
    clusters = running.client("rds").describe_db_clusters()["DBClusters"]

    assert len(databases) + len(clusters) == 16
    assert planted["rds_nothing_survives_deletion"] == 12
    assert planted["rds_retention_zero"] == 2


def test_a_snapshot_of_a_namesake_is_of_another_database(seeded, running):
    rds = running.client("rds")
    reports = rds.describe_db_instances(DBInstanceIdentifier="reports")["DBInstances"][0]
    left = rds.describe_db_snapshots(DBSnapshotIdentifier="reports-final")["DBSnapshots"][0]

    assert left["DBInstanceIdentifier"] == "reports"
    assert left["DbiResourceId"] != reports["DbiResourceId"]


def test_keys_are_as_old_as_the_truth_says(seeded, running):
    iam = running.client("iam")
    old = {one.resource.rpartition("/")[2] for one in seeded.truth.planted if one.check == "iam_key_old"}
    found = {
        user["UserName"]
        for user in iam.list_users()["Users"]
        for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        if key["Status"] == "Active" and NOW - key["CreateDate"] > timedelta(days=90)
    }

    assert found == old


def test_what_the_state_manages_is_there(seeded, running):
    document = state_document(seeded.state)
    managed = {
        instance["attributes"].get("arn")
        for resource in document["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    } - {None}

    assert document["version"] == 4
    assert managed == {one.arn for one in seeded.resources if one.managed == "Terraform"}


def test_the_same_seed_makes_the_same_account_down_to_the_ids(seeded):
    with emulator() as other:
        again = seed_account(other.url, now=NOW)

    assert json.dumps(again.truth.as_json()) == json.dumps(seeded.truth.as_json())
    assert state_document(again.state) == state_document(seeded.state)
