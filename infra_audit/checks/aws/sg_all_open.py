from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._firewalls import CONSULTS, GROUP, IAM, judge_groups, rule
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

OPERATION = "ec2.describe_security_groups"
LAST = 65_535


@check(
    id="sg_all_open",
    title="A firewall rule lets the whole internet in on every port",
    headline="{n} of {m} firewall groups let the whole internet in on every port",
    good_news="None of {m} firewall groups lets the whole internet in on every port.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="It is no firewall at all: whatever a server happens to run, today or next year, is there for everybody.",
    action="Close what lets in everything",
    consequence="anything that runs behind it could be attacked",
    needs=("ec2.describe_security_groups",),
    consults=CONSULTS,
    iam=IAM,
    remedy="Replace the rule by one for each port that is really served, with the addresses that need it.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    bad={"ec2.describe_security_groups": [{**GROUP, "ingress": [rule("-1", None, None, "0.0.0.0/0")]}]},
    good={"ec2.describe_security_groups": [{**GROUP, "ingress": [rule("-1", None, None, "10.0.0.0/8")]}]},
)
def sg_all_open(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """All protocols, or every TCP port in one rule; what several rules open together is not added up."""
    wide = [{**one, "ingress": list(filter(_is_wide, one["ingress"]))} for one in inventory[OPERATION]]
    yield from judge_groups(inventory, [(1, "every port")], groups=wide)


def _is_wide(one: Row) -> bool:
    if one["protocol"] == "-1":
        return True
    first, last = one["from_port"], one["to_port"]
    return one["protocol"] in {"tcp", "6"} and (first is None or (first <= 1 and last >= LAST))
