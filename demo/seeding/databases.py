"""Sixteen databases: twelve of which nothing would survive their deletion, and the company believes in its backups."""

from dataclasses import dataclass, field

from demo.ledger import (
    BY_HAND,
    DERIVED,
    IRELAND,
    STATE,
    VIRGINIA,
    Ledger,
    StateEntry,
    Tags,
    arn,
    pairs,
    tagged,
)

COPY_HERE, COPY_ELSEWHERE = "here", "elsewhere"
OBJECTIVE_DAYS = A_WEEK = 7
# With an alarm that tells somebody, made with the rest of what watches; the ledger has one that tells nobody.
WATCHED = ("payments", "orders", "customers")
VERSIONS = {
    "postgres": "16.4",
    "mysql": "8.4.3",
    "aurora-postgresql": "16.4",
    "aurora-mysql": "8.0.mysql_aurora.3.08.0",
}
# Nobody mends these any more, or only for those who pay.
OLD_VERSIONS = {
    "legacy-erp": "5.6.51",
    "warehouse-eu": "5.7.44",
    "reports": "12.22",
    "reviews": "5.7.mysql_aurora.2.11.4",
}


@dataclass(frozen=True)
class Database:
    """One database. `copy`: where a manual snapshot of it lies, if any; `protected`: deletion protection is on.

    `stand_by`: it has one in another zone; `logged`: it writes down slow queries.
    """

    name: str
    region: str = IRELAND
    engine: str = "postgres"
    retention_days: int = 7
    protected: bool = False
    copy: str = ""
    managed: str = BY_HAND
    tags: Tags = field(default_factory=dict)
    age_days: int = 400
    snapshot_of_a_namesake: bool = False
    copy_age_days: float = 3
    stand_by: bool = False
    encrypted: bool = False
    logged: bool = False

    @property
    def version(self) -> str:
        return OLD_VERSIONS.get(self.name) or VERSIONS[self.engine]


PROD_ORDERS, PROD_PAYMENTS = tagged("prod", "orders"), tagged("prod", "payments")
DATABASES = (
    # A copy that does not depend on a choice made while deleting.
    Database("payments", protected=True, copy=COPY_HERE, managed=STATE, tags=PROD_PAYMENTS, age_days=910,
             stand_by=True, encrypted=True, logged=True),
    Database("customers", protected=True, copy=COPY_ELSEWHERE, managed=STATE, tags=PROD_ORDERS, age_days=910,
             stand_by=True, encrypted=True),
    Database("ledger", engine="mysql", retention_days=35, protected=True, copy=COPY_HERE, managed=STATE,
             tags=tagged("prod", "finance"), age_days=700, copy_age_days=45, encrypted=True, logged=True),
    # Automated backups alone: they go with the database.
    Database("orders", protected=True, managed=STATE, tags=PROD_ORDERS, age_days=910, stand_by=True, encrypted=True),
    Database("inventory", engine="mysql", managed=STATE, tags=tagged("prod", "warehouse"), age_days=850),
    Database("shipments", tags=tagged("prod", "warehouse"), age_days=620),
    Database("pricing", retention_days=1, tags=tagged("prod"), age_days=330),
    Database("loyalty", engine="mysql", tags=tagged("prod", "storefront"), age_days=280),
    Database("warehouse-eu", engine="mysql", age_days=1250),
    Database("reports", snapshot_of_a_namesake=True, age_days=90),
    Database("storefront-us", VIRGINIA, protected=True, managed=STATE, tags=tagged("prod", "storefront"), age_days=540,
             stand_by=True),
    Database("search-us", VIRGINIA, engine="mysql", tags=tagged("prod", "storefront"), age_days=300),
    # No automated backups either.
    Database("legacy-erp", engine="mysql", retention_days=0, age_days=1400),
    Database("orders-staging", VIRGINIA, retention_days=0, tags=tagged("staging", "orders"), age_days=200),
)  # fmt: skip


@dataclass(frozen=True)
class Cluster:
    """An Aurora cluster; its members, each in a zone of its own, and their copies are the cluster's."""

    name: str
    engine: str
    members: tuple[str, ...]
    copied: bool
    protected: bool
    managed: str
    tags: Tags
    age_days: int = 480


CLUSTERS = (
    Cluster("catalogue", "aurora-postgresql", ("catalogue-1", "catalogue-2"), True, True, STATE,
            tagged("prod", "storefront")),
    Cluster("reviews", "aurora-mysql", ("reviews-1",), False, False, BY_HAND, tagged("", "", "reviews")),
)  # fmt: skip


LOGGED = {"postgres": ("hp-postgres", "postgres16", "log_min_duration_statement", "1000"),
          "mysql": ("hp-mysql", "mysql8.0", "slow_query_log", "1")}  # fmt: skip


