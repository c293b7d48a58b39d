from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._root import IN_GOVCLOUD, is_govcloud, root_verdict
from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

REPORT = "iam.get_credential_report"
ROOT: Row = {
    "arn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:root",
    "user": "<root_account>",
    "is_root": True,
    "keys_last_used": None,
}
RECENT_DAYS = 30


@check(
    id="root_used_recently",
    title="The account's first user is in use",
    headline="In {n} of {m} accounts somebody lately worked as the first user, who may do everything",
    good_news="In none of {m} accounts did anybody work as the first user lately.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="No rule limits this user and the log cannot tell who it was: daily work does not belong there.",
    action="Stop working as the account's first user",
    consequence="a slip could harm anything, and nobody could tell who made it",
    needs=(REPORT,),
    iam=("iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    remedy="Ask who it was and why; give that person or program a role with the rights for it. Keep the root user for"
    " the few tasks that AWS asks it for, and have an alarm tell when it signs in.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",
    bad={REPORT: [{**ROOT, "password_last_used": "2098-12-20T09:00:00+00:00"}]},
    good={REPORT: [{**ROOT, "password_last_used": "2098-01-20T09:00:00+00:00"}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def root_used_recently(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Within 30 days, by password or by key, whichever was later."""
    for unit in inventory.units(REPORT):
        for row in unit.rows:
            if not row["is_root"]:
                continue
            if is_govcloud(unit.place):
                yield Unknown(row["arn"], REPORT, because=IN_GOVCLOUD)
                continue
            uses = {"a password": row["password_last_used"], "an access key": row["keys_last_used"]}
            way, last = max(uses.items(), key=lambda use: use[1] or "")
            yield root_verdict(
                row["arn"],
                bad=bool(last) and (now - datetime.fromisoformat(last)).days <= RECENT_DAYS,
                detail=f"The root user was last at work on {last[:10]}, with {way}." if last else "It was never used.",
                evidence={"password_last_used": row["password_last_used"], "keys_last_used": row["keys_last_used"]},
            )
