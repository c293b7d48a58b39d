"""Alarms, once a region; and those on the bill, which live in one region of the partition."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws.endings import NotApplicableError
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

ALARMS = "[MetricAlarms, CompositeAlarms][] | [?AlarmArn]"
BILL = "AWS/Billing"


@collector("cloudwatch.describe_alarms", iam=("cloudwatch:DescribeAlarms",))
def describe_alarms(reader: Reader) -> Iterator[Row]:
    """{arn, type "cloudwatch:alarm", name, tells: bool, metrics, expressions, rule}.

    `tells`: it does something, and may, when it goes off. `metrics`: {namespace, metric, dimensions: {name: value}}
    of what it watches; `expressions`: its searches and queries; `rule`: of a composite one, else None.
    """
    for one in _alarms(reader, None):
        yield alarm_of(one)


@collector("cloudwatch.describe_billing_alarms", iam=("cloudwatch:DescribeAlarms",), is_global=True)
def describe_billing_alarms(reader: Reader) -> Iterator[Row]:
    """The alarms on the bill, as `describe_alarms` has them.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html
    """
    if reader.partition.startswith(("aws-us-gov", "aws-iso")):
        raise NotApplicableError("The bill of this part of AWS is kept in an account of the ordinary one.")
    rows = [alarm_of(one) for one in _alarms(reader, reader.home)]
    on_the_bill = [row for row in rows if any(metric["namespace"] == BILL for metric in row["metrics"])]
    names = {name for row in on_the_bill for name in (row["name"], row["arn"])}
    yield from on_the_bill
    yield from (row for row in rows if row["rule"] and any(name in row["rule"] for name in names))


def _alarms(reader: Reader, region: str | None) -> Iterator[Mapping[str, Any]]:
    """Composite ones too, which the list leaves out unless they are named."""
    return reader.pages(
        "cloudwatch",
        "describe_alarms",
        ALARMS,
        region=region,
        page_size=100,
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
    )


def alarm_of(one: Mapping[str, Any]) -> Row:
    """An alarm as AWS describes it → as the rows carry it."""
    queries = one.get("Metrics") or ()
    watched = [query["MetricStat"]["Metric"] for query in queries if query.get("MetricStat")]
    if one.get("MetricName"):
        watched.append(one)
    return {
        "arn": one["AlarmArn"],
        "type": "cloudwatch:alarm",
        "name": one["AlarmName"],
        "tells": bool(one.get("ActionsEnabled", True) and one.get("AlarmActions")),
        "metrics": [_metric(metric) for metric in watched],
        "expressions": [query["Expression"] for query in queries if query.get("Expression")],
        "rule": one.get("AlarmRule"),
    }


def _metric(one: Mapping[str, Any]) -> Row:
    return {
        "namespace": one.get("Namespace", ""),
        "metric": one.get("MetricName", ""),
        "dimensions": {each["Name"]: each["Value"] for each in one.get("Dimensions") or ()},
    }
