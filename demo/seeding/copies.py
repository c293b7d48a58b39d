"""What the company believes to be backed up beside its databases: tables, shared files, in-memory stores."""

from demo.ledger import ACCOUNT, BY_HAND, IRELAND, STATE, Ledger, StateEntry, pairs, tagged

# Tables that can be taken back to an earlier moment, and one of which somebody made a copy.
RECOVERABLE = frozenset({"hp-orders", "hp-stock-levels", "hp-sessions"})
COPIED = "hp-vouchers"
KEPT = "archive"  # all tables of such a name, too
FILE_SYSTEMS = (
    ("hp-product-photos", True, STATE, tagged("prod", "storefront", "hp-product-photos")),
    ("hp-office-share", False, BY_HAND, tagged("", "", "hp-office-share")),
)
STORES = (
    ("hp-sessions", 0, STATE, tagged("prod", "storefront")),
    ("hp-work-queue", 5, BY_HAND, tagged("prod", "warehouse")),
)


def seed_copies(ledger: Ledger) -> None:
    """After all that holds data was made. No plan of AWS Backup copies any of it."""
    for one in ledger.resources:
        if one.kind == "dynamodb:table":
            _table(ledger, one.arn, one.region)
    _file_systems(ledger)
    _stores(ledger)
    ledger.plant("no_backup_plan", f"arn:aws:iam::{ACCOUNT}:root", IRELAND)


def _table(ledger: Ledger, arn: str, region: str) -> None:
    name = arn.rpartition("/")[2]
    dynamodb = ledger.aws("dynamodb", region, age_days=2)
    if name in RECOVERABLE or name.startswith(f"hp-{KEPT}-"):
        recovery = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
        return
    ledger.plant("dynamodb_no_pitr", arn, region)
    if name == COPIED:
        dynamodb.create_backup(TableName=name, BackupName=f"{name}-before-sale")
    else:
        ledger.plant("dynamodb_nothing_survives_deletion", arn, region)


def _file_systems(ledger: Ledger) -> None:
    """Whether anything would survive them the emulator cannot tell: it knows no replication of file systems."""
    for name, backed_up, managed, tags in FILE_SYSTEMS:
        made = ledger.aws("efs", IRELAND, age_days=320).create_file_system(
            CreationToken=name, Encrypted=True, Backup=backed_up, Tags=pairs(tags)
        )
        found = ledger.add(made["FileSystemArn"], "elasticfilesystem:file-system", IRELAND, tags, managed)
        if managed == STATE:
            identity = {"id": made["FileSystemId"], "arn": found}
            ledger.put_in_state(StateEntry("aws_efs_file_system", "photos", identity))
        if not backed_up:
            ledger.plant("efs_no_backup", found, IRELAND)


def _stores(ledger: Ledger) -> None:
    for name, snapshot_days, managed, tags in STORES:
        made = ledger.aws("elasticache", IRELAND, age_days=320).create_replication_group(
            ReplicationGroupId=name,
            ReplicationGroupDescription=name,
            Engine="redis",
            CacheNodeType="cache.t4g.small",
            NumCacheClusters=1,
            SnapshotRetentionLimit=snapshot_days,
            Tags=pairs(tags),
        )["ReplicationGroup"]["ARN"]
        found = ledger.add(made, "elasticache:replicationgroup", IRELAND, tags, managed)
        if managed == STATE:
            identity = {"id": name, "replication_group_id": name, "arn": found}
            ledger.put_in_state(StateEntry("aws_elasticache_replication_group", "sessions", identity))
        if not snapshot_days:
            ledger.plant("elasticache_no_backup", found, IRELAND)
