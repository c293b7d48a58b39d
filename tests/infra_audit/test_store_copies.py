"""What would be left of tables and shared file systems, and the other checks on what holds data, on bare rows."""

from datetime import UTC, datetime

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue

ACCOUNT, HERE = "123456789012", "eu-west-1"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABLE = f"arn:aws:dynamodb:{HERE}:{ACCOUNT}:table/baskets"
FILES = f"arn:aws:elasticfilesystem:{HERE}:{ACCOUNT}:file-system/fs-1"
BASKETS = {"arn": TABLE, "type": "dynamodb:table", "name": "baskets", "tags": {}}
UPLOADS = {
    "arn": FILES,
    "type": "elasticfilesystem:file-system",
    "name": "uploads",
    "tags": {"backup": "daily"},
    "is_replica": False,
    "created_at": "2026-01-05T08:00:00+00:00",
}
DESCRIBED = {"table": TABLE, "id": "id-1", "created_at": "2026-01-05T08:00:00+00:00", "replicas": []}


def judged(check, rows, endings=None):
    """Evaluate one region in which everything else that the check reads was read, and empty."""
    one = catalogue()[check]
    units = []
    for operation in one.reads:
        ending = (endings or {}).get(operation, Ending.OK)
        place = "global" if operation.startswith(("s3", "ec2.describe_regions")) else HERE
        units.append(Unit(operation, Place("aws", ACCOUNT, place), ending, tuple(rows.get(operation, ()))))
    return evaluate(Inventory(tuple(units)), settings=CheckSettings(), now=NOW, key=b"key", checks=[one])


def table_with(**more):
    return {
        "dynamodb.list_tables": [BASKETS],
        "dynamodb.describe_table": [DESCRIBED],
        "dynamodb.describe_continuous_backups": [{"table": TABLE, "point_in_time": False, "recovery_days": None}],
        **more,
    }


def backup(**changes):
    return {
        "backup": f"{TABLE}/backup/1",
        "table": TABLE,
        "table_id": "id-1",
        "kind": "USER",
        "status": "AVAILABLE",
        "held_in": HERE,
        "created_at": "2026-06-01T00:00:00+00:00",
        "kept_until": None,
    } | changes


def point(of, **changes):
    return {
        "recovery_point": f"arn:aws:backup:{HERE}:{ACCOUNT}:recovery-point:1",
        "resource": of,
        "status": "COMPLETED",
        "vault": "main",
        "held_in": HERE,
        "created_at": "2026-11-19T00:00:00+00:00",
        "kept_until": None,
        "restored_at": None,
    } | changes


def plan(**changes):
    selection = {"name": "s", "resources": [], "not_resources": [], "any_tag": [], "conditions": []} | changes
    return {"plan": "arn:plan", "name": "nightly", "rules": [], "selections": [selection]}


NOTHING = "dynamodb_nothing_survives_deletion"


def test_of_a_bare_table_nothing_is_left_and_the_sentence_says_what_was_looked_for():
    (finding,) = judged(NOTHING, table_with()).findings

    assert finding.detail.startswith(
        "If it is deleted, nothing is left of it: no point-in-time recovery, no backup, no recovery point and no"
        " replica of it is in this account, in the region read (eu-west-1)."
    )


@pytest.mark.parametrize(
    "more",
    [
        {"dynamodb.describe_continuous_backups": [{"table": TABLE, "point_in_time": True, "recovery_days": 1}]},
        {"dynamodb.list_backups": [backup()]},
        {"dynamodb.list_backups": [backup(kind="AWS_BACKUP")]},
        {"dynamodb.describe_table": [{**DESCRIBED, "replicas": [{"region": "us-east-1", "status": "ACTIVE"}]}]},
        {"backup.list_recovery_points": [point(TABLE)]},
    ],
    ids=["the service's own last backup", "a backup", "a backup of the service", "a replica", "a recovery point"],
)
def test_something_is_left_of_a_table(more):
    evaluation = judged(NOTHING, table_with(**more))

    assert evaluation.findings == []
    assert evaluation.passed[NOTHING] == 1


@pytest.mark.parametrize(
    "changes",
    [{"table_id": "id-0"}, {"status": "CREATING"}, {"created_at": "2025-06-01T00:00:00+00:00"}],
    ids=["of an older table of that name", "not finished", "older than the table"],
)
def test_a_backup_that_is_not_of_this_table_does_not_count(changes):
    assert judged(NOTHING, table_with(**{"dynamodb.list_backups": [backup(**changes)]})).findings


