"""Which resources are defined in code, by the evidence there is: CloudFormation's stacks and Terraform states.

No state given means that nobody can say what is in none: those resources are unknown, never "not in code". A part (a
rule, an attachment, a policy) counts as its parent's: it is no resource of its own here, and makes none managed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from infra_audit.environments import environment_of
from infra_audit.iac_ids import (
    ANYWHERE,
    Key,
    account_in_state,
    key_in_state,
    key_of_parent,
    keys_of_resource,
    plain_arn,
)
from infra_audit.iac_stacks import STACK_RESOURCES, STACK_TAG, STACKS, Stacks, stack_name
from infra_audit.iac_types import PARTS
from infra_audit.inventory import Ending, Inventory, Row, Unit
from infra_audit.resources import Resources

__all__ = ["STACKS", "STACK_RESOURCES", "STATES", "STATE_OBJECTS", "Code", "Coverage", "Managed", "coverage"]

STATES = "tfstate.resources"
STATE_OBJECTS = "s3.get_state_objects"
TERRAFORM = "Terraform"

HINT_KEYS = frozenset({"managedby", "createdby", "provisionedby", "provisioner", "deployedby", "iac"})
TOOLS = ("terraform", "terragrunt", "opentofu", "tofu", "pulumi", "cloudformation", "cdk", "crossplane", "ansible")
NOT_TOLD = "unknown"

NOT_GIVEN = "No Terraform state was given, so what is in no stack may still be in code."
STATUS_WORDS = {
    "tainted": "it will be made anew when Terraform next runs",
    "deposed": "it will be deleted when Terraform next runs",
}


class Managed(StrEnum):
    """Where a resource stands: each is exactly one of these."""

    YES = "managed"
    NO = "unmanaged"
    DERIVED = "derived"  # it follows from another resource: no code would name it
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """The same, told more finely."""

    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"
    ORPHANED = "orphaned"  # the stack that made it is gone
    DERIVED = "derived"
    HINTED = "hinted"  # its tags alone say that code makes it
    UNMANAGED = "unmanaged"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Standing:
    """One resource's verdict, with what it stands on.

    `by` says in what it was found, `tool` what wrote that ("CDK", "Terraform"). `evidence` are sentences. `missing` is
    the operation that could have said more; `because` says why it did not, where reading it all would not have helped;
    `alone`: for this resource only. An orphan is unmanaged, or unknown as long as a state could name it.
    """

    managed: Managed
    kind: Kind
    by: str = ""
    tool: str = ""
    evidence: tuple[str, ...] = ()
    confidence: str = "high"
    missing: str = ""
    because: str = ""
    alone: bool = False


@dataclass(frozen=True)
class Named:
    """That a stack or a state names something."""

    kind: Kind
    by: str
    tool: str
    evidence: str
    surely: bool = True


@dataclass
class Coverage:
    """How many resources stand where. The first four add up to all; the others say how many of them are what."""

    managed: int = 0
    unmanaged: int = 0
    derived: int = 0
    unknown: int = 0
    cloudformation: int = 0  # of the managed
    terraform: int = 0  # of the managed
    orphaned: int = 0  # of the unmanaged, or of the unknown where no state was given
    hinted: int = 0  # of the unknown

    def add(self, standing: Standing) -> None:
        self._count(standing.managed.value)
        if standing.kind.value != standing.managed.value:
            self._count(standing.kind.value)

    def _count(self, name: str) -> None:
        setattr(self, name, getattr(self, name) + 1)


class Code:
    """What stacks and states name, ready to be asked of one resource."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._resources = Resources(inventory)
        self._stacks = Stacks(inventory)
        self._named: dict[tuple[str, str | Key], list[Named]] = {}  # (account, or "" where not told; ARN or key)
        self._parts: dict[tuple[str, str | Key], list[str]] = {}
        self._read_stacks()
        self._read_states()

    def __iter__(self) -> Iterator[tuple[Row, Unit, Standing]]:
        """Every resource with its standing, derived ones included."""
        for row, unit in self._resources:
            yield row, unit, self.standing(row, unit)

    @property
    def states_given(self) -> bool:
        return any(unit.ending is not Ending.NOT_APPLICABLE for unit in self._state_units())

    @property
    def states(self) -> list[str]:
        """The files and objects that anything was read from."""
        return sorted({row["state"] for row in self._state_rows()})

    def is_complete_for(self, row: Row, unit: Unit) -> bool:
        """True where all evidence that could name the resource was given and read."""
        return self.states_given and not self._unread(row, unit)

    def standing(self, row: Row, unit: Unit) -> Standing:
        """What the evidence says of one resource row."""
        if follows := self._resources.follows_from(row):
            return Standing(Managed.DERIVED, Kind.DERIVED, by=follows, evidence=(f"It follows from {follows}.",))
        if found := self._found(row, unit.place.account):
            return _managed(found)
        stack = (row["tags"] or {}).get(STACK_TAG, "")
        if stack and self._stacks.is_there(stack) is False:
            return self._orphan(row, unit, stack)
        return self._not_found(row, unit)

    def stack_is_there(self, stack: str) -> bool | None:
        """Whether a stack exists; None where that could not be read."""
        return self._stacks.is_there(stack)

    def _orphan(self, row: Row, unit: Unit, stack: str) -> Standing:
        open_question = self._not_found(row, unit)
        return Standing(
            open_question.managed,
            Kind.ORPHANED,
            by=f"the stack {stack_name(stack)}, which is gone",
            evidence=(f"The stack {stack_name(stack)} made it and is gone.", *self._parts_of(row, unit.place.account)),
            confidence="medium" if open_question.missing else "high",
            missing=open_question.missing,
            because=open_question.because,
        )

    def _not_found(self, row: Row, unit: Unit) -> Standing:
        """Of what no stack and no state names."""
        hint, parts = self._hint(row), self._parts_of(row, unit.place.account)
        missing, because = self._open_question(row, unit)
        alone = bool(hint) and not missing
        if alone:
            missing, because = STATES, f"{hint} It is in no state that was given."
        if not missing:
            evidence = ("It is in no stack and in no state that was given.", *parts)
            return Standing(Managed.NO, Kind.UNMANAGED, evidence=evidence, confidence="medium")
        return Standing(
            Managed.UNKNOWN,
            Kind.HINTED if hint else Kind.UNKNOWN,
            evidence=(hint or because or "Not all evidence could be read.", *parts),
            confidence="low",
            missing=missing,
            because=because,
            alone=alone,
        )

    def _open_question(self, row: Row, unit: Unit) -> tuple[str, str]:
        """The operation that could still name the resource, and why it does not; ("", "") where all was read."""
        if not self.states_given:
            return STATES, NOT_GIVEN
        return self._unread(row, unit), ""

    def _found(self, row: Row, account: str) -> list[Named]:
        found = [one for name in _names(row) for owner in (account, "") for one in self._named.get((owner, name), ())]
        stack = (row["tags"] or {}).get(STACK_TAG, "")
        if not found and stack and self._tag_counts(stack):
            by, tool = f"the stack {stack_name(stack)}", self._stacks.tool_of(stack)
            found = [Named(Kind.CLOUDFORMATION, by, tool, f"Its tag says that {by} made it.", surely=False)]
        return list(dict.fromkeys(found))

    def _tag_counts(self, stack: str) -> bool:
        """The tag of a stack that is there, or that cannot be looked up; but not where the stack itself disowns it."""
        there = self._stacks.is_there(stack)
        if there is None:
            return True
        parts = stack.split(":")
        return there and bool(self._stacks.unread_in(parts[4], parts[3]))

    def _hint(self, row: Row) -> str:
        """A sentence on what its tags say of code; "" where they say nothing."""
        stack = (row["tags"] or {}).get(STACK_TAG, "")
        if stack and self._stacks.is_there(stack):
            return f"Its tag says that the stack {stack_name(stack)} made it, but that stack does not list it."
        tag = _hinting_tag(row)
        return f"Its tag {tag} says that code makes it." if tag else ""

    def _parts_of(self, row: Row, account: str) -> tuple[str, ...]:
        found = [one for name in _names(row) for owner in (account, "") for one in self._parts.get((owner, name), ())]
        return tuple(f"Only a part of it is in code: {one}." for one in dict.fromkeys(found[:3]))

    def _unread(self, row: Row, unit: Unit) -> str:
        """An operation that could change the verdict, and was not read; "" where none could."""
        return self._unread_states() or self._unread_stacks(row, unit) or self._resources.unsettled_by(row, unit)

    def _unread_stacks(self, row: Row, unit: Unit) -> str:
        """The operation that was not read where a stack could make the resource: its region, or anywhere."""
        return self._stacks.unread_in(unit.place.account, region_of(row, unit))

    def _unread_states(self) -> str:
        return next((unit.operation for unit in self._state_units() if not unit.ending.complete), "")

    def _state_units(self) -> list[Unit]:
        return [*self._inventory.units(STATES), *self._inventory.units(STATE_OBJECTS)]

    def _state_rows(self) -> Iterator[Row]:
        yield from self._inventory[STATES]
        yield from self._inventory[STATE_OBJECTS]

    def _read_stacks(self) -> None:
        for member in self._stacks.members():
            by = f"the stack {stack_name(member.stack)}"
            named = Named(
                Kind.CLOUDFORMATION, by, self._stacks.tool_of(member.stack), f"It is {member.logical_id} of {by}."
            )
            for name in member.names:
                self._named.setdefault((member.account, name), []).append(named)

    def _read_states(self) -> None:
        for row in self._state_rows():
            attributes, kind = row["attributes"], row["tf_type"]
            account = account_in_state(attributes)
            where = f"{row.get('address') or kind} in the state {row['state']}"
            if kind in PARTS:
                if parent := key_of_parent(kind, attributes):
                    self._parts.setdefault((account, parent), []).append(where)
                continue
            status = STATUS_WORDS.get(row.get("status", ""), "")
            evidence = f"It is {where}{f'; {status}' if status else ''}."
            by = f"the state {row['state']}"
            if row["arn"]:
                self._name("", plain_arn(row["arn"]), Named(Kind.TERRAFORM, by, TERRAFORM, evidence))
            if key := key_in_state(kind, attributes):
                self._name(account, key, Named(Kind.TERRAFORM, by, TERRAFORM, evidence, surely=key.is_surely_one))
            for disk in attributes.get("volumes", ()):
                self._name("", Key("ec2", "volume", ANYWHERE, disk), Named(Kind.TERRAFORM, by, TERRAFORM, evidence))

    def _name(self, account: str, name: str | Key, named: Named) -> None:
        self._named.setdefault((account, name), []).append(named)


