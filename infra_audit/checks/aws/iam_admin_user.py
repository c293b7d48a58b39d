from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.permissions import GROUPS, POLICIES, PRINCIPALS, Grant, Permissions
from infra_audit.policy_documents import read_statements
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

REPORT = "iam.get_credential_report"
FEDERATED = "iam.identity_center_roles"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ADA: Row = {
    "arn": "arn:aws:iam::123456789012:user/ada",
    "type": "iam:user",
    "name": "ada",
    "tags": {},
    "inline": {},
    "groups": [],
    "boundary": None,
}
REST: dict[str, list[Row]] = {GROUPS: [], POLICIES: [], FEDERATED: [], REPORT: []}


@check(
    id="iam_admin_user",
    title="A user may do everything, all the time",
    headline="{n} of {m} users may do everything, all the time",
    good_news="None of {m} users may do everything (whoever signs in through an identity provider is not seen here).",
    severity=Severity.MEDIUM,
    effort=Effort.DAYS,
    why="Such a user's password or key is the whole account, every day, also when all they do is look something up.",
    action="Take the right to do everything off users",
    consequence="one stolen password or key could take over the whole account",
    needs=(PRINCIPALS, GROUPS, POLICIES),
    consults=(REPORT, FEDERATED),
    iam=("iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    remedy="Give people a role for administration, taken on for an hour with a second factor, best through the"
    " company's identity provider. Give programs what they use and no more.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
    bad={PRINCIPALS: [{**ADA, "policies": [ADMINISTRATOR]}], **REST},
    good={PRINCIPALS: [{**ADA, "policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}], **REST},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_admin_user(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """By a policy of their own, an attached one or a group's. Federated people are said not to be seen."""
    permissions = Permissions(inventory)
    with_keys = {row["arn"] for row in inventory[REPORT] if row["keys"]}
    for row in inventory[PRINCIPALS]:
        if row["type"] != "iam:user":
            continue
        grants = permissions.administration(row)
        has_key = row["arn"] in with_keys
        yield Verdict(
            resource=row["arn"],
            bad=bool(grants),
            detail="; ".join(map(_words, grants)) + (", and an access key is active." if has_key else "."),
            evidence={"grants": [{"policy": one.policy, "via": one.via} for one in grants], "active_key": has_key},
            severity=Severity.HIGH if has_key else None,
            severity_reason="An access key of this user works without a second factor." if has_key else "",
        )
    yield from _not_seen(inventory)


def _words(grant: Grant) -> str:
    return f"Everything is allowed by {grant.policy.rpartition('/')[2]}, through {grant.via}"


def _not_seen(inventory: Inventory) -> Iterator[Unknown]:
    """Roles that people take on from elsewhere: who they are is not known here."""
    saml = [row for row in inventory[PRINCIPALS] if row["type"] == "iam:role" and _is_for_people(row)]
    for row in inventory[FEDERATED]:
        yield Unknown(
            row["arn"],
            FEDERATED,
            because="People take on this role through Identity Center; who they are can be seen in the organisation's"
            " management account alone.",
        )
    for row in saml:
        yield Unknown(
            row["arn"],
            PRINCIPALS,
            because="People take on this role through the company's identity provider, which alone knows who they are.",
        )


def _is_for_people(role: Row) -> bool:
    return any(
        one.allows and any(":saml-provider/" in who.value for who in one.principals)
        for one in read_statements(role["trust"])
    )
