"""The record of who did what."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import iso
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector(
    "cloudtrail.describe_trails",
    iam=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"),
    is_global=True,
)
def describe_trails(reader: Reader) -> Iterator[Row]:
    """{arn, type "cloudtrail:trail", name, region, multi_region, of_organisation, validated, logging, …}.

    Asked once, in the home region: every trail that covers all regions casts its shadow there, and so does one of the
    organisation in its members. `logging` is None where the status could not be read; `delivery_error` is AWS's own
    word for what keeps the records from arriving, or None; `delivered_at` when some last arrived.
    """
    for one in reader.pages("cloudtrail", "describe_trails", "trailList", includeShadowTrails=True):
        yield {
            "arn": one["TrailARN"],
            "type": "cloudtrail:trail",
            "name": one["Name"],
            "region": one.get("HomeRegion"),
            "owner": one["TrailARN"].split(":")[4],
            "multi_region": bool(one.get("IsMultiRegionTrail")),
            "of_organisation": bool(one.get("IsOrganizationTrail")),
            "validated": bool(one.get("LogFileValidationEnabled")),
            "bucket": one.get("S3BucketName"),
            **_status(reader, one["TrailARN"], one.get("HomeRegion")),
        }


def _status(reader: Reader, arn: str, home: str | None) -> Row:
    try:
        found = reader.ask("cloudtrail", "get_trail_status", region=home, Name=arn)
    except READ_ERRORS as error:
        reader.miss(arn, error)
        return {"logging": None, "delivery_error": None, "delivered_at": None}
    return {
        "logging": bool(found.get("IsLogging")),
        "delivery_error": found.get("LatestDeliveryError") or None,
        "delivered_at": iso(found.get("LatestDeliveryTime")),
    }
