"""Which databases would leave no copy behind, judged over inventories as the collectors write them."""

from datetime import UTC, datetime

import pytest

from infra_audit.database_copies import CLUSTERS, INSTANCES, PROOFS
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue

ACCOUNT = "123456789012"
HERE, THERE = "eu-west-1", "us-east-1"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHECK = "rds_nothing_survives_deletion"
PLANS, JOBS, SETTINGS = "backup.list_backup_plans", "backup.list_backup_jobs", "backup.describe_region_settings"
SENT, SNAPSHOTS = "backup.list_copy_jobs", "rds.describe_db_snapshots"
STALE, BESIDE = "rds_copies_stale", "rds_copies_same_account_only"
ALL_PROOFS = tuple(dict.fromkeys(operation for some in PROOFS.values() for operation in some))


def arn(rest, region=HERE, service="rds"):
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"


def database(name="orders", region=HERE, **changes):
    return {
        "arn": arn(f"db:{name}", region),
        "type": "rds:db",
        "name": name,
        "tags": {"Environment": "prod"},
        "family": "rds",
        "engine": "postgres",
        "status": "available",
        "resource_id": f"db-{name}-{region}".upper(),
        "cluster": None,
        "replica_of": None,
        "replicas": [],
        "replicated_backups": [],
        "retention_days": 7,
        "created_at": "2026-01-05T08:00:00+00:00",
    } | changes


def cluster(name="shop", **changes):
    own = {
        "arn": arn(f"cluster:{name}"),
        "type": "rds:cluster",
        "family": "aurora",
        "engine": "aurora-mysql",
        "resource_id": f"cluster-{name}".upper(),
        "members": [],
        "global_cluster": None,
    }
    row = {key: value for key, value in database(name).items() if key != "cluster"}
    return row | own | changes


def snapshot(of, kind="manual", region=HERE, **changes):
    word = "snapshot" if of["type"] == "rds:db" else "cluster-snapshot"
    return {
        "arn": arn(f"{word}:{of['name']}-{kind}", region),
        "type": f"rds:{word}",
        "name": f"{of['name']}-{kind}",
        "tags": {},
        "kind": kind,
        "status": "available",
        "source": of["name"],
        "source_id": of["resource_id"],
        "source_region": None if region == HERE else HERE,
        "source_created_at": of["created_at"],
        "created_at": "2026-06-01T08:00:00+00:00",
    } | changes


def recovery_point(of, region=HERE, **changes):
    return {
        "recovery_point": arn(f"recovery-point:{of['name']}", region, "backup"),
        "resource": of["arn"],
        "resource_kind": "RDS",
        "status": "COMPLETED",
        "vault": "main",
        "vault_locked": False,
        "held_in": region,
        "created_at": "2026-06-01T08:00:00+00:00",
        "kept_until": None,
    } | changes


def automated(of, held_in=THERE, **changes):
    return {
        "backup_arn": arn("auto-backup:ab-1", held_in),
        "status": "replicating",
        "source": of["name"],
        "source_arn": of["arn"],
        "source_id": of["resource_id"],
        "held_in": held_in,
        "retention_days": 7,
    } | changes


def plan(*selections, name="nightly"):
    return {"plan": arn("backup-plan:1", service="backup"), "name": name, "rules": [], "selections": list(selections)}


def selection(**changes):
    return {"name": "all", "resources": ["*"], "not_resources": [], "any_tag": [], "conditions": []} | changes


def judged(rows=None, there=None, endings=None, check=CHECK, regions=None):
    """Evaluate over two regions that were read wholly; `endings` is {(operation, region): ending}."""
    units = [Unit("ec2.describe_regions", Place("aws", ACCOUNT, "global"), Ending.OK, tuple(regions or ()))]
    for region, some in ((HERE, rows or {}), (THERE, there or {})):
        for operation in (INSTANCES, CLUSTERS, *ALL_PROOFS, PLANS, JOBS, SETTINGS, SENT):
            ending = (endings or {}).get((operation, region), Ending.OK)
            units.append(Unit(operation, Place("aws", ACCOUNT, region), ending, tuple(some.get(operation, ()))))
    checks = [catalogue()[check]]
    return evaluate(Inventory(tuple(units)), settings=CheckSettings(), now=NOW, key=b"key", checks=checks)