@pytest.mark.parametrize(
    "operation", ["dynamodb.list_backups", "dynamodb.describe_table", "backup.list_recovery_points"]
)
def test_what_was_not_read_of_tables_leaves_them_open(operation):
    evaluation = judged(NOTHING, table_with(), {operation: Ending.DENIED})

    assert evaluation.findings == []
    assert [(gap.unit, gap.resource) for gap in evaluation.gaps] == [(operation, TABLE)]


def files(**more):
    return {"efs.describe_file_systems": [UPLOADS], **more}


def replicated(status="ENABLED", account=ACCOUNT):
    to = {"file_system": "fs-2", "region": "us-east-1", "account": account, "status": status}
    return {"efs.describe_replication_configurations": [{"source": FILES, "to": [to]}]}


def test_of_a_file_system_without_copies_nothing_is_left():
    (finding,) = judged("efs_nothing_survives_deletion", files()).findings

    assert "no recovery point and no replica of it is in this account" in finding.detail


@pytest.mark.parametrize(
    "more", [replicated(), replicated(account="210987654321"), {"backup.list_recovery_points": [point(FILES)]}]
)
def test_something_is_left_of_a_file_system(more):
    assert judged("efs_nothing_survives_deletion", files(**more)).findings == []


def test_replication_that_failed_keeps_nothing():
    assert judged("efs_nothing_survives_deletion", files(**replicated("ERROR"))).findings


def test_what_others_are_replicated_onto_is_not_judged():
    evaluation = judged(
        "efs_nothing_survives_deletion", {"efs.describe_file_systems": [{**UPLOADS, "is_replica": True}]}
    )

    assert evaluation.examined["efs_nothing_survives_deletion"] == 0


@pytest.mark.parametrize(
    ("more", "bad"),
    [
        ({}, True),
        ({"backup.list_backup_plans": [plan(any_tag=[["backup", "daily"]])]}, False),
        ({"backup.list_backup_plans": [plan(any_tag=[["backup", "weekly"]])]}, True),
        (
            {
                "backup.list_backup_plans": [plan(any_tag=[["backup", "daily"]])],
                "backup.describe_region_settings": [{"opted_in": {"EFS": False}}],
            },
            True,
        ),
        (
            {
                "backup.list_backup_plans": [plan(resources=[FILES])],
                "backup.describe_region_settings": [{"opted_in": {"EFS": False}}],
            },
            False,
        ),
        ({"backup.list_recovery_points": [point(FILES)]}, False),
        ({"backup.list_recovery_points": [point(FILES, created_at="2026-02-01T00:00:00+00:00")]}, True),
    ],
    ids=["nothing", "tagged", "tagged otherwise", "kind switched off", "named all the same", "recent", "long ago"],
)
def test_a_file_system_is_backed_up_by_itself_by_a_plan_or_by_somebody(more, bad):
    told = {"efs.describe_backup_policy": [{"file_system": FILES, "automatic": False}]}

    assert bool(judged("efs_no_backup", files(**told, **more)).findings) is bad


def test_a_plan_that_could_not_be_read_may_cover_a_file_system():
    told = {"efs.describe_backup_policy": [{"file_system": FILES, "automatic": False}]}

    evaluation = judged("efs_no_backup", files(**told), {"backup.list_backup_plans": Ending.DENIED})

    assert evaluation.findings == []
    assert [gap.unit for gap in evaluation.gaps] == ["backup.list_backup_plans"]


@pytest.mark.parametrize(
    ("selections", "bad"), [([], True), (None, False), (plan()["selections"], False)], ids=["none", "unread", "some"]
)
def test_a_plan_that_selects_nothing_is_none(selections, bad):
    rows = {"backup.list_backup_plans": [{"plan": "arn:plan", "name": "nightly", "selections": selections}]}

    assert bool(judged("no_backup_plan", rows).findings) is bad


def test_no_plan_is_no_finding_where_a_region_could_not_be_asked():
    evaluation = judged("no_backup_plan", {}, {"backup.list_backup_plans": Ending.DENIED})

    assert evaluation.findings == []
    assert evaluation.gaps


