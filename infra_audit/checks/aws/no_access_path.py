from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._network import CLOSED_TABLE, SERVER, layers
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.ways_in import AGENTS, CONNECT, DIAL_IN, LINES, READS, READS_IAM, Doors

NO_DOORS: dict[str, list[object]] = {AGENTS: [], CONNECT: [], DIAL_IN: [], LINES: []}
EXAMPLE = {"ec2.describe_instances": [SERVER], **layers(CLOSED_TABLE, 22, "10.9.0.0/16"), **NO_DOORS}
GROUP_TAG = "aws:autoscaling:groupName"


@check(
    id="no_access_path",
    title="Nobody has a guarded way onto a server",
    headline="{n} of {m} running servers have no guarded way in for the people who run them",
    good_news="All {m} running servers have a guarded way in for the people who run them.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="On the night when it matters, somebody opens the firewall in a hurry, or nobody gets in at all.",
    action="Give the people who run servers a guarded way in",
    consequence="in an outage nobody could get in, or a door would be opened for everybody",
    needs=("ec2.describe_instances",),
    consults=READS,
    iam=("ec2:DescribeInstances", *READS_IAM),
    remedy="Give the servers a role with AmazonSSMManagedInstanceCore and let people in through Session Manager, which"
    " needs no open port, no key and no bastion.",
    source="https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html",
    bad=EXAMPLE,
    good={**EXAMPLE, AGENTS: [{"id": SERVER["id"], "online": True}]},
)
def no_access_path(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Bastion, Session Manager, Instance Connect endpoint, VPN, another network: none of them, or only public sign-in.

    A server that a group would replace is not mended by hand, so that it is milder there.
    """
    doors = Doors(inventory)
    for instance in inventory["ec2.describe_instances"]:
        if instance["state"] != "running":
            continue
        access = doors.access(instance)
        if access.unread and not access.good:
            yield Unknown(instance["arn"], access.unread[0])
            continue
        in_group = GROUP_TAG in (instance["tags"] or {})
        ways = [way.said for way in access.ways]
        yield Verdict(
            resource=instance["arn"],
            bad=not access.good,
            detail=f"The only way in is {ways[0]}." if ways else "No way in is open that we can see.",
            evidence={"ways_in": ways},
            severity=Severity.LOW if in_group else None,
            severity_reason="Its group replaces it, so that few need to sign in." if in_group else "",
        )
