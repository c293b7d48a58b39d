"""What the checks on tags share."""

from collections.abc import Iterator

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Unknown
from infra_audit.tags import Tags, resources_with_tags

WEB: Row = {
    "arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0",
    "type": "ec2:instance",
    "name": "web",
}


def tagged(inventory: Inventory) -> Iterator[tuple[Row, Tags] | Unknown]:
    """Each resource with the tags that somebody set; an Unknown where they could not be read.

    What its unit names as unread itself is left out: that is told already.
    """
    for row, unit, tags in resources_with_tags(inventory):
        if tags is not None:
            yield row, tags
        elif row["arn"] not in {miss.resource for miss in unit.unread}:
            yield Unknown(row["arn"], unit.operation, because="Its tags could not be read.")