@pytest.mark.parametrize(
    ("changes", "restores", "bad"),
    [
        ({}, [], True),
        ({}, ["FAILED"], True),
        ({}, ["COMPLETED"], False),
        ({"restored_at": "2024-01-01T00:00:00+00:00"}, [], False),
    ],
    ids=["never", "tried in vain", "of late", "long ago"],
)
def test_a_backup_was_tried_or_it_was_not(changes, restores, bad):
    rows = {
        "backup.list_recovery_points": [point(TABLE, **changes)],
        "backup.list_restore_jobs": [
            {"recovery_point": "r", "resource_kind": "RDS", "status": status, "created_at": None} for status in restores
        ],
    }

    assert bool(judged("backup_never_restored", rows).findings) is bad


def test_without_any_recovery_point_there_is_nothing_to_restore():
    assert judged("backup_never_restored", {}).examined["backup_never_restored"] == 0


def bucket(name, **tags):
    arn = f"arn:aws:s3:::{name}"
    return {"arn": arn, "type": "s3:bucket", "name": name, "tags": tags, "region": HERE}


@pytest.mark.parametrize(
    ("name", "tags", "kept"),
    [
        ("acme-tfstate", {}, "state"),
        ("acme.terraform.prod", {}, "state"),
        ("acme-db-backups", {}, "backups"),
        ("acme-logs-eu", {}, "logs"),
        ("cloudtrail-123", {}, "logs"),
        ("acme-1", {"Purpose": "nightly dumps"}, "backups"),
        ("acme-catalogue", {}, ""),
        ("acme-blogs", {}, ""),
        ("acme-statements", {}, ""),
        ("acme-1", {"Owner": "backup team"}, ""),
    ],
)
def test_what_a_bucket_keeps_is_told_by_whole_words_of_its_name_or_tags(name, tags, kept):
    one = bucket(name, **tags)
    rows = {"s3.list_buckets": [one], "s3.get_bucket_replication": [{"arn": one["arn"], "copied_to": []}]}

    findings = judged("s3_no_copy_elsewhere", rows).findings

    assert [finding.evidence["keeps"] for finding in findings] == ([kept] if kept else [])


def test_a_bucket_that_is_itself_the_copy_is_not_judged():
    source, copy = bucket("acme-backups"), bucket("acme-backups-copy")
    rows = {
        "s3.list_buckets": [source, copy],
        "s3.get_bucket_replication": [
            {"arn": source["arn"], "copied_to": [copy["arn"]]},
            {"arn": copy["arn"], "copied_to": []},
        ],
    }

    evaluation = judged("s3_no_copy_elsewhere", rows)

    assert evaluation.findings == []
    assert evaluation.examined["s3_no_copy_elsewhere"] == 1


def test_what_may_be_the_copy_of_a_bucket_that_could_not_be_read_is_not_judged():
    shut, versioned, plain = (bucket(f"acme-backups-{name}") for name in ("shut", "versioned", "plain"))
    rows = {
        "s3.list_buckets": [shut, versioned, plain],
        "s3.get_bucket_replication": [
            {"arn": shut["arn"], "unversioned": False, "copied_to": None},
            {"arn": versioned["arn"], "unversioned": False, "copied_to": []},
            {"arn": plain["arn"], "unversioned": True, "copied_to": []},
        ],
    }

    evaluation = judged("s3_no_copy_elsewhere", rows)

    assert [finding.resource for finding in evaluation.findings] == [plain["arn"]]
    assert {gap.resource for gap in evaluation.gaps} == {shut["arn"], versioned["arn"]}


def flags(**changes):
    names = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
    return dict.fromkeys(names, False) | changes


@pytest.mark.parametrize(
    ("account", "own", "expected"),
    [
        (flags(), flags(), "bad"),
        (dict.fromkeys(flags(), True), flags(), "good"),
        (flags(block_public_acls=True, ignore_public_acls=True),
         flags(block_public_policy=True, restrict_public_buckets=True), "good"),
        (flags(), dict.fromkeys(flags()), "open"),
        (None, dict.fromkeys(flags(), True), "good"),
        (None, flags(), "open"),
    ],
    ids=["both off", "account on", "each a half", "bucket unread", "account unread, bucket on", "account unread"],
)  # fmt: skip
def test_a_switch_counts_where_account_or_bucket_has_it_on(account, own, expected):
    one = bucket("acme")
    rows = {
        "s3.list_buckets": [one],
        "s3.get_bucket_policy_status": [{"arn": one["arn"], **own}],
        "s3control.get_public_access_block": [{"account": "arn:root", **account}] if account else [],
    }
    endings = {} if account else {"s3control.get_public_access_block": Ending.DENIED}

    evaluation = judged("s3_no_block_public_access", rows, endings)

    told = "bad" if evaluation.findings else "good" if evaluation.passed["s3_no_block_public_access"] else "open"
    assert told == expected


