"""Buckets, and whether they keep the public out. No object is ever read."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws.endings import READ_ERRORS, error_code
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

EVERYBODY = frozenset(
    {
        "http://acs.amazonaws.com/groups/global/AllUsers",
        "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    }
)
# What S3 calls the two oldest regions in a bucket's location.
LOCATIONS = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}
NO_BLOCK: Mapping[str, bool] = {}
FLAGS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}


def buckets(reader: Reader) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Name, region and AWS's own words of every bucket. One whose region cannot be told is missed, and left out.

    Newer answers carry the region; where one does not, it costs a call.
    """
    listed = reader.pages("s3", "list_buckets", "Buckets", page_size=10_000)  # moto knows of no second page
    for one, region in reader.each(partial(_placed, reader), listed):
        if region:
            yield one["Name"], region, one


def _placed(reader: Reader, one: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    if region := one.get("BucketRegion"):
        return one, region
    try:
        told = reader.call("s3", "get_bucket_location", Bucket=one["Name"]).get("LocationConstraint")
    except READ_ERRORS as error:
        reader.miss(bucket_arn(reader, one["Name"]), error)
        return one, None
    return one, LOCATIONS.get(told, told)


def bucket_arn(reader: Reader, name: str) -> str:
    return f"arn:{reader.partition}:s3:::{name}"


@collector(
    "s3.list_buckets",
    iam=("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketTagging"),
    is_global=True,
)
def list_buckets(reader: Reader) -> Iterator[Row]:
    """{arn, type "s3:bucket", name, tags, created_at, region}: of every region, whichever were asked for."""

    def read(found: tuple[str, str, Mapping[str, Any]]) -> Row:
        name, region, one = found
        return {
            "arn": bucket_arn(reader, name),
            "type": "s3:bucket",
            "name": name,
            "tags": _tags(reader, name, region),
            "created_at": iso(one.get("CreationDate")),
            "region": region,
        }

    yield from reader.each(read, list(buckets(reader)))


def _tags(reader: Reader, name: str, region: str) -> dict[str, str] | None:
    try:
        return tags_of(reader.call("s3", "get_bucket_tagging", region=region, Bucket=name), "TagSet")
    except READ_ERRORS as error:
        if error_code(error) == "NoSuchTagSet":
            return {}
        reader.miss(bucket_arn(reader, name), error)
        return None


@collector("s3control.get_public_access_block", iam=("s3:GetAccountPublicAccessBlock",), is_global=True)
def get_account_block(reader: Reader) -> Iterator[Row]:
    """The account's own block, always one row: {account (its ARN)} and the four flags of FLAGS: bool."""
    yield {"account": reader.account_arn, **_flags(_account_block(reader))}


def _account_block(reader: Reader) -> Mapping[str, bool]:
    try:
        answer = reader.call("s3control", "get_public_access_block", AccountId=reader.account)
    except ClientError as error:
        if error_code(error) == "NoSuchPublicAccessBlockConfiguration":
            return NO_BLOCK
        raise
    block: Mapping[str, bool] = answer["PublicAccessBlockConfiguration"]
    return block


def _flags(block: Mapping[str, bool]) -> Row:
    return {flag: bool(block.get(word)) for flag, word in FLAGS.items()}


@collector(
    "s3.get_bucket_policy_status",
    iam=(
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
    ),
    is_global=True,
)
def get_bucket_policy_status(reader: Reader) -> Iterator[Row]:
    """{arn, region, the four of FLAGS, policy_public, acl_public}: bool, or None if not read.

    The flags are the bucket's own. Policy and ACL are not asked for where a flag already makes them harmless.
    """
    try:
        account = _flags(_account_block(reader))
    except READ_ERRORS:
        account = {}  # it has a unit of its own, which tells; here it only saves calls

    def read(found: tuple[str, str, Mapping[str, Any]]) -> Row:
        name, region, _ = found
        own = _or_none(reader, name, partial(_bucket_block, reader, name, region))
        row: Row = dict(_flags(own)) if own is not None else dict.fromkeys(FLAGS)
        policy_counts = not (row["restrict_public_buckets"] or account.get("restrict_public_buckets"))
        acl_counts = not (row["ignore_public_acls"] or account.get("ignore_public_acls"))
        return {
            "arn": bucket_arn(reader, name),
            "region": region,
            **row,
            "policy_public": _or_none(reader, name, partial(_policy, reader, name, region)) if policy_counts else None,
            "acl_public": _or_none(reader, name, partial(_acl, reader, name, region)) if acl_counts else None,
        }

    yield from reader.each(read, list(buckets(reader)))


@collector(
    "s3.get_bucket_versioning",
    iam=("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketVersioning"),
    is_global=True,
)
def get_bucket_versioning(reader: Reader) -> Iterator[Row]:
    """{arn, region, versioned: bool, or None where it could not be read}."""

    def read(found: tuple[str, str, Mapping[str, Any]]) -> Row:
        name, region, _ = found
        versioned = _or_none(reader, name, partial(_versioned, reader, name, region))
        return {"arn": bucket_arn(reader, name), "region": region, "versioned": versioned}

    yield from reader.each(read, list(buckets(reader)))


def _versioned(reader: Reader, name: str, region: str) -> bool:
    return reader.call("s3", "get_bucket_versioning", region=region, Bucket=name).get("Status") == "Enabled"


@collector(
    "s3.get_bucket_replication",
    iam=("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetReplicationConfiguration"),
    is_global=True,
)
def get_bucket_replication(reader: Reader) -> Iterator[Row]:
    """{arn, region, unversioned: bool, copied_to: [bucket ARN], or None where it could not be read}.

    Only a bucket that keeps versions can be replicated, or be a replica: what is known to keep none is not asked.
    """

    def read(found: tuple[str, str, Mapping[str, Any]]) -> Row:
        name, region, _ = found
        unversioned = _is_unversioned(reader, name, region)
        copied_to = [] if unversioned else _or_none(reader, name, partial(_copied_to, reader, name, region))
        return {"arn": bucket_arn(reader, name), "region": region, "unversioned": unversioned, "copied_to": copied_to}

    yield from reader.each(read, list(buckets(reader)))


def _is_unversioned(reader: Reader, name: str, region: str) -> bool:
    """Where it could not be read, the unit of versions names it; here it only saves calls."""
    try:
        return not _versioned(reader, name, region)
    except READ_ERRORS:
        return False


def _copied_to(reader: Reader, name: str, region: str) -> list[str]:
    try:
        answer = reader.call("s3", "get_bucket_replication", region=region, Bucket=name)
    except ClientError as error:
        if error_code(error) == "ReplicationConfigurationNotFoundError":
            return []
        raise
    rules = answer["ReplicationConfiguration"].get("Rules", [])
    return sorted({rule["Destination"]["Bucket"] for rule in rules if rule.get("Status") == "Enabled"})


def _or_none(reader: Reader, name: str, read: Any) -> Any:
    try:
        return read()
    except READ_ERRORS as error:
        reader.miss(bucket_arn(reader, name), error)
        return None


def _bucket_block(reader: Reader, name: str, region: str) -> Mapping[str, bool]:
    try:
        answer = reader.call("s3", "get_public_access_block", region=region, Bucket=name)
    except ClientError as error:
        if error_code(error) == "NoSuchPublicAccessBlockConfiguration":
            return NO_BLOCK
        raise
    block: Mapping[str, bool] = answer["PublicAccessBlockConfiguration"]
    return block


def _policy(reader: Reader, name: str, region: str) -> bool:
    """Whether AWS itself calls the policy public."""
    try:
        answer = reader.call("s3", "get_bucket_policy_status", region=region, Bucket=name)
    except ClientError as error:
        if error_code(error) == "NoSuchBucketPolicy":
            return False
        raise
    return bool(answer["PolicyStatus"]["IsPublic"])


def _acl(reader: Reader, name: str, region: str) -> bool:
    """Whether everybody, or everybody with an AWS account, is granted anything."""
    answer = reader.call("s3", "get_bucket_acl", region=region, Bucket=name)
    return any(grant["Grantee"].get("URI") in EVERYBODY for grant in answer["Grants"])