def found(evaluation):
    return [finding.resource for finding in evaluation.findings]


def test_a_database_with_automated_backups_alone_is_lost_with_them():
    finding = judged({INSTANCES: [database()]}).findings[0]

    assert finding.severity == "critical"
    assert finding.evidence["copies"] == []
    assert finding.evidence["regions_read"] == [HERE, THERE]
    assert finding.detail.startswith(
        "If it is deleted, what is left depends on a choice made in that moment (a final snapshot, or keeping its"
        " automated backups of 7 days, which go with it otherwise): no manual snapshot, no recovery point and no"
        " replica of it is in this account, in the 2 regions read."
    )
    assert "invisible to us" in finding.detail


@pytest.mark.parametrize("kind", ["manual", "awsbackup"])
def test_an_own_snapshot_is_a_copy(kind):
    orders = database()

    evaluation = judged({INSTANCES: [orders], "rds.describe_db_snapshots": [snapshot(orders, kind)]})

    assert found(evaluation) == []
    assert evaluation.passed[CHECK] == 1


@pytest.mark.parametrize(
    "changes",
    [{"kind": "automated"}, {"kind": "shared"}, {"status": "creating"}, {"status": "failed"}],
    ids=["goes with the database", "another account's", "not finished", "failed"],
)
def test_what_is_no_copy_of_ones_own_does_not_count(changes):
    orders = database()
    snapshots = [snapshot(orders, **changes)]

    assert found(judged({INSTANCES: [orders], "rds.describe_db_snapshots": snapshots})) == [orders["arn"]]


def test_a_snapshot_copied_to_another_region_counts():
    orders = database()

    assert found(judged({INSTANCES: [orders]}, {"rds.describe_db_snapshots": [snapshot(orders, region=THERE)]})) == []


def test_a_snapshot_of_an_older_database_of_the_same_name_does_not_count():
    orders = database()
    old = snapshot(orders, source_id="DB-ANOTHER", created_at="2025-06-01T08:00:00+00:00")

    assert found(judged({INSTANCES: [orders], "rds.describe_db_snapshots": [old]})) == [orders["arn"]]


def test_a_snapshot_counts_after_the_database_was_renamed():
    orders = database()

    assert (
        found(judged({INSTANCES: [orders], "rds.describe_db_snapshots": [snapshot(orders, source="old-name")]})) == []
    )


def test_an_id_that_two_databases_share_identifies_neither():
    orders, stock = database("orders", resource_id="DB-SAME"), database("stock", resource_id="DB-SAME")

    evaluation = judged({INSTANCES: [orders, stock], "rds.describe_db_snapshots": [snapshot(orders)]})

    assert found(evaluation) == [stock["arn"]]


def test_without_ids_the_same_name_in_another_region_is_another_database():
    here, there = database(resource_id=None), database(region=THERE, resource_id=None)
    copy = snapshot(here, source_id=None, source_created_at=None)

    evaluation = judged({INSTANCES: [here], "rds.describe_db_snapshots": [copy]}, {INSTANCES: [there]})

    assert found(evaluation) == [there["arn"]]


def test_a_recovery_point_counts_wherever_its_vault_is():
    orders = database()

    assert found(judged({INSTANCES: [orders]}, {"backup.list_recovery_points": [recovery_point(orders, THERE)]})) == []


def test_a_cluster_is_known_to_backup_by_its_resource_id_too():
    shop = cluster()
    point = recovery_point(shop, resource=arn(f"cluster:{shop['resource_id']}"))

    assert found(judged({CLUSTERS: [shop], "backup.list_recovery_points": [point]})) == []


