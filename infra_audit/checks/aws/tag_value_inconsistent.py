from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from infra_audit.checks.aws._tags import WEB, tagged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.resources import RESOURCE_OPERATIONS
from infra_audit.tags import Spellings

API = {**WEB, "arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0fedcba9876543210", "name": "api"}


@check(
    id="tag_value_inconsistent",
    title="Tags spell the same thing differently",
    headline="{n} of {m} tagged resources spell a tag differently from the others",
    good_news="All {m} tagged resources spell their tags alike.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="Tags are compared letter by letter: a report, an alarm or a backup plan for “prod” passes over “Prod”.",
    action="Spell every tag one way",
    consequence="a backup plan or a bill could pass over resources",
    over=RESOURCE_OPERATIONS,
    iam=("tag:GetResources",),
    remedy="Agree on one spelling for each key and value, use it in the code that makes the resources, and correct the"
    " rest by the script of the remedy kit, which shows what it would do first.",
    source="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
    bad={
        "ec2.describe_instances": [
            {**WEB, "tags": {"Environment": "prod"}},
            {**API, "tags": {"env": "PRODUCTION"}},
        ]
    },
    good={
        "ec2.describe_instances": [
            {**WEB, "tags": {"Environment": "prod"}},
            {**API, "tags": {"Environment": "staging"}},
        ]
    },
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def tag_value_inconsistent(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Over the whole account: differences of case, of separators, and of short and long words for an environment."""
    read = list(tagged(inventory))
    known = [one for one in read if not isinstance(one, Unknown)]
    spellings = Spellings((tags for _row, tags in known), settings.required_tags)
    yield from (one for one in read if isinstance(one, Unknown))
    for row, tags in known:
        if tags:
            found = list(spellings.deviations(tags))
            yield Verdict(
                resource=row["arn"],
                bad=bool(found),
                detail="; ".join(map(str, found)) + "." if found else "",
                evidence={"deviations": [asdict(one) for one in found]},
            )
