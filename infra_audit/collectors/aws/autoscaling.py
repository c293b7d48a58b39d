"""Groups that keep a number of servers running."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import iso, pick, tags_of
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("autoscaling.describe_auto_scaling_groups", iam=("autoscaling:DescribeAutoScalingGroups",))
def describe_auto_scaling_groups(reader: Reader) -> Iterator[Row]:
    """{arn, type "autoscaling:autoScalingGroup", name, tags, created_at, zones, instances: [ids]}."""
    found = reader.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", page_size=100)
    for one in found:
        yield {
            "arn": one["AutoScalingGroupARN"],
            "type": "autoscaling:autoScalingGroup",
            "name": one["AutoScalingGroupName"],
            "tags": tags_of(one),
            "created_at": iso(one["CreatedTime"]),
            "zones": one["AvailabilityZones"],
            "instances": pick(one.get("Instances") or (), "InstanceId"),
        }
