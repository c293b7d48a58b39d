from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._firewalls import CONSULTS, GROUP, IAM, judge_groups, rule
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check


@check(
    id="sg_rdp_open",
    title="A firewall rule lets the whole internet try Windows remote desktop",
    headline="{n} of {m} firewall groups let the whole internet try Windows remote desktop",
    good_news="None of {m} firewall groups lets the whole internet try Windows remote desktop.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="Remote desktop is what extortionists try first: guessed passwords and old flaws both get them in.",
    action="Close remote desktop to the internet",
    consequence="a stranger could get onto a server and lock its data",
    needs=("ec2.describe_security_groups",),
    consults=CONSULTS,
    iam=IAM,
    remedy="Remove the rule; sign in through Fleet Manager or an EC2 Instance Connect endpoint, which need no open"
    " port, or allow a VPN's address alone.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    bad={"ec2.describe_security_groups": [{**GROUP, "ingress": [rule("tcp", 3000, 4000, "0.0.0.0/0")]}]},
    good={"ec2.describe_security_groups": [{**GROUP, "ingress": [rule("tcp", 3389, 3389, "10.0.0.0/8")]}]},
)
def sg_rdp_open(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Port 3389 over TCP, alone, in a range or among all."""
    yield from judge_groups(inventory, [(3389, "port 3389")])
