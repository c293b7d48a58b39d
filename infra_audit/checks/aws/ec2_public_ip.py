from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"


@check(
    id="ec2_public_ip",
    title="A server has a public address of its own",
    headline="{n} of {m} servers have a public address of their own",
    good_news="None of {m} servers has a public address of its own.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="One wrong firewall rule is then enough to put the server on the internet.",
    action="Put servers behind load balancers, without public addresses",
    consequence="one mistake in a firewall rule would put servers on the internet",
    needs=("ec2.describe_instances",),
    iam=("ec2:DescribeInstances",),
    remedy="Serve through a load balancer, sign in through Session Manager, and start the server in a private subnet.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html",
    bad={"ec2.describe_instances": [{"arn": ARN, "public_ip": "198.51.100.7"}]},
    good={"ec2.describe_instances": [{"arn": ARN, "public_ip": None}]},
)
def ec2_public_ip(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """That it has an IPv4 one; whether anything gets there is another check's matter."""
    for instance in inventory["ec2.describe_instances"]:
        others = [one["public_ip"] for one in instance.get("interfaces") or () if one["public_ip"]]
        address = instance["public_ip"] or next(iter(others), None)
        yield Verdict(
            resource=instance["arn"],
            bad=address is not None,
            detail=f"Its public address is {address}.",
            evidence={"public_ip": address},
        )
