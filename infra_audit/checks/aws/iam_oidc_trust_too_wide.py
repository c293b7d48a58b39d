from collections.abc import Iterator
from datetime import datetime
from typing import Any

from infra_audit.inventory import Inventory, Row
from infra_audit.oidc_trust import GITHUB, OidcTrust, oidc_trusts
from infra_audit.permissions import PRINCIPALS
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

DEPLOY: Row = {"arn": "arn:aws:iam::123456789012:role/deploy", "type": "iam:role", "name": "deploy", "tags": {}}


def _trust(**conditions: Any) -> list[Row]:
    return [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}, **conditions},
        }
    ]


@check(
    id="iam_oidc_trust_too_wide",
    title="Builds of strangers may come in",
    headline="{n} of {m} roles for builds and other outside programs let strangers' programs come in too",
    good_news="None of {m} roles for builds and other outside programs lets strangers' programs come in.",
    severity=Severity.CRITICAL,
    effort=Effort.MINUTES,
    why="A service that many companies share signs everybody's programs: unless the role names whose it means, all of"
    " them fit.",
    action="Name whose programs each role is for",
    consequence="a stranger's program could do here whatever yours may",
    needs=(PRINCIPALS,),
    iam=("iam:GetAccountAuthorizationDetails",),
    remedy="Demand in the role's trust policy that the token's subject begins with your own organisation and"
    " repository, and that its audience is yours.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
    bad={PRINCIPALS: [{**DEPLOY, "trust": _trust()}]},
    good={PRINCIPALS: [{**DEPLOY, "trust": _trust(StringLike={f"{GITHUB}:sub": "repo:harbour-and-pine/shop:*"})}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_oidc_trust_too_wide(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """One verdict a role and provider. Only the audience missing is milder: the subject still names whose it is."""
    for row in inventory[PRINCIPALS]:
        for one in oidc_trusts(row["trust"]) if row["type"] == "iam:role" else ():
            severity, reason = _severity(one)
            yield Verdict(
                resource=row["arn"],
                bad=one.is_too_wide,
                detail=_words(one),
                sub_key=one.issuer,
                evidence={"issuer": one.issuer, "subjects": list(one.subjects), "has_audience": one.has_audience},
                severity=severity,
                severity_reason=reason,
            )


def _words(one: OidcTrust) -> str:
    if not one.tenant:
        return f"Tokens of {one.issuer} made out for another audience are taken too."
    subjects = f"The subject may be {', '.join(one.subjects)}" if one.subjects else "No subject is demanded"
    return f"{subjects}: {one.tenant} fits."


def _severity(one: OidcTrust) -> tuple[Severity | None, str]:
    if not one.tenant:
        return Severity.LOW, "A subject is demanded."
    return (None, "") if one.is_shared else (Severity.MEDIUM, "The provider is not shared with other companies.")