@pytest.mark.parametrize(
    "changes",
    [{"status": "EXPIRED"}, {"status": "DELETING"}, {"created_at": "2025-01-01T00:00:00+00:00"}],
    ids=["expired", "going", "older than the database"],
)
def test_a_recovery_point_that_will_not_help_does_not_count(changes):
    orders = database()
    points = [recovery_point(orders, **changes)]

    assert found(judged({INSTANCES: [orders], "backup.list_recovery_points": points})) == [orders["arn"]]


def test_replicated_automated_backups_are_a_time_limited_copy():
    orders = database(replicated_backups=[arn("auto-backup:ab-1", THERE)])

    evaluation = judged({INSTANCES: [orders]}, {"rds.describe_db_instance_automated_backups": [automated(orders)]})

    assert found(evaluation) == []
    assert evaluation.passed[CHECK] == 1


def test_automated_backups_in_the_same_region_are_no_copy():
    orders = database()
    rows = {INSTANCES: [orders], "rds.describe_db_instance_automated_backups": [automated(orders, HERE)]}

    assert found(judged(rows)) == [orders["arn"]]


def test_replication_that_was_set_up_but_holds_nothing_is_no_copy():
    orders = database(replicated_backups=[arn("auto-backup:ab-1", THERE)])

    assert found(judged({INSTANCES: [orders]})) == [orders["arn"]]


def test_replication_into_a_region_that_was_not_read_leaves_it_open():
    orders = database(replicated_backups=[arn("auto-backup:ab-1", "ap-south-1")])

    evaluation = judged({INSTANCES: [orders]})

    assert evaluation.examined[CHECK] == 0
    assert [(gap.unit, gap.resource) for gap in evaluation.gaps] == [
        ("rds.describe_db_instance_automated_backups", orders["arn"])
    ]


def test_a_replica_is_judged_where_its_source_is_and_keeps_the_source_alive():
    orders, reader = database(replicas=["orders-ro"]), database("orders-ro", replica_of="orders")

    evaluation = judged({INSTANCES: [orders, reader]})

    assert evaluation.examined[CHECK] == 1
    assert found(evaluation) == []


def test_a_cluster_is_judged_once_and_its_members_never():
    shop = cluster(members=["shop-1", "shop-2"])
    members = [database(name, cluster="shop", family="aurora") for name in shop["members"]]

    evaluation = judged({INSTANCES: members, CLUSTERS: [shop]})

    assert found(evaluation) == [shop["arn"]]
    assert evaluation.examined[CHECK] == 1


def test_a_snapshot_of_a_cluster_is_no_copy_of_an_instance_of_that_name():
    shop, namesake = cluster("shop"), database("shop")

    evaluation = judged(
        {INSTANCES: [namesake], CLUSTERS: [shop], "rds.describe_db_cluster_snapshots": [snapshot(shop)]}
    )

    assert found(evaluation) == [namesake["arn"]]


def test_clusters_of_one_global_database_keep_each_other_alive():
    one, other = cluster("one", global_cluster="world"), cluster("other", global_cluster="world")

    assert found(judged({CLUSTERS: [one, other]})) == []


@pytest.mark.parametrize("operation", PROOFS["rds:db"])
@pytest.mark.parametrize("ending", [Ending.DENIED, Ending.PARTIAL, Ending.TRUNCATED, Ending.UNSUPPORTED])
def test_whatever_was_not_read_in_any_region_leaves_it_open(operation, ending):
    evaluation = judged({INSTANCES: [database()]}, endings={(operation, THERE): ending})

    assert evaluation.findings == []
    assert evaluation.examined[CHECK] == 0
    assert [(gap.unit, gap.region, gap.reason) for gap in evaluation.gaps] == [(operation, THERE, ending.value)]


