from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.permissions import PRINCIPALS
from infra_audit.policy_documents import Outsider, account_of, outsiders
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ORGANISATION = "organizations.describe_organization"
VENDOR: Row = {
    "arn": "arn:aws:iam::123456789012:role/vendor",
    "type": "iam:role",
    "name": "vendor",
    "tags": {},
    "last_used_at": None,
}


def _trust(account: str) -> list[Row]:
    return [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}]


@check(
    id="iam_external_trust",
    title="Somebody outside the company may come in",
    headline="{n} of {m} roles let somebody from outside the account come in",
    good_news="None of {m} roles lets anybody from outside the account come in.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="Whoever has that other account has what the role may do here, and nobody here sees how they look after it.",
    action="Check who from outside may come in, and close what is not needed",
    consequence="a break-in at another company could reach this account",
    needs=(PRINCIPALS,),
    consults=(ORGANISATION,),
    iam=("iam:GetAccountAuthorizationDetails", "organizations:DescribeOrganization"),
    remedy="Ask whose account it is and whether the contract still runs. Name one role of theirs instead of the"
    " account, and ask for an external ID, so that they cannot be tricked into coming here for somebody else.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
    bad={PRINCIPALS: [{**VENDOR, "trust": _trust("999999999999")}], ORGANISATION: []},
    good={PRINCIPALS: [{**VENDOR, "trust": _trust("123456789012")}], ORGANISATION: []},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_external_trust(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """One verdict an outside account and role. One's own organisation and its management account are no outsiders."""
    organisation = next(iter(inventory[ORGANISATION]), None)
    friends = [organisation[key] for key in ("payer", "organisation") if organisation[key]] if organisation else []
    for row in inventory[PRINCIPALS]:
        if row["type"] != "iam:role":
            continue
        found = outsiders(row["trust"], account=account_of(row["arn"]), friends=friends)
        if not found:
            yield Verdict(resource=row["arn"], bad=False)
        for one in found:
            yield _verdict(row, one, organisation_known=organisation is not None)


def _verdict(row: Row, one: Outsider, *, organisation_known: bool) -> Verdict:
    severity, reason = _severity(one)
    who = "Anybody with an account at AWS" if one.is_everybody else f"{_kind(one)} {one.account}"
    if one.held_by:
        who += f", where {', '.join(one.held_by)} fits,"
    used = f" It was last used on {row['last_used_at'][:10]}." if row["last_used_at"] else ""
    return Verdict(
        resource=row["arn"],
        bad=True,
        detail=f"{who} may take on this role; {'an' if one.external_id else 'no'} external ID is required.{used}",
        sub_key=f"{one.account}{'' if one.external_id else ':no-external-id'}",
        evidence={
            "account": one.account,
            "principals": list(one.principals),
            "external_id": one.external_id,
            "held_by": list(one.held_by),
        },
        severity=severity,
        severity_reason=reason,
        confidence="high" if organisation_known else "medium",
    )


def _kind(one: Outsider) -> str:
    return "The organisation" if one.account.startswith("o-") else "Account"


def _severity(one: Outsider) -> tuple[Severity | None, str]:
    if one.is_everybody:
        return (
            (Severity.HIGH, "Everybody may, under a condition.")
            if one.held_by
            else (
                Severity.CRITICAL,
                "Everybody may.",
            )
        )
    return (Severity.LOW, "An external ID is required.") if one.external_id else (None, "")
