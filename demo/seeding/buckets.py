"""Buckets: two that anybody can read, and several that only look as if anybody could."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.ledger import ACCOUNT, BY_HAND, IRELAND, STATE, VIRGINIA, Ledger, StateEntry, Tags, pairs, tagged

OPEN_POLICY: Mapping[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
OFFICE_ONLY = {**OPEN_POLICY, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
PARTNER_ONLY = {**OPEN_POLICY, "Principal": {"AWS": "arn:aws:iam::210987654321:root"}}
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True)
class Bucket:
    """One bucket. `statement` is its policy, `acl` a canned one, `block` what of public access it refuses.

    `keeps`: state, backups or logs; `copied_to`: the bucket that it is replicated to.
    """

    name: str
    region: str = IRELAND
    public: bool = False
    statement: Mapping[str, Any] | None = None
    acl: str = "private"
    block: Mapping[str, bool] = field(default_factory=dict)
    managed: str = BY_HAND
    tags: Tags = field(default_factory=dict)
    versioned: bool = False
    keeps: str = ""
    copied_to: str = ""


MEDIA = tagged("prod", "storefront")
UNREADABLE = "hp-finance-exports"
BUCKETS = (
    # Anybody can read what is in these.
    Bucket("hp-media", public=True, statement=OPEN_POLICY, managed=STATE, tags=MEDIA, versioned=True),
    Bucket("hp-partner-drop", VIRGINIA, public=True, acl="public-read"),
    Bucket("hp-old-site", public=True, statement=OPEN_POLICY, block={**BLOCKED, "RestrictPublicBuckets": False}),
    # Nobody outside can, whatever the policy or the list says.
    Bucket("hp-price-lists", statement=OPEN_POLICY, block={**BLOCKED, "BlockPublicPolicy": False}, tags=MEDIA),
    Bucket("hp-supplier-uploads", acl="public-read-write", block={**BLOCKED, "BlockPublicAcls": False}),
    Bucket("hp-office-docs", statement=OFFICE_ONLY, tags=tagged("", "office")),
    Bucket("hp-feeds", statement=PARTNER_ONLY, managed=STATE, tags=tagged("prod", "warehouse")),
    Bucket("hp-backups-copy", VIRGINIA, block=BLOCKED, tags=tagged("prod", "platform"), versioned=True),
    Bucket("hp-backups", block=BLOCKED, managed=STATE, tags=tagged("prod", "platform"), versioned=True,
           keeps="backups", copied_to="hp-backups-copy"),
    Bucket("hp-logs", VIRGINIA, block=BLOCKED, managed=STATE, tags=tagged("prod", "platform"), keeps="logs"),
    Bucket("hp-terraform-state", block=BLOCKED, tags=tagged("prod", "platform"), keeps="state"),
    Bucket("hp-tmp-exports", VIRGINIA),
    Bucket("hp-invoices", block=BLOCKED, managed=STATE, tags=tagged("prod", "finance"), versioned=True),
    Bucket("hp-data-lake-trial", block=BLOCKED),
    Bucket("hp-build-artefacts", block=BLOCKED, managed=STATE, tags=tagged("prod", "platform")),
    Bucket(UNREADABLE, block=BLOCKED, managed=STATE, tags=tagged("prod", "finance"), versioned=True),
)  # fmt: skip


def seed_buckets(ledger: Ledger) -> None:
    for one in BUCKETS:
        seed_bucket(ledger, one)
    # The account's own switches were never touched.
    ledger.plant("s3_account_block_off", f"arn:aws:iam::{ACCOUNT}:root", "global")


def seed_bucket(ledger: Ledger, one: Bucket) -> None:
    s3 = ledger.aws("s3", one.region, age_days=600)
    where = {} if one.region == VIRGINIA else {"CreateBucketConfiguration": {"LocationConstraint": one.region}}
    s3.create_bucket(Bucket=one.name, **where)
    s3.delete_public_access_block(Bucket=one.name)
    if one.acl != "private":
        ownership = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
        s3.put_bucket_ownership_controls(Bucket=one.name, OwnershipControls=ownership)
        s3.put_bucket_acl(Bucket=one.name, ACL=one.acl)
    if one.statement:
        statement = {**one.statement, "Resource": f"arn:aws:s3:::{one.name}/*"}
        s3.put_bucket_policy(Bucket=one.name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    if one.block:
        s3.put_public_access_block(Bucket=one.name, PublicAccessBlockConfiguration=dict(one.block))
    if one.tags:
        s3.put_bucket_tagging(Bucket=one.name, Tagging={"TagSet": pairs(one.tags)})
    made = ledger.add(f"arn:aws:s3:::{one.name}", "s3:bucket", one.region, one.tags, one.managed)
    if one.managed == STATE:
        _put_in_state(ledger, one.name, made)
    if one.public:
        ledger.plant("s3_public", made, one.region)
    _keep(ledger, s3, one, made)


def _keep(ledger: Ledger, s3: Any, one: Bucket, made: str) -> None:
    """Versions and copies, and what is wrong for want of them."""
    if one.block != BLOCKED:
        ledger.plant("s3_no_block_public_access", made, one.region)
    if not one.versioned:
        ledger.plant("s3_no_versioning", made, one.region)
    else:
        s3.put_bucket_versioning(Bucket=one.name, VersioningConfiguration={"Status": "Enabled"})
    if one.copied_to:
        _replicate(s3, one.name, one.copied_to)
    elif one.keeps:
        ledger.plant("s3_no_copy_elsewhere", made, one.region)


def _replicate(s3: Any, name: str, to: str) -> None:
    rule = {
        "ID": "all",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{to}"},
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/hp-feed-importer"
    s3.put_bucket_replication(Bucket=name, ReplicationConfiguration={"Role": role, "Rules": [rule]})


def _put_in_state(ledger: Ledger, name: str, made: str) -> None:
    """The bucket, and its settings as resources of their own, as provider 4 and later have it."""
    label = name.replace("-", "_")
    ledger.put_in_state(StateEntry("aws_s3_bucket", label, {"id": name, "bucket": name, "arn": made}))
    for setting in ("versioning", "public_access_block"):
        ledger.put_in_state(StateEntry(f"aws_s3_bucket_{setting}", label, {"id": name, "bucket": name}))
