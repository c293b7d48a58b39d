"""What the checks of firewall rules have in common: a group judged by the ports that it opens to the internet."""

from collections.abc import Iterator, Sequence

from infra_audit.inventory import Inventory, Row
from infra_audit.open_ports import Firewalls
from infra_audit.registry import Severity, Unknown, Verdict

ARN = "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-0123456789abcdef0"
GROUP = {"arn": ARN, "id": "sg-0123456789abcdef0"}
CONSULTS = ("ec2.describe_network_interfaces", "ec2.get_managed_prefix_list_entries")
IAM = (
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeManagedPrefixLists",
    "ec2:GetManagedPrefixListEntries",
)


def rule(protocol: str, first: int | None, last: int | None, *cidrs: str) -> dict[str, object]:
    """An inbound rule, for examples."""
    return {"protocol": protocol, "from_port": first, "to_port": last, "cidrs": list(cidrs), "prefix_lists": []}


def judge_groups(
    inventory: Inventory, ports: Sequence[tuple[int, str]], groups: Sequence[Row] | None = None
) -> Iterator[Verdict | Unknown]:
    """A verdict a group: which of the ports, each in words, it opens to the whole internet, over TCP.

    `groups` replaces what was read, where only some of the rules are to be judged.
    """
    firewalls = Firewalls(inventory)
    for group in inventory["ec2.describe_security_groups"] if groups is None else groups:
        answers = {(port, name): firewalls.opened_by(group, port) for port, name in ports}
        found = [name for (_port, name), sources in answers.items() if sources]
        if not found and None in answers.values():
            yield Unknown(group["arn"], "ec2.get_managed_prefix_list_entries")
            continue
        sources = sorted({one for some in answers.values() for one in some or ()})
        used = firewalls.in_use(group)
        yield Verdict(
            resource=group["arn"],
            bad=bool(found),
            detail=f"Opens {', '.join(found)} to {' and '.join(sources)}; {used.sentence}",
            evidence={"open": found, "open_to": sources, "in_use": used.known},
            severity=Severity.LOW if used.known is False else None,
            severity_reason="Nothing uses the group today." if used.known is False else "",
        )