def test_a_copy_that_was_seen_settles_it_whatever_else_was_denied():
    orders = database()
    rows = {INSTANCES: [orders], "rds.describe_db_snapshots": [snapshot(orders)]}

    evaluation = judged(rows, endings={("backup.list_recovery_points", THERE): Ending.DENIED})

    assert evaluation.passed[CHECK] == 1
    assert evaluation.gaps == []


def test_databases_that_could_not_be_listed_are_named_and_the_others_judged():
    evaluation = judged({INSTANCES: [database()]}, endings={(INSTANCES, THERE): Ending.DENIED})

    assert len(evaluation.findings) == 1
    assert [(gap.unit, gap.region) for gap in evaluation.gaps] == [(INSTANCES, THERE)]


@pytest.mark.parametrize("operation", [PLANS, JOBS, SETTINGS])
def test_what_only_changes_the_wording_never_leaves_it_open(operation):
    evaluation = judged({INSTANCES: [database()]}, endings={(operation, HERE): Ending.DENIED})

    assert len(evaluation.findings) == 1
    assert operation in evaluation.findings[0].evidence["not_read"]
    assert evaluation.gaps == []


def test_a_plan_that_has_made_no_copy_yet_is_said_to_be_planned():
    detail = judged({INSTANCES: [database()], PLANS: [plan(selection())]}).findings[0].detail

    assert "Planned, none yet: the backup plan “nightly” covers it" in detail


def test_a_plan_for_a_kind_that_is_switched_off_is_told_apart():
    rows = {CLUSTERS: [cluster()], PLANS: [plan(selection())], SETTINGS: [{"opted_in": {"Aurora": False}}]}

    detail = judged(rows).findings[0].detail

    assert "does not let plans copy its kind" in detail


def test_a_plan_of_another_region_covers_nothing_here():
    detail = judged({INSTANCES: [database()]}, {PLANS: [plan(selection())]}).findings[0].detail

    assert "No backup plan covers it." in detail


def test_the_last_failed_backup_job_is_told():
    jobs = [
        {
            "resource": arn("db:orders"),
            "state": "FAILED",
            "message": said,
            "created_at": f"2026-11-{day}T02:00:00+00:00",
        }
        for day, said in (("09", "Older."), ("12", "Role cannot be assumed."), ("11", "Old."))
    ]

    finding = judged({INSTANCES: [database()], JOBS: jobs}).findings[0]

    assert "failed on 2026-11-12 (Role cannot be assumed)." in finding.detail
    assert finding.evidence["last_failed_job"]["created_at"].startswith("2026-11-12")


def test_a_development_database_weighs_less_and_says_why():
    finding = judged({INSTANCES: [database(tags={"Environment": "dev"})]}).findings[0]

    assert finding.severity == "high"
    assert "dev" in finding.severity_reason


def test_neptune_and_documentdb_are_clusters_like_any_other():
    graph, papers = (
        cluster("graph", family="neptune", engine="neptune"),
        cluster("papers", family="docdb", engine="docdb"),
    )

    evaluation = judged({CLUSTERS: [graph, papers], "rds.describe_db_cluster_snapshots": [snapshot(papers)]})

    assert [(one.resource, one.evidence["engine"]) for one in evaluation.findings] == [(graph["arn"], "neptune")]


def sent(of, account="210987654321"):
    return {
        "resource": of["arn"],
        "to_vault": f"arn:aws:backup:{HERE}:{account}:backup-vault:safe",
        "to_account": account,
        "to_region": HERE,
        "created_at": "2026-11-19T02:00:00+00:00",
    }


def test_a_replica_in_a_region_that_was_not_read_leaves_it_open():
    orders = database(replicas=[arn("db:orders-ro", "ap-south-1")])

    evaluation = judged({INSTANCES: [orders]})

    assert evaluation.examined[CHECK] == 0
    assert [(gap.unit, gap.resource) for gap in evaluation.gaps] == [(INSTANCES, orders["arn"])]


