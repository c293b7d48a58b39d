from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Ending, Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

RECORDERS = "config.describe_configuration_recorders"


@check(
    id="config_off",
    title="Nothing records how the configuration changed",
    headline="Nothing records in {n} of {m} regions how the configuration changed",
    good_news="Changes of configuration are recorded in all {m} regions.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="Nobody could tell what a firewall or a bucket looked like last week, and who changed it since.",
    action="Record changes of configuration where something runs",
    consequence="nobody could tell what was changed before something broke",
    needs=(RECORDERS,),
    iam=("config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus"),
    remedy="Switch on AWS Config where something runs, with a retention, and leave out what changes by the minute: it"
    " charges for each recorded change.",
    source="https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html",
    bad={RECORDERS: [{"name": "default", "recording": False, "all_types": True, "last_status": None}]},
    good={RECORDERS: [{"name": "default", "recording": True, "all_types": True, "last_status": "SUCCESS"}]},
    eased_outside_production=False,
)
def config_off(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """One verdict a region."""
    for unit in inventory.units(RECORDERS):
        if unit.ending is Ending.NOT_APPLICABLE:
            continue
        place = unit.place
        yield Verdict(
            resource=f"arn:{place.partition}:config:{place.region}:{place.account}:configuration-recorder",
            bad=not any(row["recording"] for row in unit.rows),
            detail="The recorder is switched off." if unit.rows else "There is no recorder.",
            resource_type="region",
            resource_name=place.region,
        )
