"""CloudFormation's stacks: which are there, with what tool they were written, and what they made."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from infra_audit.iac_ids import Key, key_in_stack, plain_arn
from infra_audit.inventory import GLOBAL, Inventory

STACKS = "cloudformation.describe_stacks"
STACK_RESOURCES = "cloudformation.list_stack_resources"
STACK_TAG = "aws:cloudformation:stack-id"
# Skipped: the stack let go of it and left it standing.
GONE = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})

CLOUDFORMATION, CDK, SAM, SERVERLESS = "CloudFormation", "CDK", "SAM", "Serverless Framework"
SAM_TAG = "lambda:createdBy"
MARKED_BY_SAM = ("lambda.list_functions", "iam.get_account_authorization_details")
DEPLOYMENT_BUCKET = "ServerlessDeploymentBucket"


@dataclass(frozen=True)
class Member:
    """Something that a stack made and still lists. `account`: the stack's own."""

    account: str
    stack: str
    logical_id: str
    names: tuple[str | Key, ...]


class Stacks:
    """The stacks of an inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._rows = {row["arn"]: row for row in inventory[STACKS]}
        self._tools = self._tools_by_tags() | self._tools_by_members()
        self.unread_in = cache(self._unread_in)

    def members(self) -> Iterator[Member]:
        for unit in self._inventory.units(STACK_RESOURCES):
            for row in unit.rows if unit.ending.readable else ():
                if row["status"] in GONE:
                    continue
                arn = (plain_arn(row["id"]),) if row["id"].startswith("arn:") else ()
                key = key_in_stack(row["resource_type"], row["id"], unit.place.region)
                yield Member(
                    unit.place.account, row["stack"], row.get("logical_id", ""), (*arn, *([key] if key else []))
                )

    def is_there(self, stack: str) -> bool | None:
        """Whether a stack exists; None where its region's stacks were not all read."""
        if stack in self._rows:
            return True
        parts = stack.split(":")
        if len(parts) < 6:
            return None
        read = [
            unit
            for unit in self._inventory.units(STACKS)
            if unit.place.account == parts[4] and unit.place.region == parts[3]
        ]
        return False if read and all(unit.ending.complete for unit in read) else None

    def tool_of(self, stack: str) -> str:
        """What the stack was written with, as far as it shows; a nested one as the stack around it."""
        seen: set[str] = set()
        here: str | None = stack
        while here and here not in seen:
            seen.add(here)
            row = self._rows.get(here, {})
            if tool := row.get("made_with") or self._tools.get(here):
                return str(tool)
            here = row.get("parent")
        return CLOUDFORMATION

    def _tools_by_tags(self) -> dict[str, str]:
        """SAM marks what it makes with a tag, and nowhere else."""
        rows = [row for operation in MARKED_BY_SAM for row in self._inventory[operation]]
        tags = [row["tags"] for row in rows if (row["tags"] or {}).get(SAM_TAG) == SAM]
        return {one[STACK_TAG]: SAM for one in tags if STACK_TAG in one}

    def _tools_by_members(self) -> dict[str, str]:
        tools: dict[str, str] = {}
        for row in self._inventory[STACK_RESOURCES]:
            if row["resource_type"] == "AWS::CDK::Metadata":
                tools[row["stack"]] = CDK
            elif row.get("logical_id") == DEPLOYMENT_BUCKET:
                tools[row["stack"]] = SERVERLESS
            elif row["resource_type"].startswith("AWS::Serverless::"):
                tools.setdefault(row["stack"], SAM)
        return tools

    def _unread_in(self, account: str, region: str) -> str:
        """The operation that was not read where a stack could make something of the region; "" if all were."""
        for operation in (STACKS, STACK_RESOURCES):
            units = [
                one
                for one in self._inventory.units(operation)
                if one.place.account == account and region in {GLOBAL, one.place.region}
            ]
            if not units or any(not one.ending.complete for one in units):
                return operation
        return ""


def stack_name(arn: str) -> str:
    """The name inside `arn:aws:cloudformation:region:account:stack/NAME/UUID`."""
    parts = arn.split("/")
    return parts[1] if len(parts) > 1 else arn
