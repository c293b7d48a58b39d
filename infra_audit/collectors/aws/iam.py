"""People, roles and policies. Two lists tell of every user; asking user by user would take ten calls each."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from infra_audit.collectors.aws._rows import iso, pick, tags_of
from infra_audit.collectors.aws.endings import READ_ERRORS, CollectorNoteError, error_code
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row
from infra_audit.policy_documents import plain_statements

REPORT_WAITS_S = (0.5, 1, 1, 2, 2, 4, 4, 8, 8, 15, 15)
NO_TIME = frozenset({"", "N/A", "no_information", "not_supported"})
MADE_BY_AWS = ("/aws-service-role/", "/aws-reserved/")
IDENTITY_CENTER = "/aws-reserved/sso.amazonaws.com/"
DETAILS = ("iam:GetAccountAuthorizationDetails",)
REPORT = ("iam:GenerateCredentialReport", "iam:GetCredentialReport")
ROOT = "<root_account>"
MOST_HOLDERS = 1_000  # users whose keys are asked for, one call each


def _details(reader: Reader, kind: str) -> Iterator[Mapping[str, Any]]:
    """Users, roles, groups or own policies: those whose answers have the key `kind`. One list serves all four."""
    everything = reader.pages(
        "iam",
        "get_account_authorization_details",
        "[UserDetailList, RoleDetailList, GroupDetailList, Policies][] | [?@]",
        Filter=["User", "Role", "Group", "LocalManagedPolicy"],
        page_size=500,
    )
    return (one for one in everything if kind in one)


@collector("iam.get_account_authorization_details", iam=DETAILS, is_global=True)
def get_account_authorization_details(reader: Reader) -> Iterator[Row]:
    """Users and roles.

    {arn, type "iam:user" / "iam:role", name, tags, created_at, path, policies: [attached ARNs], inline: {policy's name:
    statements}, boundary: ARN or None}; a user has `groups` besides (names), a role `trust` (statements),
    `last_used_at` and `instance_profiles` (ARNs). Statements are AWS's own words: see `infra_audit.policy_documents`.

    Roles that AWS makes for its services and for Identity Center are left out: nobody here made them.
    """
    for user in _details(reader, "UserName"):
        yield {**_principal(user, "iam:user", user["UserName"]), "groups": user.get("GroupList") or []}
    for role in _details(reader, "RoleName"):
        if not role["Path"].startswith(MADE_BY_AWS):
            yield {
                **_principal(role, "iam:role", role["RoleName"]),
                "trust": plain_statements(role.get("AssumeRolePolicyDocument")),
                "last_used_at": iso((role.get("RoleLastUsed") or {}).get("LastUsedDate")),
                "instance_profiles": pick(role.get("InstanceProfileList") or (), "Arn"),
            }


def _principal(one: Mapping[str, Any], kind: str, name: str) -> Row:
    return {
        "arn": one["Arn"],
        "type": kind,
        "name": name,
        "tags": tags_of(one),
        "created_at": iso(one["CreateDate"]),
        "path": one["Path"],
        "policies": pick(one.get("AttachedManagedPolicies") or (), "PolicyArn"),
        "inline": _inline(one, kind),
        "boundary": (one.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
    }


def _inline(one: Mapping[str, Any], kind: str) -> dict[str, list[dict[str, Any]]]:
    """A user's, role's or group's own policies by name."""
    found = one.get({"iam:user": "UserPolicyList", "iam:role": "RolePolicyList"}.get(kind, "GroupPolicyList")) or ()
    return {policy["PolicyName"]: plain_statements(policy["PolicyDocument"]) for policy in found}


@collector("iam.groups", iam=DETAILS, is_global=True)
def groups(reader: Reader) -> Iterator[Row]:
    """{arn, name, policies: [attached ARNs], inline: {policy's name: statements}}. A group carries no tags."""
    for one in _details(reader, "GroupName"):
        yield {
            "arn": one["Arn"],
            "name": one["GroupName"],
            "policies": pick(one.get("AttachedManagedPolicies") or (), "PolicyArn"),
            "inline": _inline(one, "iam:group"),
        }


@collector("iam.policy_documents", iam=DETAILS, is_global=True)
def policy_documents(reader: Reader) -> Iterator[Row]:
    """What the account's own policies say: {arn, name, attachments: int, statements}, of the default version."""
    for one in _details(reader, "PolicyVersionList"):
        versions = [version for version in one.get("PolicyVersionList") or () if version.get("IsDefaultVersion")]
        yield {
            "arn": one["Arn"],
            "name": one["Arn"].rpartition("/")[2],
            "attachments": one.get("AttachmentCount", 0) + one.get("PermissionsBoundaryUsageCount", 0),
            "statements": plain_statements(versions[0].get("Document") if versions else None),
        }


@collector("iam.identity_center_roles", iam=DETAILS, is_global=True)
def identity_center_roles(reader: Reader) -> Iterator[Row]:
    """The roles that Identity Center made for people who sign in through it: {arn, name, policies: [attached ARNs]}.

    Who those people are is known to the organisation's management account alone.
    """
    for one in _details(reader, "RoleName"):
        if one["Path"].startswith(IDENTITY_CENTER):
            policies = pick(one.get("AttachedManagedPolicies") or (), "PolicyArn")
            yield {"arn": one["Arn"], "name": one["RoleName"], "policies": policies}


