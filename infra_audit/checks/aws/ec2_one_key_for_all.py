from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

PREFIX = "arn:aws:ec2:eu-west-1:123456789012"
KEYS = [{"arn": f"{PREFIX}:key-pair/key-1", "name": "ops"}, {"arn": f"{PREFIX}:key-pair/key-2", "name": "shop"}]


@check(
    id="ec2_one_key_for_all",
    title="One key opens every server",
    headline="{n} of {m} keys to servers open every server of their region",
    good_news="None of {m} keys to servers opens every server of its region.",
    severity=Severity.MEDIUM,
    effort=Effort.DAYS,
    why="Nobody's access can be taken away alone: who leaves keeps a copy that opens everything.",
    action="Give each person access of their own to servers",
    consequence="somebody who left, or who found the key, could still sign in everywhere",
    needs=("ec2.describe_instances",),
    consults=("ec2.describe_key_pairs",),
    iam=("ec2:DescribeInstances", "ec2:DescribeKeyPairs"),
    remedy="Let people sign in as themselves through Session Manager or EC2 Instance Connect, and start servers without"
    " a shared key.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-key-pairs.html",
    bad={
        "ec2.describe_instances": [{"arn": f"{PREFIX}:instance/i-{n}", "key_name": "ops"} for n in (1, 2)],
        "ec2.describe_key_pairs": KEYS,
    },
    good={
        "ec2.describe_instances": [
            {"arn": f"{PREFIX}:instance/i-{n}", "key_name": key} for n, key in enumerate(("ops", "shop"))
        ],
        "ec2.describe_key_pairs": KEYS,
    },
)
def ec2_one_key_for_all(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Of the servers that have a key at all; one server proves nothing. Keys that people added by hand are not seen."""
    opened: dict[str, list[Row]] = defaultdict(list)
    for instance in inventory["ec2.describe_instances"]:
        if instance["key_name"]:
            opened[instance["key_name"]].append(instance)
    known = {row["name"]: row["arn"] for row in inventory["ec2.describe_key_pairs"]}
    for name, instances in sorted(opened.items()):
        lost = instances[0]["arn"].rpartition("instance/")[0] + f"key-pair/{name}"  # deleted here, still on servers
        if name not in known and inventory.incomplete("ec2.describe_key_pairs"):
            yield Unknown(lost, "ec2.describe_key_pairs")  # under which name it would be told next time
            continue
        yield Verdict(
            resource=known.get(name, lost),
            bad=len(opened) == 1 and len(instances) > 1,
            detail=f"The key {name} opens all {len(instances)} servers that have one.",
            evidence={"instances": len(instances)},
            resource_type="ec2:key-pair",
            resource_name=name,
        )
