from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._github import ALERTS, RESOURCE_TYPE, in_use, name_of
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

REPOSITORY: Row = {
    "arn": "repo:shop",
    "is_archived": False,
    "dependency_alerts": False,
    "open": None,
    "open_by_severity": None,
    "secret_scanning": "disabled",
    "push_protection": "disabled",
}


@check(
    id="dependency_alerts_off",
    title="Nobody is told when a dependency turns out to be unsafe",
    headline="{n} of {m} repositories on GitHub tell nobody of unsafe dependencies",
    good_news="All {m} repositories on GitHub tell of unsafe dependencies.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="Holes in libraries are used within days of becoming known; GitHub would say which ones concern this code.",
    action="Switch on alerts for dependencies",
    consequence="a known hole in a library could stay open unnoticed",
    needs=(ALERTS,),
    remedy="Switch on Dependabot alerts, at best for the whole organisation, and name who answers them.",
    source="https://docs.github.com/en/code-security/dependabot/dependabot-alerts/about-dependabot-alerts",
    bad={ALERTS: [REPOSITORY]},
    good={ALERTS: [{**REPOSITORY, "dependency_alerts": True, "open": 0, "open_by_severity": {}}]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def dependency_alerts_off(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Another tool may do the same; GitHub does not know of it, so how sure we are is said."""
    for row in in_use(inventory, ALERTS):
        if row["dependency_alerts"] is None:
            yield Unknown(row["arn"], ALERTS)
            continue
        yield Verdict(
            row["arn"],
            bad=not row["dependency_alerts"],
            detail="Dependabot alerts are off. Another tool that does the same would be invisible to us.",
            evidence={"secret_scanning": row["secret_scanning"] or "unknown"},
            confidence="medium",
            resource_type=RESOURCE_TYPE,
            resource_name=name_of(row),
        )