def test_a_replica_in_another_region_that_was_read_is_a_copy_there():
    orders = database(replicas=[arn("db:orders-ro", THERE)])
    reader = database("orders-ro", THERE, replica_of=orders["arn"])

    assert found(judged({INSTANCES: [orders]}, {INSTANCES: [reader]})) == []


@pytest.mark.parametrize("rest", [[], [database("orders-ro", replica_of="orders", status="deleting")]])
def test_a_replica_that_is_gone_or_going_is_no_copy(rest):
    orders = database(replicas=["orders-ro"])

    assert found(judged({INSTANCES: [orders, *rest]})) == [orders["arn"]]


def test_a_member_of_a_global_database_is_open_where_its_group_may_lie_in_what_was_not_read():
    shop = cluster(global_cluster="world")

    evaluation = judged({CLUSTERS: [shop]}, endings={(CLUSTERS, THERE): Ending.DENIED})

    assert evaluation.findings == []
    assert (CLUSTERS, THERE, shop["arn"]) in [(gap.unit, gap.region, gap.resource) for gap in evaluation.gaps]


def test_what_was_sent_to_another_account_can_only_be_verified_there():
    orders = database()

    evaluation = judged({INSTANCES: [orders], SENT: [sent(orders)]})

    assert evaluation.findings == []
    (gap,) = evaluation.gaps
    assert (gap.unit, gap.reason, gap.resource) == (SENT, "not_applicable", orders["arn"])
    assert "account 210987654321, and only there" in gap.message


def test_a_continuous_recovery_point_of_a_cluster_is_a_copy_for_a_time():
    shop = cluster()
    point = recovery_point(shop, recovery_point=arn("recovery-point:continuous:shop", service="backup"))

    assert found(judged({CLUSTERS: [shop], "backup.list_recovery_points": [point]})) == []


def test_a_continuous_recovery_point_of_an_instance_is_its_automated_backups_and_leaves_it_open():
    orders = database()
    point = recovery_point(orders, recovery_point=arn("recovery-point:continuous:orders", service="backup"))

    evaluation = judged({INSTANCES: [orders], "backup.list_recovery_points": [point]})

    assert evaluation.findings == []
    assert "whether they are kept is chosen when it is deleted" in evaluation.gaps[0].message


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (database(retention_days=0), "(a final snapshot; it makes no automated backups)"),
        (database(retention_days=1), "or keeping its automated backups of 1 day, which go with it otherwise)"),
        (cluster(family="aurora"), "or keeping its automated backups of 7 days, which go with it otherwise)"),
        (cluster(family="rds"), "(a final snapshot; its automated backups of 7 days go with it)"),
        (cluster(family="docdb"), "(a final snapshot; its automated backups of 7 days go with it)"),
        (cluster(family="neptune"), "(a final snapshot; its automated backups of 7 days go with it)"),
    ],
    ids=["none", "instance", "Aurora", "Multi-AZ cluster", "DocumentDB", "Neptune"],
)
def test_the_verdict_says_what_can_still_be_chosen_while_deleting(thing, expected):
    operation = INSTANCES if thing["type"] == "rds:db" else CLUSTERS

    assert expected in judged({operation: [thing]}).findings[0].detail


def test_regions_that_nobody_asked_for_make_it_less_sure_and_are_counted():
    regions = [
        {"region": region, "enabled": region != "me-south-1"} for region in (HERE, THERE, "sa-east-1", "me-south-1")
    ]

    finding = judged({INSTANCES: [database()]}, regions=regions).findings[0]

    assert finding.confidence == "medium"
    assert "in the 2 regions read of 3 enabled." in finding.detail
    assert finding.evidence["regions_not_read"] == ["sa-east-1"]