def server(**changes):
    return {
        "arn": f"arn:aws:rds:{HERE}:{ACCOUNT}:db:orders",
        "type": "rds:db",
        "name": "orders",
        "tags": {},
        "engine": "aurora-mysql",
        "cluster": "shop",
        "parameter_groups": ["default.aurora-mysql8.0"],
    } | changes


@pytest.mark.parametrize(
    ("of_cluster", "of_server", "bad"),
    [("1", None, False), ("0", None, True), (None, None, True), ("1", "0", True), ("0", "on", False)],
)
def test_a_members_own_word_on_the_slow_log_goes_before_its_clusters(of_cluster, of_server, bad):
    def group(of, name, value):
        return {"group": name, "of": of, "slow_log": {"slow_query_log": value} if value else {}}

    rows = {
        "rds.describe_db_instances": [server(parameter_groups=["own"])],
        "rds.describe_db_clusters": [{"name": "shop", "parameter_group": "ours"}],
        "rds.describe_db_parameters": [group("cluster", "ours", of_cluster), group("instance", "own", of_server)],
    }

    assert bool(judged("rds_slow_log_off", rows).findings) is bad


@pytest.mark.parametrize(("value", "bad"), [("-1", True), ("0", False), ("250", False), ("", True)])
def test_postgres_logs_what_takes_longer_than_so_many_milliseconds(value, bad):
    rows = {
        "rds.describe_db_instances": [server(engine="postgres", cluster=None, parameter_groups=["own"])],
        "rds.describe_db_parameters": [
            {"group": "own", "of": "instance", "slow_log": {"log_min_duration_statement": value}}
        ],
    }

    assert bool(judged("rds_slow_log_off", rows).findings) is bad


def test_a_parameter_group_that_was_not_read_leaves_the_slow_log_open():
    rows = {"rds.describe_db_instances": [server(engine="postgres", cluster=None, parameter_groups=["own"])]}

    evaluation = judged("rds_slow_log_off", rows, {"rds.describe_db_parameters": Ending.DENIED})

    assert evaluation.findings == []
    assert [gap.unit for gap in evaluation.gaps] == ["rds.describe_db_parameters"]


@pytest.mark.parametrize(
    ("zones", "multi_az", "bad"),
    [(["a"], False, True), (["a", "b"], False, False), (["a", "a"], False, True), (["a"], True, False)],
)
def test_a_cluster_is_as_spread_as_its_members(zones, multi_az, bad):
    members = [
        server(arn=f"arn:{number}", name=f"shop-{number}", zone=zone, replica_of=None)
        for number, zone in enumerate(zones)
    ]
    shop = {
        "arn": f"arn:aws:rds:{HERE}:{ACCOUNT}:cluster:shop",
        "type": "rds:cluster",
        "name": "shop",
        "tags": {},
        "members": [one["name"] for one in members],
        "replica_of": None,
        "multi_az": multi_az,
    }

    evaluation = judged("rds_single_az", {"rds.describe_db_instances": members, "rds.describe_db_clusters": [shop]})

    assert [finding.resource for finding in evaluation.findings] == ([shop["arn"]] if bad else [])


@pytest.mark.parametrize("unread", ["rds.describe_db_instances", "rds.describe_db_clusters"])
def test_what_is_not_known_of_clusters_and_their_members_is_told(unread):
    shop = {
        "arn": f"arn:aws:rds:{HERE}:{ACCOUNT}:cluster:shop",
        "type": "rds:cluster",
        "name": "shop",
        "tags": {},
        "members": ["shop-0", "shop-1"],
        "replica_of": None,
        "multi_az": False,
    }
    listed = {"rds.describe_db_instances": [], "rds.describe_db_clusters": [shop]}

    evaluation = judged("rds_single_az", {**listed, unread: []}, {unread: Ending.ERROR})

    assert (evaluation.findings, evaluation.examined) == ([], {"rds_single_az": 0})
    assert [gap.unit for gap in evaluation.gaps] == [unread]
