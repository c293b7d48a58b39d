from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._network import CLOSED_TABLE, OPEN_TABLE, SERVER, layers
from infra_audit.inventory import Inventory
from infra_audit.reachability import LAYERS, LAYERS_IAM, Network, doorsteps
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

SSH = 22
PUBLIC = {**SERVER, "public_ip": "198.51.100.7"}


@check(
    id="ec2_reachable_ssh",
    title="A server's sign-in can be reached from the whole internet",
    headline="{n} of {m} running servers can be reached by the whole internet for signing in",
    good_news="None of {m} running servers can be reached by the whole internet for signing in.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Strangers try passwords and keys there day and night; one weak key or one flaw, and they are in.",
    action="Take sign-in to servers off the internet",
    consequence="a stranger could get onto a server",
    needs=("ec2.describe_instances",),
    consults=LAYERS,
    iam=("ec2:DescribeInstances", *LAYERS_IAM),
    remedy="Sign in through Session Manager or an EC2 Instance Connect endpoint, then remove the rule and the public"
    " address.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/connect-to-linux-instance.html",
    bad={"ec2.describe_instances": [PUBLIC], **layers(OPEN_TABLE, SSH, "0.0.0.0/0")},
    good={"ec2.describe_instances": [PUBLIC], **layers(CLOSED_TABLE, SSH, "0.0.0.0/0")},
)
def ec2_reachable_ssh(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Port 22 open at every layer that we read. A firewall on the server itself is not seen."""
    network = Network(inventory)
    for instance in inventory["ec2.describe_instances"]:
        if instance["state"] != "running":
            continue
        reach = network.best_reach(doorsteps(instance), SSH)
        if reach.is_open is None:
            yield Unknown(instance["arn"], reach.unread)
            continue
        said = reach.said
        yield Verdict(
            resource=instance["arn"],
            bad=reach.is_open,
            detail=f"Open at every layer: {said}. A firewall on the server itself would not be seen.",
            evidence={"port": SSH, "layers": [layer.said for layer in reach.layers]},
        )