@collector("iam.list_policies", iam=("iam:ListPolicies", "iam:ListPolicyTags"), is_global=True)
def list_policies(reader: Reader) -> Iterator[Row]:
    """The account's own policies: {arn, type "iam:policy", name, tags, created_at, attachments: int}."""

    def read(policy: Mapping[str, Any]) -> Row:
        return {
            "arn": policy["Arn"],
            "type": "iam:policy",
            "name": policy["PolicyName"],
            "tags": _policy_tags(reader, policy["Arn"]),
            "created_at": iso(policy["CreateDate"]),
            "attachments": policy["AttachmentCount"],
        }

    yield from reader.each(read, reader.pages("iam", "list_policies", "Policies", Scope="Local", page_size=1000))


def _policy_tags(reader: Reader, arn: str) -> dict[str, str] | None:
    """No list carries a policy's tags, so this is one call each."""
    try:
        return tags_of({"Tags": list(reader.pages("iam", "list_policy_tags", "Tags", PolicyArn=arn))})
    except READ_ERRORS as error:
        reader.miss(arn, error)
        return None


@collector("iam.get_credential_report", iam=REPORT, is_global=True)
def get_credential_report(reader: Reader) -> Iterator[Row]:
    """Every user and the root.

    {arn, user, is_root, created_at, console, mfa, password_last_used, keys, keys_last_used, generated_at}: `console`
    and `mfa` are bool; `keys` are {number: 1 / 2, rotated_at, last_used_at}, active ones only; `keys_last_used` is the
    latest use of either, also of one switched off since. The report tells no key's id.
    IAM keeps the report for four hours, so a key made since may be missing; `generated_at` says when it was made.
    """
    lines, generated_at = _report(reader)
    reader.note("The account's credential report was made for this; nothing else in the account changed.")
    for line in lines:
        yield {
            "arn": line["arn"],
            "user": line["user"],
            "is_root": line["user"] == ROOT,
            "created_at": _time(line["user_creation_time"]),
            "console": line["password_enabled"].lower() == "true",
            "mfa": line["mfa_active"].lower() == "true",
            "password_last_used": _time(line["password_last_used"]),
            "keys": _active_keys(line),
            "keys_last_used": max(
                filter(None, (_key(line, number)["last_used_at"] for number in (1, 2))), default=None
            ),
            "generated_at": generated_at,
        }


@collector("iam.list_access_keys", iam=("iam:ListAccessKeys", *REPORT), is_global=True)
def list_access_keys(reader: Reader) -> Iterator[Row]:
    """Whose the active access keys are: {user: ARN, name, key, created_at, last_used_at}, none of the root user's.

    `key` is the fingerprint of its id, as the secret engine makes it: a key found elsewhere is recognised by it, and
    the id itself is not kept. The report tells who has a key at all, so nobody else is asked about.
    """

    def read(line: Mapping[str, str]) -> list[Row]:
        try:
            keys = list(reader.pages("iam", "list_access_keys", "AccessKeyMetadata", UserName=line["user"]))
        except READ_ERRORS as error:
            reader.miss(line["arn"], error)
            return []
        used_at = {one["rotated_at"]: one["last_used_at"] for one in _active_keys(line)}
        return [
            {
                "user": line["arn"],
                "name": line["user"],
                "key": reader.secrets.fingerprint(key["AccessKeyId"]),
                "created_at": iso(key["CreateDate"]),
                "last_used_at": used_at.get(iso(key["CreateDate"])),
            }
            for key in keys
            if key["Status"] == "Active"
        ]

    lines, _generated_at = _report(reader)
    holders = [one for one in lines if one["user"] != ROOT and _active_keys(one)]
    for rows in reader.each(read, reader.capped(holders, MOST_HOLDERS, len(holders))):
        yield from rows


def _report(reader: Reader) -> tuple[list[dict[str, str]], str | None]:
    """The credential report's lines, and when it was made."""
    _have_it_made(reader)
    answer = reader.call("iam", "get_credential_report")
    return list(csv.DictReader(io.StringIO(answer["Content"].decode()))), iso(answer["GeneratedTime"])


def _have_it_made(reader: Reader) -> None:
    for wait_s in REPORT_WAITS_S:
        try:
            if reader.ask("iam", "generate_credential_report")["State"] == "COMPLETE":
                return
        except ClientError as error:
            if error_code(error) != "LimitExceeded":  # another one is being made
                raise
        reader.pause(wait_s)
    raise CollectorNoteError("AWS had not finished the credential report after a minute.")


def _active_keys(line: Mapping[str, str]) -> list[Row]:
    return [_key(line, number) for number in (1, 2) if line[f"access_key_{number}_active"].lower() == "true"]


def _key(line: Mapping[str, str], number: int) -> Row:
    return {
        "number": number,
        "rotated_at": _time(line[f"access_key_{number}_last_rotated"]),
        "last_used_at": _time(line[f"access_key_{number}_last_used_date"]),
    }


def _time(text: str) -> str | None:
    return None if text in NO_TIME else iso(datetime.fromisoformat(text))