def seed_databases(ledger: Ledger) -> None:
    """Instances, clusters with members, one replica, and the copies."""
    for group, family, parameter, value in LOGGED.values():
        rds = ledger.aws("rds", IRELAND)
        rds.create_db_parameter_group(DBParameterGroupName=group, DBParameterGroupFamily=family, Description="Ours")
        told = [{"ParameterName": parameter, "ParameterValue": value, "ApplyMethod": "immediate"}]
        rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=told)
    for one in DATABASES:
        seed_database(ledger, one)
    for cluster in CLUSTERS:
        _cluster(ledger, cluster)
    _replica(ledger)


def seed_database(ledger: Ledger, one: Database) -> None:
    if one.snapshot_of_a_namesake:
        _leave_a_namesakes_snapshot(ledger, one)
    made = _create_instance(ledger, one)
    found = ledger.add(made["DBInstanceArn"], "rds:db", one.region, one.tags, one.managed)
    if one.managed == STATE:
        # Provider 5 writes the resource id into `id`; a state holds the password too, which nobody may carry on.
        identity = {"id": made["DbiResourceId"], "identifier": one.name, "arn": found}
        ledger.put_in_state(
            StateEntry(
                "aws_db_instance",
                "this",
                {**identity, "password": ledger.credentials.password()},
                "module.data",
                one.name,
            )
        )
    if one.copy == COPY_HERE:
        _snapshot(ledger, one, f"{one.name}-before-upgrade", age_days=one.copy_age_days)
        ledger.plant("rds_copies_same_account_only", found, one.region)
        if one.copy_age_days > OBJECTIVE_DAYS:
            ledger.plant("rds_copies_stale", found, one.region)
    elif one.copy == COPY_ELSEWHERE:
        _snapshot_elsewhere(ledger, one)
    else:
        ledger.plant("rds_nothing_survives_deletion", found, one.region)
    _plant_settings(ledger, one, found)
    _plant_unwatched(ledger, found, one.region, logged=one.logged)
    if one.name not in WATCHED:
        ledger.plant("no_alarms", found, one.region)


def _plant_settings(ledger: Ledger, one: Database, found: str) -> None:
    if one.name in OLD_VERSIONS:
        ledger.plant("engine_unsupported", found, one.region)
    if not one.retention_days:
        ledger.plant("rds_retention_zero", found, one.region)
    elif one.retention_days < A_WEEK:
        ledger.plant("rds_retention_short", found, one.region)
    if not one.protected:
        ledger.plant("rds_no_deletion_protection", found, one.region)
    if not one.stand_by:
        ledger.plant("rds_single_az", found, one.region)
    if not one.encrypted:
        ledger.plant("rds_unencrypted", found, one.region)


def _plant_unwatched(ledger: Ledger, server: str, region: str, *, logged: bool = False) -> None:
    """Nobody records what any server waits for."""
    ledger.plant("rds_no_performance_insights", server, region)
    if not logged:
        ledger.plant("rds_slow_log_off", server, region)


def _create_instance(ledger: Ledger, one: Database) -> dict[str, str]:
    rds = ledger.aws("rds", one.region, age_days=one.age_days)
    made: dict[str, str] = rds.create_db_instance(
        DBInstanceIdentifier=one.name,
        DBInstanceClass="db.m6g.large",
        Engine=one.engine,
        EngineVersion=one.version,
        AllocatedStorage=100,
        MasterUsername="app",
        MasterUserPassword=ledger.credentials.password(),
        BackupRetentionPeriod=one.retention_days,
        DeletionProtection=one.protected,
        MultiAZ=one.stand_by,
        StorageEncrypted=one.encrypted,
        Tags=pairs(one.tags),
        **({"DBParameterGroupName": LOGGED[one.engine][0]} if one.logged else {}),
    )["DBInstance"]
    return made


def _snapshot(ledger: Ledger, one: Database, name: str, *, age_days: float = 3) -> str:
    rds = ledger.aws("rds", one.region, age_days=age_days)
    made = rds.create_db_snapshot(DBInstanceIdentifier=one.name, DBSnapshotIdentifier=name, Tags=pairs(one.tags))
    return ledger.add(made["DBSnapshot"]["DBSnapshotArn"], "rds:snapshot", one.region, one.tags, DERIVED)


def _snapshot_elsewhere(ledger: Ledger, one: Database) -> None:
    """Snapshot, copy to the other region, remove the original: only the copy is left."""
    name = f"{one.name}-weekly"
    here = ledger.aws("rds", one.region, age_days=2)
    source = here.create_db_snapshot(DBInstanceIdentifier=one.name, DBSnapshotIdentifier=name)["DBSnapshot"]
    there = VIRGINIA if one.region == IRELAND else IRELAND
    copy = ledger.aws("rds", there, age_days=2).copy_db_snapshot(
        SourceDBSnapshotIdentifier=source["DBSnapshotArn"],
        TargetDBSnapshotIdentifier=name,
        SourceRegion=one.region,
        Tags=pairs(one.tags),
    )["DBSnapshot"]
    ledger.add(copy["DBSnapshotArn"], "rds:snapshot", there, one.tags, DERIVED)
    here.delete_db_snapshot(DBSnapshotIdentifier=name)


