from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._github import PROTECTION, RESOURCE_TYPE, in_use, name_of
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

BRANCH: Row = {
    "arn": "repo:shop",
    "branch": "main",
    "is_archived": False,
    "is_protected": False,
    "by": [],
    "reviews": 0,
}


@check(
    id="branch_unprotected",
    title="Nothing protects the main branch on GitHub",
    headline="{n} of {m} repositories on GitHub let anybody who may write rewrite their main branch",
    good_news="The main branches of all {m} repositories on GitHub are protected.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="One forced push can take away the history that everybody builds on, and a hurried change goes live unseen.",
    action="Protect the main branches",
    consequence="one push could overwrite the history of the main branch",
    needs=(PROTECTION,),
    remedy="Add a ruleset for the default branch, at best once for the whole organisation: no deletion, no forced push,"
    " changes by pull request, and the checks that have to pass.",
    source="https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/"
    "managing-rulesets/about-rulesets",
    bad={PROTECTION: [BRANCH]},
    good={PROTECTION: [{**BRANCH, "is_protected": True, "by": ["ruleset"], "reviews": 1}]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def branch_unprotected(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Classic protection and rulesets count alike. What none of both was told of is not assessed."""
    for row in in_use(inventory, PROTECTION):
        if row["is_protected"] is None:
            yield Unknown(row["arn"], PROTECTION)
            continue
        yield Verdict(
            row["arn"],
            bad=not row["is_protected"],
            detail=f"Neither branch protection nor a ruleset guards {row['branch']}.",
            evidence={"branch": row["branch"]},
            resource_type=RESOURCE_TYPE,
            resource_name=name_of(row),
        )
