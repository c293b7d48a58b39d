from collections.abc import Iterator
from datetime import datetime, timedelta

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

PAYMENTS: Row = {
    "arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/payments-AbCdEf",
    "type": "secretsmanager:secret",
    "name": "shop/payments",
    "tags": {},
    "owning_service": None,
    "primary_region": None,
    "created_at": "2098-06-01T00:00:00+00:00",
    "changed_at": "2098-06-01T00:00:00+00:00",
    "next_rotation_at": None,
}
GRACE = timedelta(days=1)  # AWS rotates within a window


@check(
    id="secret_not_rotated",
    title="A stored secret is never changed by itself",
    headline="{n} of {m} stored secrets are not changed by themselves",
    good_news="All {m} stored secrets are changed by themselves.",
    severity=Severity.MEDIUM,
    effort=Effort.DAYS,
    why="A secret that stays the same for years is known to everybody who ever worked with it, and to every log it fell"
    " into.",
    action="Have stored secrets changed by themselves",
    consequence="former colleagues and old logs could still open doors",
    needs=("secretsmanager.list_secrets",),
    iam=("secretsmanager:ListSecrets",),
    remedy="Switch rotation on where AWS knows how (its databases); for keys of other companies write down who changes"
    " them and when.",
    source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
    bad={"secretsmanager.list_secrets": [{**PAYMENTS, "rotates": False}]},
    good={
        "secretsmanager.list_secrets": [
            {**PAYMENTS, "rotates": True, "next_rotation_at": "2099-01-20T00:00:00+00:00"},
        ]
    },
)
def secret_not_rotated(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Rotation off, or overdue: then it fails. Copies follow their original, and AWS cares for what it made itself."""
    for row in inventory["secretsmanager.list_secrets"]:
        if row["owning_service"] or row["primary_region"]:
            continue
        due = row["next_rotation_at"]
        overdue = row["rotates"] and bool(due) and datetime.fromisoformat(due) + GRACE < now
        changed = row["changed_at"] or row["created_at"]
        days = (now - datetime.fromisoformat(changed)).days if changed else None
        lately = not row["rotates"] and days is not None and days <= settings.key_max_age_days
        yield Verdict(
            resource=row["arn"],
            bad=not row["rotates"] or overdue,
            detail=f"Rotation is on, but has been due since {due[:10]}."
            if overdue
            else "Rotation is off"
            + (f"; anything about it last changed {days} days ago." if days is not None else "."),
            evidence={"rotates": row["rotates"], "changed_at": changed, "next_rotation_at": due},
            severity=Severity.LOW if lately else None,
            severity_reason="Something about it was changed lately." if lately else "",
        )
