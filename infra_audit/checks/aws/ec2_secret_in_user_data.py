from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"
FOUND = {"rule": "generic-password", "title": "Password", "preview": "password, 16 characters", "line": 4}


@check(
    id="ec2_secret_in_user_data",
    title="A server's start-up script holds a credential",
    headline="{n} of {m} servers hold a credential in their start-up script",
    good_news="None of the start-up scripts of {m} servers holds a credential.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Everybody who may look at the server's settings, and every program on the server, can read it.",
    action="Take credentials out of start-up scripts",
    consequence="whoever may look at a server could take its credentials",
    needs=("ec2.describe_instance_attribute",),
    iam=("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute"),
    remedy="Change the credential, keep the new one in Secrets Manager or Parameter Store, and let the script fetch"
    " it with the server's own role.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
    bad={
        "ec2.describe_instance_attribute": [
            {
                "arn": ARN,
                "has_user_data": True,
                "detections": [{**FOUND, "fingerprint": "0" * 32, "confidence": "high"}],
                "detector_version": "1",
            }
        ]
    },
    good={
        "ec2.describe_instance_attribute": [
            {"arn": ARN, "has_user_data": True, "detections": [], "detector_version": "1"}
        ]
    },
)
def ec2_secret_in_user_data(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """One verdict a server. Another credential in the same script is another finding."""
    for row in inventory["ec2.describe_instance_attribute"]:
        found = row["detections"]
        surest = next((word for word in ("high", "medium") if word in [one["confidence"] for one in found]), "low")
        yield Verdict(
            resource=row["arn"],
            bad=bool(found),
            detail="; ".join(f"line {one['line']}: {one['title']} ({one['preview']})" for one in found),
            sub_key=" ".join(sorted({one["fingerprint"] for one in found})),
            evidence={"detections": found, "detector_version": row["detector_version"]},
            confidence=surest if found else "high",
            resource_type="ec2:instance",
        )
