from collections.abc import Iterator
from datetime import datetime
from typing import Any

from infra_audit.inventory import Inventory, Row
from infra_audit.permissions import GROUPS, POLICIES, PRINCIPALS
from infra_audit.policy_documents import allows_everything
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

STAR = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
NARROW = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}]
OPS: Row = {"arn": "arn:aws:iam::123456789012:policy/ops", "name": "ops", "attachments": 2}


@check(
    id="iam_policy_star",
    title="A policy of your own allows everything",
    headline="{n} of {m} policies of your own, and holders of such, allow everything on everything",
    good_news="None of {m} policies of your own, or holders of such, allows everything on everything.",
    severity=Severity.HIGH,
    effort=Effort.DAYS,
    why="Whoever gets hold of one identity with it has the whole account: data, backups and the record of who did"
    " what.",
    action="Replace policies that allow everything",
    consequence="one stolen identity could destroy the account with its backups",
    needs=(PRINCIPALS, GROUPS, POLICIES),
    iam=("iam:GetAccountAuthorizationDetails",),
    remedy="See in AWS which services it was last used for, and allow those. For the few people who look after the"
    " account use a role that is taken on with a second factor and for a short time.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html",
    bad={POLICIES: [{**OPS, "statements": STAR}], PRINCIPALS: [], GROUPS: []},
    good={POLICIES: [{**OPS, "statements": NARROW}], PRINCIPALS: [], GROUPS: []},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_policy_star(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Policies of their own, and those written into a user, role or group. Allowing all but something counts where one
    could allow oneself that too."""
    for row in inventory[POLICIES]:
        idle = row["attachments"] == 0
        yield _verdict(row["arn"], row["name"], "iam:policy", row["statements"], idle=idle)
    for row in (*inventory[PRINCIPALS], *inventory[GROUPS]):
        kind = row.get("type", "iam:group")
        for name, statements in row["inline"].items():
            yield _verdict(row["arn"], row["name"], kind, statements, inside=name)


def _verdict(
    arn: str, name: str, kind: str, statements: list[dict[str, Any]], *, idle: bool = False, inside: str = ""
) -> Verdict:
    found = list(allows_everything(statements))
    free = [one for one in found if not one.conditions]
    limits = sorted({condition.key for one in found for condition in one.conditions})
    milder = idle or not free
    return Verdict(
        resource=arn,
        bad=bool(found),
        detail=(f"Its own policy {inside} allows" if inside else "It allows")
        + " everything on everything"
        + ("." if free or not found else f", where {', '.join(limits)} fits.")
        + (" Nobody holds it today." if idle else ""),
        sub_key=inside,
        evidence={"inline_policy": inside or None, "conditions": limits},
        severity=Severity.MEDIUM if milder else None,
        severity_reason=("Nobody holds it today." if idle else "It holds under conditions.") if milder else "",
        resource_type=kind,
        resource_name=name,
    )
