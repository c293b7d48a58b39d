from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.table_copies import LIST, RECOVERY

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/baskets"
BASKETS = {"arn": ARN, "type": "dynamodb:table", "name": "baskets", "tags": {}}


@check(
    id="dynamodb_no_pitr",
    title="A table cannot be taken back to an earlier moment",
    headline="{n} of {m} tables of the key-value database cannot be taken back to an earlier moment",
    good_news="All {m} tables of the key-value database can be taken back to an earlier moment.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="A faulty release can overwrite items in minutes; without this there is no way back to what they were.",
    action="Switch on point-in-time recovery for tables",
    consequence="what a faulty release overwrites could not be brought back",
    needs=(LIST,),
    consults=(RECOVERY,),
    iam=(
        "dynamodb:ListTables",
        "dynamodb:ListTagsOfResource",
        "tag:GetResources",
        "dynamodb:DescribeContinuousBackups",
    ),
    remedy="Switch on point-in-time recovery, in the code that makes the table: it needs no pause.",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html",
    bad={LIST: [BASKETS], RECOVERY: [{"table": ARN, "point_in_time": False, "recovery_days": None}]},
    good={LIST: [BASKETS], RECOVERY: [{"table": ARN, "point_in_time": True, "recovery_days": 35}]},
)
def dynamodb_no_pitr(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    told = {row["table"]: row["point_in_time"] for row in inventory[RECOVERY]}
    for table in inventory[LIST]:
        if table["arn"] in told:
            detail = "Point-in-time recovery is off."
            yield Verdict(resource=table["arn"], bad=not told[table["arn"]], detail=detail)
        else:
            yield Unknown(table["arn"], RECOVERY)
