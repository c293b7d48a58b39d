from collections.abc import Iterator
from datetime import datetime, timedelta

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

MANAGED, OLDER = "acm.list_certificates", "iam.list_server_certificates"
SOON = timedelta(days=30)  # AWS renews by itself 60 days before the end: at 30 something keeps it from doing so
SHOP: Row = {
    "arn": "arn:aws:acm:eu-west-1:123456789012:certificate/0b1c",
    "type": "acm:certificate",
    "name": "shop.example",
    "tags": {},
    "in_use": True,
    "kind": "IMPORTED",
    "renews": False,
}


@check(
    id="acm_expiring",
    title="A certificate runs out soon, or has run out",
    headline="{n} of {m} certificates run out within 30 days, or have run out",
    good_news="None of {m} certificates runs out within 30 days.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="On that day browsers and partners refuse the connection, all at once, and always at a bad time.",
    action="Renew certificates before they run out",
    consequence="the site could become unreachable from one minute to the next",
    over=(MANAGED, OLDER),
    iam=("acm:ListCertificates", "acm:ListTagsForCertificate", "tag:GetResources", "iam:ListServerCertificates"),
    remedy="Replace imported certificates by ones that AWS issues and renews; where renewal is stuck, put back the DNS"
    " record that proves the domain is yours.",
    source="https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html",
    bad={MANAGED: [{**SHOP, "expires_at": "2099-01-15T00:00:00+00:00"}]},
    good={MANAGED: [{**SHOP, "expires_at": "2099-06-15T00:00:00+00:00"}]},
)
def acm_expiring(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """What nothing uses hurts nobody when it runs out, so it is not judged; of the older kind that is not told."""
    for row in (*inventory[MANAGED], *inventory[OLDER]):
        if row["expires_at"] and row.get("in_use") is not False:
            yield _judged(row, now)


def _judged(row: Row, now: datetime) -> Verdict:
    left = datetime.fromisoformat(row["expires_at"]) - now
    day = row["expires_at"][:10]
    when = f"It ran out on {day}." if left < timedelta() else f"It runs out on {day}, in {left.days} days."
    stuck = " AWS should have renewed it by now." if row.get("renews") else ""
    by_hand = " It was imported, so nobody renews it by itself." if row.get("kind") == "IMPORTED" else ""
    unused = " Whether anything uses it is not told." if "in_use" not in row or row["in_use"] is None else ""
    return Verdict(
        resource=row["arn"],
        bad=left < SOON,
        detail=f"{when}{stuck}{by_hand}{unused}",
        evidence={"expires_at": row["expires_at"], "kind": row.get("kind", "")},
        severity=Severity.MEDIUM if unused else None,
        severity_reason="Whether anything uses it is not told." if unused else "",
        confidence="medium" if unused else "high",
    )
