from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._github import PROTECTION, RESOURCE_TYPE, in_use, name_of
from infra_audit.checks.repo.branch_unprotected import BRANCH
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check


@check(
    id="reviews_not_required",
    title="Changes reach the main branch without a second pair of eyes",
    headline="{n} of {m} repositories on GitHub take changes that nobody has looked at",
    good_news="All {m} repositories on GitHub ask for a review before a change is taken.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="A mistake, or a stolen sign-in, goes straight into what is deployed, and only its author knows the code.",
    action="Ask for a review of each change",
    consequence="one person alone could put any change into production",
    needs=(PROTECTION,),
    remedy="Ask for one approval in the ruleset of the default branch. Who works alone can leave it, and say so.",
    source="https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/"
    "managing-rulesets/available-rules-for-rulesets#require-a-pull-request-before-merging",
    bad={PROTECTION: [{**BRANCH, "is_protected": True, "by": ["branch protection"]}]},
    good={PROTECTION: [{**BRANCH, "is_protected": True, "by": ["ruleset"], "reviews": 1}]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def reviews_not_required(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """The strictest of what applies counts. A branch without any protection asks for no review either."""
    for row in in_use(inventory, PROTECTION):
        if row["reviews"] is None:
            yield Unknown(row["arn"], PROTECTION)
            continue
        yield Verdict(
            row["arn"],
            bad=row["reviews"] == 0,
            detail=f"A change to {row['branch']} takes no approval.",
            evidence={"branch": row["branch"], "protected_by": row["by"]},
            resource_type=RESOURCE_TYPE,
            resource_name=name_of(row),
        )
