"""Which databases AWS Backup's plans should copy: what a selection covers, as the service itself decides.

Named resources and any one of a selection's tags add up; conditions must all hold; exclusions win; an empty selection
takes everything. A kind that the region has switched off gets nothing by tag or by "*", and Aurora, Neptune and
DocumentDB nothing even when named.
https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache

from infra_audit.inventory import Row

# Family of what holds data → what AWS Backup's settings call it.
KINDS = {
    "rds": "RDS",
    "aurora": "Aurora",
    "neptune": "Neptune",
    "docdb": "DocumentDB",
    "dynamodb": "DynamoDB",
    "efs": "EFS",
}
COPIED_WHEN_NAMED = frozenset({"rds", "dynamodb", "efs"})


class Cover(Enum):
    """What a plan means for one resource."""

    NONE = "none"
    SWITCHED_OFF = "switched off"  # selected, but the region does not let AWS Backup copy this kind
    COVERED = "covered"


def cover_of(plan: Row, database: Row, opted_in: Mapping[str, bool]) -> Cover:
    """What a row of `backup.list_backup_plans` means for a database. A kind that `opted_in` lacks counts as allowed."""
    allowed = opted_in.get(KINDS[database["family"]], True)
    selected = [one for one in plan["selections"] or () if covers(one, database["arn"], database["tags"] or {})]
    if not selected:
        return Cover.NONE
    named = any(_is_named(one, database["arn"]) for one in selected)
    if allowed or (named and database["family"] in COPIED_WHEN_NAMED):
        return Cover.COVERED
    return Cover.SWITCHED_OFF


def covers(selection: Row, arn: str, tags: Mapping[str, str]) -> bool:
    """True where the selection (see `backup.list_backup_plans`) takes the resource in, switched on or not."""
    if _matches_any(selection["not_resources"], arn):
        return False
    if not all(_holds(operator, tags.get(key), value) for operator, key, value in selection["conditions"]):
        return False
    if not selection["resources"] and not selection["any_tag"]:
        return True
    tagged = any(tags.get(key) == value for key, value in selection["any_tag"])
    return tagged or _matches_any(selection["resources"], arn)


def _is_named(selection: Row, arn: str) -> bool:
    return _matches_any([one for one in selection["resources"] if one != "*"], arn)


def _matches_any(patterns: Iterable[str], text: str) -> bool:
    return any(_pattern(one).fullmatch(text) for one in patterns)


def _holds(operator: str, value: str | None, wanted: str) -> bool:
    match operator:
        case "StringEquals":
            return value == wanted
        case "StringNotEquals":
            return value != wanted
        case "StringLike":
            return value is not None and _matches_any([wanted], value)
        case "StringNotLike":
            return value is None or not _matches_any([wanted], value)
    return False


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """Only `*` is special."""
    return re.compile(".*".join(re.escape(part) for part in glob.split("*")), re.DOTALL)
