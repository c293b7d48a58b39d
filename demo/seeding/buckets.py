"""Buckets: two that anybody can read, and several that only look as if anybody could."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.ledger import BY_HAND, IRELAND, STATE, VIRGINIA, Ledger, StateEntry, Tags, pairs, tagged

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
    """One bucket. `statement` is its policy, `acl` a canned one, `block` what of public access it refuses."""

    name: str
    region: str = IRELAND
    public: bool = False
    statement: Mapping[str, Any] | None = None
    acl: str = "private"
    block: Mapping[str, bool] = field(default_factory=dict)
    managed: str = BY_HAND
    tags: Tags = field(default_factory=dict)


MEDIA = tagged("prod", "storefront")
UNREADABLE = "hp-finance-exports"
BUCKETS = (
    # Anybody can read what is in these.
    Bucket("hp-media", public=True, statement=OPEN_POLICY, managed=STATE, tags=MEDIA),
    Bucket("hp-partner-drop", VIRGINIA, public=True, acl="public-read"),
    Bucket("hp-old-site", public=True, statement=OPEN_POLICY, block={**BLOCKED, "RestrictPublicBuckets": False}),
    # Nobody outside can, whatever the policy or the list says.
    Bucket("hp-price-lists", statement=OPEN_POLICY, block={**BLOCKED, "BlockPublicPolicy": False}, tags=MEDIA),
    Bucket("hp-supplier-uploads", acl="public-read-write", block={**BLOCKED, "BlockPublicAcls": False}),
    Bucket("hp-office-docs", statement=OFFICE_ONLY, tags=tagged("", "office")),
    Bucket("hp-feeds", statement=PARTNER_ONLY, managed=STATE, tags=tagged("prod", "warehouse")),
    Bucket("hp-backups", block=BLOCKED, managed=STATE, tags=tagged("prod", "platform")),
    Bucket("hp-logs", VIRGINIA, block=BLOCKED, managed=STATE, tags=tagged("prod", "platform")),
    Bucket("hp-terraform-state", block=BLOCKED, tags=tagged("prod", "platform")),
    Bucket("hp-tmp-exports", VIRGINIA),
    Bucket("hp-invoices", block=BLOCKED, managed=STATE, tags=tagged("prod", "finance")),
    Bucket("hp-data-lake-trial", block=BLOCKED),
    Bucket("hp-build-artefacts", block=BLOCKED, managed=STATE, tags=tagged("prod", "platform")),
    Bucket(UNREADABLE, block=BLOCKED, managed=STATE, tags=tagged("prod", "finance")),
)


def seed_buckets(ledger: Ledger) -> None:
    for one in BUCKETS:
        _bucket(ledger, one)


def _bucket(ledger: Ledger, one: Bucket) -> None:
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


def _put_in_state(ledger: Ledger, name: str, made: str) -> None:
    """The bucket, and its settings as resources of their own, as provider 4 and later have it."""
    label = name.replace("-", "_")
    ledger.put_in_state(StateEntry("aws_s3_bucket", label, {"id": name, "bucket": name, "arn": made}))
    for setting in ("versioning", "public_access_block"):
        ledger.put_in_state(StateEntry(f"aws_s3_bucket_{setting}", label, {"id": name, "bucket": name}))
