from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.open_ports import Firewalls
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-0123456789abcdef0"
GROUP = {"arn": ARN, "id": "sg-0123456789abcdef0"}
RULE = {"protocol": "tcp", "from_port": 20, "to_port": 30, "prefix_lists": []}
SSH = 22


@check(
    id="sg_ssh_open",
    title="A firewall rule lets the whole internet try to sign in",
    headline="{n} of {m} firewall groups let the whole internet try to sign in to servers",
    good_news="None of {m} firewall groups lets the whole internet try to sign in to servers.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="One weak key or one flaw in the sign-in service, and a stranger is on the server.",
    action="Close remote sign-in to the internet",
    consequence="a stranger could get onto a server",
    needs=("ec2.describe_security_groups",),
    consults=("ec2.describe_network_interfaces", "ec2.get_managed_prefix_list_entries"),
    iam=(
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeManagedPrefixLists",
        "ec2:GetManagedPrefixListEntries",
    ),
    remedy="Remove the rule; sign in through Session Manager or an EC2 Instance Connect endpoint, which need no open"
    " port, or allow a VPN's address alone.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    bad={"ec2.describe_security_groups": [{**GROUP, "ingress": [{**RULE, "cidrs": ["::/0"]}]}]},
    good={"ec2.describe_security_groups": [{**GROUP, "ingress": [{**RULE, "cidrs": ["10.0.0.0/8"]}]}]},
)
def sg_ssh_open(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Port 22 over TCP, alone, in a range or among all. Whether a route leads there is another check's matter."""
    firewalls = Firewalls(inventory)
    for group in inventory["ec2.describe_security_groups"]:
        rules = firewalls.opened_by(group, SSH)
        if rules is None:
            yield Unknown(group["arn"], "ec2.get_managed_prefix_list_entries")
            continue
        used = firewalls.in_use(group)
        yield Verdict(
            resource=group["arn"],
            bad=bool(rules),
            detail=f"Open to {' and '.join(rules)}; {used.sentence}",
            evidence={"open_to": rules, "in_use": used.known},
            severity=Severity.LOW if used.known is False else None,
            severity_reason="Nothing uses the group today." if used.known is False else "",
        )
