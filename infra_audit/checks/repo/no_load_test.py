from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._repository import PYTHON, RUNS_SOMEWHERE, TOOLS
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

EVERYWHERE = "repositories"
DOCKER = {"category": "containers", "name": "Docker", "version": None, "path": "Dockerfile", "files": 1}
K6 = {"category": "load_test", "name": "k6", "version": None, "path": "load/orders.js", "files": 1}


@check(
    id="no_load_test",
    title="Nobody has tried how much it bears",
    headline="No load test was found in any repository",
    good_news="There are load tests.",
    severity=Severity.INFO,
    effort=Effort.DAYS,
    why="How many customers at once are too many is found out on the best day of the year.",
    action="Try how much it bears",
    consequence="the busiest day could be the day it falls over",
    consults=(TOOLS,),
    remedy="Write a load test of what customers do most, run it on a copy of production, and note where it gives in.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_testing_resiliency_test_non_functional.html",
    bad={TOOLS: [PYTHON, DOCKER]},
    good={TOOLS: [PYTHON, DOCKER, K6]},
    scope=Scope.RUN,
    eased_outside_production=False,
)
def no_load_test(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Judged once, over all repositories, where one of them shows that it is run somewhere."""
    units = inventory.units(TOOLS)
    rows = inventory[TOOLS]
    if any(row["category"] == "load_test" for row in rows):
        yield Verdict(EVERYWHERE, bad=False)
    elif inventory.incomplete(TOOLS):
        yield Unknown(EVERYWHERE, TOOLS)
    elif any(row["category"] in RUNS_SOMEWHERE for row in rows):
        yield Verdict(
            EVERYWHERE,
            bad=True,
            detail="Neither k6, Locust, Gatling, JMeter, Artillery nor Vegeta is used in what we read. A test that was"
            " made by hand, or that lies elsewhere, cannot be seen from here.",
            evidence={"repositories": sorted(unit.place.repository for unit in units)},
            confidence="medium",
            resource_type="git:repository",
            resource_name="1 repository" if len(units) == 1 else f"{len(units)} repositories",
        )
