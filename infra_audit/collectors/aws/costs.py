"""Who is told when the bill grows unusually. Each question costs one US cent, so it is asked only by consent."""

from collections.abc import Iterator
from typing import Any

from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector(
    "ce.get_anomaly_monitors",
    iam=("ce:GetAnomalyMonitors", "ce:GetAnomalySubscriptions"),
    is_global=True,
    paid=True,
)
def get_anomaly_monitors(reader: Reader) -> Iterator[Row]:
    """{monitor: its ARN, name, kind, subscribers: how many people or topics it tells}.

    Where there is no monitor, nobody is asked who is told.
    """
    monitors = list(_all(reader, "get_anomaly_monitors", "AnomalyMonitors"))
    if not monitors:
        return
    told: dict[str, int] = {}
    for one in _all(reader, "get_anomaly_subscriptions", "AnomalySubscriptions"):
        for arn in one.get("MonitorArnList") or ():
            told[arn] = told.get(arn, 0) + len(one.get("Subscribers") or ())
    for one in monitors:
        yield {
            "monitor": one["MonitorArn"],
            "name": one.get("MonitorName", ""),
            "kind": one.get("MonitorType", ""),
            "subscribers": told.get(one["MonitorArn"], 0),
        }


def _all(reader: Reader, operation: str, key: str) -> Iterator[dict[str, Any]]:
    """The SDK cannot page through these by itself."""
    token: dict[str, str] = {}
    while True:
        answer = reader.ask("ce", operation, MaxResults=100, **token)
        yield from answer.get(key) or ()
        if not answer.get("NextPageToken"):
            return
        token = {"NextPageToken": answer["NextPageToken"]}
