"""Which resources are defined in code, by the evidence there is: CloudFormation's stacks and Terraform states.

No state given means that nobody can say what is in none: those resources are unknown, never "not in code". An
attachment counts as what it is attached to: it is no resource of its own here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from infra_audit.iac_ids import ANYWHERE, Key, key_in_stack, key_in_state, keys_of_resource
from infra_audit.inventory import GLOBAL, Ending, Inventory, Row, Unit
from infra_audit.resources import Resources

STACKS = "cloudformation.describe_stacks"
STACK_RESOURCES = "cloudformation.list_stack_resources"
STATES = "tfstate.resources"

STACK_TAG = "aws:cloudformation:stack-id"
GONE = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})  # skipped: the stack let go of it and left it standing
HINT_KEYS = frozenset({"managedby", "createdby", "provisionedby", "provisioner", "deployedby", "iac"})
TOOLS = ("terraform", "terragrunt", "opentofu", "tofu", "pulumi", "cloudformation", "cdk", "crossplane", "ansible")

NOT_GIVEN = "No Terraform state was given, so what is in no stack may still be in code."


class Managed(StrEnum):
    """Where a resource stands."""

    YES = "managed"
    NO = "unmanaged"
    DERIVED = "derived"  # it follows from another resource: no code would name it
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Standing:
    """One resource's verdict. `by` says in what it was found; `missing` is the operation that could have said more.

    `because` says why it did not, where reading it all would not have helped; `alone`: for this resource only.
    """

    managed: Managed
    by: str = ""
    missing: str = ""
    because: str = ""
    alone: bool = False


@dataclass
class Coverage:
    """How many resources of one type stand where."""

    managed: int = 0
    unmanaged: int = 0
    derived: int = 0
    unknown: int = 0

    def add(self, standing: Managed) -> None:
        setattr(self, standing.value, getattr(self, standing.value) + 1)


class Code:
    """What stacks and states name, ready to be asked of one resource."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._resources = Resources(inventory)
        self._named: dict[tuple[str, str | Key], str] = {}  # (account, or "" where not told; ARN or key) → by what
        self._unread_in = cache(self._find_unread_in)
        self._stacks = {row["arn"] for row in inventory[STACKS]}
        self._read_stacks()
        self._read_states()

    def __iter__(self) -> Iterator[tuple[Row, Unit, Standing]]:
        """Every resource with its standing, derived ones included."""
        for row, unit in self._resources:
            yield row, unit, self.standing(row, unit)

    @property
    def states_given(self) -> bool:
        return any(unit.ending is not Ending.NOT_APPLICABLE for unit in self._inventory.units(STATES))

    @property
    def states(self) -> list[str]:
        """The files that anything was read from."""
        return sorted({row["state"] for row in self._inventory[STATES]})

    def is_complete_for(self, row: Row, unit: Unit) -> bool:
        """True where all evidence that could name the resource was given and read."""
        has_states = self.states_given and not self._inventory.incomplete(STATES)
        return has_states and not self._unread_stacks(row, unit)

    def standing(self, row: Row, unit: Unit) -> Standing:
        """What the evidence says of one resource row."""
        if follows := self._resources.follows_from(row):
            return Standing(Managed.DERIVED, by=follows)
        if by := self._found(row, unit.place.account):
            return Standing(Managed.YES, by=by)
        if not self.states_given:
            return Standing(Managed.UNKNOWN, missing=STATES, because=NOT_GIVEN)
        if self._inventory.incomplete(STATES):
            return Standing(Managed.UNKNOWN, missing=STATES)
        if missing := self._unread_stacks(row, unit):
            return Standing(Managed.UNKNOWN, missing=missing)
        if hint := _hint(row):
            because = f"Its tag {hint} says that code makes it, but it is in no state that was given."
            return Standing(Managed.UNKNOWN, missing=STATES, because=because, alone=True)
        return Standing(Managed.NO)

    def _found(self, row: Row, account: str) -> str:
        keys = list(keys_of_resource(row))
        everywhere = [key._replace(region=ANYWHERE) for key in keys]
        for name in (row["arn"], *keys, *everywhere):
            for owner in (account, ""):
                if by := self._named.get((owner, name)):
                    return by
        stack = (row["tags"] or {}).get(STACK_TAG)
        return _stack_name(stack) if stack and self._is_alive(stack) else ""

    def _is_alive(self, stack: str) -> bool:
        """A stack that is gone manages nothing; where it cannot be told, the tag is believed."""
        return stack in self._stacks or self._is_incomplete(STACKS)

    def _is_incomplete(self, operation: str) -> bool:
        return not self._inventory.units(operation) or bool(self._inventory.incomplete(operation))

    def _unread_stacks(self, row: Row, unit: Unit) -> str:
        """The operation that was not read where a stack could make the resource: its region, or anywhere."""
        region: str = row.get("region") or row["arn"].split(":")[3] or unit.place.region
        return self._unread_in(unit.place.account, region)

    def _find_unread_in(self, account: str, region: str) -> str:
        for operation in (STACKS, STACK_RESOURCES):
            units = [
                one
                for one in self._inventory.units(operation)
                if one.place.account == account and region in {GLOBAL, one.place.region}
            ]
            if not units or any(not one.ending.complete for one in units):
                return operation
        return ""

    def _read_stacks(self) -> None:
        for unit in self._inventory.units(STACK_RESOURCES):
            for row in unit.rows if unit.ending.readable else ():
                if row["status"] in GONE:
                    continue
                by = f"the stack {row['stack_name']}"
                if row["id"].startswith("arn:"):
                    self._named[unit.place.account, row["id"]] = by
                if key := key_in_stack(row["resource_type"], row["id"], unit.place.region):
                    self._named[unit.place.account, key] = by

    def _read_states(self) -> None:
        for row in self._inventory[STATES]:
            by = f"the state {row['state']}"
            if row["arn"]:
                self._named["", row["arn"]] = by
            elif key := key_in_state(row["tf_type"], row["attributes"]):
                self._named[row["attributes"].get("owner_id", ""), key] = by
            for disk in row["attributes"].get("volumes", ()):
                self._named["", Key("ec2", "volume", ANYWHERE, disk)] = by


def coverage(inventory: Inventory) -> dict[str, Coverage]:
    """By resource type ("rds:db"), how many are in code; what AWS made by itself is left out altogether."""
    found: dict[str, Coverage] = {}
    for row, _, standing in Code(inventory):
        found.setdefault(row["type"], Coverage()).add(standing.managed)
    return dict(sorted(found.items()))


def _stack_name(arn: str) -> str:
    """The name inside `arn:aws:cloudformation:region:account:stack/NAME/UUID`."""
    parts = arn.split("/")
    return f"the stack {parts[1]}" if len(parts) > 1 else "a stack"


def _hint(row: Row) -> str:
    """The tag by which somebody says that code makes it; "" where there is none."""
    for key, value in (row["tags"] or {}).items():
        plain = "".join(letter for letter in key.lower() if letter.isalnum())
        if plain in HINT_KEYS and any(tool in value.lower() for tool in TOOLS):
            return f"{key}={value}"
        if key.lower() in TOOLS and value.lower() not in {"false", "no", "0"}:
            return f"{key}={value}"
        if key.lower().startswith(("pulumi:", "crossplane-")):
            return str(key)
    return ""