@dataclass(frozen=True)
class Judged:
    """One resource with its standing and what it is counted by."""

    row: Row
    account: str
    region: str
    environment: str | None
    standing: Standing

    @property
    def service(self) -> str:
        """ "rds" of "rds:db"."""
        return str(self.row["type"]).partition(":")[0]

    def as_json(self) -> dict[str, Any]:
        """As in the published document."""
        return {
            "resource": self.row["arn"],
            "resource_type": self.row["type"],
            "account": self.account,
            "region": self.region,
            "environment": self.environment,
            "verdict": self.standing.kind.value,
            "managed_by": self.standing.tool,
            "confidence": self.standing.confidence,
            "evidence": list(self.standing.evidence),
        }


@dataclass(frozen=True)
class Told:
    """All that a run says of code; the figures in JSON types."""

    resources: tuple[Judged, ...]
    coverage: dict[str, dict[str, int]]  # by type
    coverage_by: dict[str, dict[str, dict[str, int]]]  # by "service", "region", "environment"
    tools: dict[str, int]  # how many each tool makes
    states: list[str]  # what was read
    states_given: bool


def told(inventory: Inventory) -> Told:
    """Every resource with its verdict, and how many stand where; what AWS made by itself is left out altogether."""
    code = Code(inventory)
    every = tuple(
        Judged(row, unit.place.account, region_of(row, unit), _environment(row), standing)
        for row, unit, standing in code
    )
    groups = {
        "service": _grouped((one.service, one) for one in every),
        "region": _grouped((one.region, one) for one in every),
        "environment": _grouped((one.environment or NOT_TOLD, one) for one in every),
    }
    return Told(
        resources=every,
        coverage=_plain(_grouped((str(one.row["type"]), one) for one in every)),
        coverage_by={name: _plain(group) for name, group in groups.items()},
        tools=dict(sorted(Counter(one.standing.tool for one in every if one.standing.tool).items())),
        states=code.states,
        states_given=code.states_given,
    )


