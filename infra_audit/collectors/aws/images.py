"""The images that servers were started from, whoever owns them."""

from collections.abc import Iterator

from infra_audit.collectors.aws.ec2 import instances
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

AT_ONCE = 200  # as many values as a filter takes


@collector("ec2.describe_images_in_use", iam=("ec2:DescribeImages", "ec2:DescribeInstances"))
def describe_images_in_use(reader: Reader) -> Iterator[Row]:
    """{id, name, owner: account id, by: "amazon" or None, created_at, deprecated_at, platform: AWS's own words}.

    By filter, not by id: one image that is gone, or shared no more, would fail the whole question. It is left out.
    """
    wanted = sorted({one["ImageId"] for one in instances(reader) if one.get("ImageId")})
    for start in range(0, len(wanted), AT_ONCE):
        found = reader.pages(
            "ec2",
            "describe_images",
            "Images",
            Filters=[{"Name": "image-id", "Values": wanted[start : start + AT_ONCE]}],
            IncludeDeprecated=True,
        )
        for one in found:
            yield {
                "id": one["ImageId"],
                "name": one.get("Name", ""),
                "owner": one.get("OwnerId"),
                "by": one.get("ImageOwnerAlias"),
                "created_at": one.get("CreationDate"),
                "deprecated_at": one.get("DeprecationTime"),
                "platform": one.get("PlatformDetails", ""),
            }
