"""Who in an account may do one thing to one resource, as far as their own policies say.

Told for certain only: an Allow under a condition counts as none, a Deny without one takes all back, and whoever is held
by a permissions boundary is left out. Resource policies and those of an organisation may take away more.
"""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from infra_audit.inventory import Inventory, Row

PRINCIPALS = "iam.get_account_authorization_details"
GROUPS = "iam.groups"
POLICIES = "iam.policy_documents"

Statement = Mapping[str, Any]


def _allow(*actions: str) -> tuple[Statement, ...]:
    return ({"Effect": "Allow", "Action": list(actions), "Resource": "*"},)


# What those of AWS's own policies allow that matter here: they are in no list of the account's.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
AWS_POLICIES = {
    "AdministratorAccess": _allow("*"),
    "PowerUserAccess": ({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},),
    "AmazonRDSFullAccess": _allow("rds:*"),
    "AmazonS3FullAccess": _allow("s3:*"),
    "AmazonS3ReadOnlyAccess": _allow("s3:Get*", "s3:List*", "s3:Describe*"),
    "ReadOnlyAccess": _allow("s3:Get*", "s3:List*"),
    "job-function/DatabaseAdministrator": _allow("rds:*"),
}


class WhoMay:
    """The users and roles of an inventory and their policies."""

    def __init__(self, inventory: Inventory) -> None:
        self._documents = {row["arn"]: row["statements"] for row in inventory[POLICIES]}
        self._groups = {(_account(row["arn"]), row["name"]): row for row in inventory[GROUPS]}
        self._principals = inventory[PRINCIPALS]

    def who(self, action: str, resource: str, account: str) -> list[Row]:
        """The account's users and roles who may, in the order they were read."""
        return [one for one in self._principals if _account(one["arn"]) == account and self.may(one, action, resource)]

    def role_of(self, profile: str) -> Row | None:
        """The role that the instance profile of that ARN carries."""
        return next((one for one in self._principals if profile in one.get("instance_profiles", ())), None)

    def may(self, principal: Row, action: str, resource: str) -> bool:
        """True if some policy of the user or role allows it without a condition and none denies it."""
        if principal.get("boundary"):
            return False
        about = [one for one in self._statements(principal) if _is_about(one, action, resource)]
        plain = [one for one in about if not one.get("Condition")]
        return any(_effect(one) == "allow" for one in plain) and not any(_effect(one) == "deny" for one in plain)

    def _statements(self, principal: Row) -> Iterator[Statement]:
        groups = (self._groups.get((_account(principal["arn"]), name)) for name in principal.get("groups", ()))
        for holder in (principal, *filter(None, groups)):
            for statements in holder.get("inline", {}).values():
                yield from statements
            for arn in holder.get("policies", ()):
                yield from self._documents.get(arn) or AWS_POLICIES.get(arn.partition("::aws:policy/")[2], ())


def _is_about(statement: Statement, action: str, resource: str) -> bool:
    if "NotAction" in statement:
        fits = not _any(statement["NotAction"], action, small=True)
    else:
        fits = _any(statement.get("Action"), action, small=True)
    if "NotResource" in statement:
        return fits and not _any(statement["NotResource"], resource)
    return fits and _any(statement.get("Resource"), resource)


def _any(patterns: str | Iterable[str] | None, text: str, *, small: bool = False) -> bool:
    """AWS's wildcards, `*` and `?`; square brackets are plain signs there. Actions know no capitals."""
    listed = [patterns] if isinstance(patterns, str) else patterns or ()
    wanted = text.lower() if small else text
    return any(fnmatchcase(wanted, (one.lower() if small else one).replace("[", "[[]")) for one in listed)


def _effect(statement: Statement) -> str:
    return str(statement.get("Effect", "")).lower()


def _account(arn: str) -> str:
    return arn.split(":")[4]