def coverage(inventory: Inventory) -> dict[str, Coverage]:
    """By resource type ("rds:db"), how many are in code."""
    return {kind: Coverage(**share) for kind, share in told(inventory).coverage.items()}


def _grouped(pairs: Iterable[tuple[str, Judged]]) -> dict[str, Coverage]:
    found: dict[str, Coverage] = {}
    for name, one in pairs:
        found.setdefault(name, Coverage()).add(one.standing)
    return dict(sorted(found.items()))


def _plain(group: dict[str, Coverage]) -> dict[str, dict[str, int]]:
    return {name: asdict(share) for name, share in group.items()}


def region_of(row: Row, unit: Unit) -> str:
    """The resource's own region; "global" where it has none."""
    region: str = row.get("region") or row["arn"].split(":")[3] or unit.place.region
    return region


def _environment(row: Row) -> str | None:
    return environment_of(row["tags"] or {}, row.get("name", ""))


def _names(row: Row) -> list[str | Key]:
    """The ARN, then the keys by which code may know it, then the same without a region."""
    keys = list(keys_of_resource(row))
    return [plain_arn(row["arn"]), *keys, *(key._replace(region=ANYWHERE) for key in keys)]


def _managed(found: list[Named]) -> Standing:
    """The surest first; a resource that both a stack and a state name says so."""
    found.sort(key=lambda one: not one.surely)
    first = found[0]
    return Standing(
        Managed.YES,
        first.kind,
        by=first.by,
        tool=first.tool,
        evidence=tuple(dict.fromkeys(one.evidence for one in found))[:3],
        confidence="high" if first.surely else "medium",
    )


def _hinting_tag(row: Row) -> str:
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