@pytest.mark.parametrize(
    ("made", "bad"), [("2026-11-19T12:00:00+00:00", False), ("2026-11-13T12:00:00+00:00", False),
                      ("2026-11-13T11:59:00+00:00", True)],
    ids=["yesterday", "just in time", "too old"],
)  # fmt: skip
def test_the_newest_copy_is_held_to_what_was_agreed(made, bad):
    orders = database()
    snapshots = [
        snapshot(orders, arn=arn(f"snapshot:{when}"), created_at=when) for when in ("2026-02-01T00:00:00+00:00", made)
    ]

    evaluation = judged({INSTANCES: [orders], SNAPSHOTS: snapshots}, check=STALE)

    assert bool(evaluation.findings) is bad
    assert evaluation.examined[STALE] == 1


def test_without_any_copy_there_is_none_that_could_be_old():
    assert judged({INSTANCES: [database()]}, check=STALE).examined[STALE] == 0


def test_replicated_automated_backups_follow_every_change():
    orders = database(replicated_backups=[arn("auto-backup:ab-1", THERE)])
    rows = {INSTANCES: [orders], SNAPSHOTS: [snapshot(orders, created_at="2026-02-01T00:00:00+00:00")]}

    evaluation = judged(rows, {"rds.describe_db_instance_automated_backups": [automated(orders)]}, check=STALE)

    assert evaluation.passed[STALE] == 1


def test_an_old_copy_is_no_verdict_where_a_newer_one_may_lie_in_what_was_not_read():
    orders = database()
    rows = {INSTANCES: [orders], SNAPSHOTS: [snapshot(orders, created_at="2026-02-01T00:00:00+00:00")]}

    evaluation = judged(rows, endings={("backup.list_recovery_points", THERE): Ending.DENIED}, check=STALE)

    assert evaluation.findings == []
    assert [(gap.unit, gap.region) for gap in evaluation.gaps] == [("backup.list_recovery_points", THERE)]


@pytest.mark.parametrize("check", [STALE, BESIDE])
@pytest.mark.parametrize("unread", [SNAPSHOTS, "backup.list_recovery_points"])
def test_where_the_only_copy_may_lie_in_what_was_not_read_the_check_says_so(check, unread):
    evaluation = judged({INSTANCES: [database()]}, endings={(unread, HERE): Ending.ERROR}, check=check)

    assert evaluation.examined[check] == 0
    assert [(gap.unit, gap.resource) for gap in evaluation.gaps] == [(unread, database()["arn"])]


def test_copies_beside_the_database_alone_are_told():
    orders = database()

    evaluation = judged({INSTANCES: [orders], SNAPSHOTS: [snapshot(orders)]}, check=BESIDE)

    assert found(evaluation) == [orders["arn"]]
    assert evaluation.findings[0].detail.startswith(f"Its only copy is in {HERE}, and none in another region")


def test_a_copy_in_another_region_or_account_is_elsewhere():
    orders = database()
    own = {INSTANCES: [orders], SNAPSHOTS: [snapshot(orders)]}

    assert found(judged(own, {SNAPSHOTS: [snapshot(orders, region=THERE)]}, check=BESIDE)) == []
    assert found(judged({**own, SENT: [sent(orders)]}, check=BESIDE)) == []


def test_whether_recovery_points_were_sent_on_must_have_been_read():
    orders = database()
    rows = {INSTANCES: [orders], "backup.list_recovery_points": [recovery_point(orders)]}

    evaluation = judged(rows, endings={(SENT, HERE): Ending.DENIED}, check=BESIDE)

    assert evaluation.findings == []
    assert [(gap.unit, gap.region) for gap in evaluation.gaps] == [(SENT, HERE)]


def test_of_snapshots_alone_nothing_could_have_been_sent_on():
    orders = database()
    rows = {INSTANCES: [orders], SNAPSHOTS: [snapshot(orders)]}

    assert found(judged(rows, endings={(SENT, HERE): Ending.UNSUPPORTED}, check=BESIDE)) == [orders["arn"]]