def _leave_a_namesakes_snapshot(ledger: Ledger, one: Database) -> None:
    """An older database of the same name was deleted with a final snapshot: a copy of that one, not of this."""
    older = Database(one.name, one.region, one.engine, age_days=1100)
    _create_instance(ledger, older)
    final = f"{one.name}-final"
    rds = ledger.aws("rds", one.region, age_days=800)
    rds.delete_db_instance(DBInstanceIdentifier=one.name, SkipFinalSnapshot=False, FinalDBSnapshotIdentifier=final)
    left = ledger.add(arn("rds", one.region, f"snapshot:{final}"), "rds:snapshot", one.region, {}, DERIVED)
    # Somebody wanted an agency to have the old figures, and gave them to everybody.
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=final, AttributeName="restore", ValuesToAdd=["all"])
    ledger.plant("rds_snapshot_public", left, one.region)


def _cluster(ledger: Ledger, one: Cluster) -> None:
    rds = ledger.aws("rds", IRELAND, age_days=one.age_days)
    made = rds.create_db_cluster(
        DBClusterIdentifier=one.name,
        Engine=one.engine,
        EngineVersion=OLD_VERSIONS.get(one.name) or VERSIONS[one.engine],
        MasterUsername="app",
        MasterUserPassword=ledger.credentials.password(),
        BackupRetentionPeriod=14,
        DeletionProtection=one.protected,
        StorageEncrypted=one.copied,
        Tags=pairs(one.tags),
    )["DBCluster"]
    found = ledger.add(made["DBClusterArn"], "rds:cluster", IRELAND, one.tags, one.managed)
    if one.managed == STATE:
        ledger.put_in_state(
            StateEntry("aws_rds_cluster", one.name, {"id": one.name, "cluster_identifier": one.name, "arn": found})
        )
    for member, zone in zip(one.members, "ab", strict=False):
        _member(ledger, one, member, f"{IRELAND}{zone}")
    if len(one.members) == 1:
        ledger.plant("rds_single_az", found, IRELAND)
    if one.name in OLD_VERSIONS:
        ledger.plant("engine_unsupported", found, IRELAND)
    if one.copied:
        copy = ledger.aws("rds", IRELAND, age_days=5).create_db_cluster_snapshot(
            DBClusterIdentifier=one.name, DBClusterSnapshotIdentifier=f"{one.name}-monthly", Tags=pairs(one.tags)
        )["DBClusterSnapshot"]
        ledger.add(copy["DBClusterSnapshotArn"], "rds:cluster-snapshot", IRELAND, one.tags, DERIVED)
        ledger.plant("rds_copies_same_account_only", found, IRELAND)
    else:
        ledger.plant("rds_nothing_survives_deletion", found, IRELAND)
        ledger.plant("rds_unencrypted", found, IRELAND)
    if not one.protected:
        ledger.plant("rds_no_deletion_protection", found, IRELAND)


def _member(ledger: Ledger, cluster: Cluster, name: str, zone: str) -> None:
    made = ledger.aws("rds", IRELAND, age_days=cluster.age_days).create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.r6g.large",
        Engine=cluster.engine,
        DBClusterIdentifier=cluster.name,
        AvailabilityZone=zone,
        Tags=pairs(cluster.tags),
    )["DBInstance"]
    found = ledger.add(made["DBInstanceArn"], "rds:db", IRELAND, cluster.tags, cluster.managed)
    _plant_unwatched(ledger, found, IRELAND)
    if cluster.managed == STATE:
        entry = {"id": name, "identifier": name, "arn": found, "cluster_identifier": cluster.name}
        ledger.put_in_state(StateEntry("aws_rds_cluster_instance", cluster.name, entry, "", name[-1]))


def _replica(ledger: Ledger) -> None:
    """For reading only: it is backed up, protected and judged where its source is."""
    made = ledger.aws("rds", IRELAND, age_days=150).create_db_instance_read_replica(
        DBInstanceIdentifier="payments-reports",
        SourceDBInstanceIdentifier="payments",
        DBInstanceClass="db.m6g.large",
        Tags=pairs(PROD_PAYMENTS),
    )["DBInstance"]
    found = ledger.add(made["DBInstanceArn"], "rds:db", IRELAND, PROD_PAYMENTS)
    _plant_unwatched(ledger, found, IRELAND, logged=True)
