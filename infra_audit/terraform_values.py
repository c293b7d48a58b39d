"""What a Terraform attribute comes to, as far as the code alone tells, over the rows of `repo.terraform`.

A literal counts as it stands. A variable counts as what each caller of its module passes, else as its default; a local
as what it is set to. An expression is worked out for each way in which its folder comes to run, so that what different
callers pass is never mixed; what depends on anything else is unknown. Modules are followed inside the repository (`./`,
`../`), and what overrides a block counts in its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from infra_audit.inventory import Row
from infra_audit.terraform_outcomes import ABSENT, How, Outcome, Sort, folder_of, kind_of, local_target, nowhere
from infra_audit.terraform_overrides import effective
from infra_audit.terraform_ways import DEEPEST, Names, Ways


class Code:
    """The Terraform of one repository, by folder. One pass over the rows; what is asked twice is worked out once."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = effective(rows)
        self.by_type: dict[str, list[Row]] = defaultdict(list)
        self.folders: set[str] = set()
        self._resources: dict[tuple[str, str], Row] = {}
        self._known: dict[tuple[str, str], list[Outcome]] = {}
        self._depth = 0
        self._names = Names()
        self._ways = Ways(self._names)
        self.callers = self._names.callers
        for row in self.rows:
            self._take(row)
        for call in self.by_type["module"]:
            if (target := local_target(call)) is not None:
                self.callers[target].append(call)

    def _take(self, row: Row) -> None:
        folder = folder_of(row)
        self.by_type[row["type"]].append(row)
        match row["type"]:
            case "variable" if row["labels"]:
                self._names.variables[folder, row["labels"][0]] = row
            case "locals":
                self._names.locals |= {(folder, name): (row, one) for name, one in row["attributes"].items()}
            case "resource":
                self._resources[folder, row["address"]] = row
            case "assignments":
                self._names.files[folder].append(row)
        if row["type"] not in {"test", "assignments"}:
            self.folders.add(folder)

    def resources(self, *kinds: str) -> Iterator[Row]:
        """The resources of these types, of all types without one, but for those that are made none of."""
        return (
            row
            for row in self.by_type["resource"]
            if (not kinds or kind_of(row) in kinds) and self._ways.may_be_made(row)
        )

    def calls(self) -> Iterator[Row]:
        """The calls of modules that are not in this repository: of theirs only the arguments can be seen."""
        return (row for row in self.by_type["module"] if self.target_of(row) is None and self._ways.may_be_made(row))

    def is_always_made(self, row: Row, by: Row | None = None) -> bool:
        """Whether nobody who calls, or not that one, makes none of it, as far as the code tells."""
        ways = self._ways.through(folder_of(row), by)
        return all(self._ways.is_made(row, way) for way in ways) if ways else not self._ways.made_in(row)

    def may_be_made(self, row: Row, by: Row) -> bool:
        """Whether that caller may make any of it; anybody, where it is none of this row's callers."""
        ways = self._ways.through(folder_of(row), by)
        return any(self._ways.is_made(row, way) for way in ways) if ways else self._ways.may_be_made(row)

    def target_of(self, call: Row) -> str | None:
        """The folder of this repository that a call leads to; None where it leads elsewhere."""
        target = local_target(call)
        return target if target in self.folders else None

    def named(self, row: Row, reference: str) -> Row | None:
        """The resource of the same folder that `aws_s3_bucket.logs.id` speaks of."""
        return self._resources.get((folder_of(row), ".".join(reference.split(".")[:2])))

    def outcomes(self, row: Row, name: str) -> list[Outcome]:
        """All that the attribute may come to, each deciding place once, where the block is made. Never empty."""
        attribute = row["attributes"].get(name)
        made = self._ways.made_in(row)
        if made:
            told = Outcome(Sort.UNKNOWN, How.HERE, row)
            found = [self._ways.in_way(told, attribute or ABSENT, way) for way in made]
            return _distinct(self._standing(one, row, attribute or ABSENT) for one in found)
        if attribute is None:
            return [Outcome(Sort.ABSENT, How.HERE, row)]
        return self.settled(row, attribute)

    def settled(self, row: Row, attribute: Row, by: Row | None = None) -> list[Outcome]:
        """The same of an attribute that stands somewhere in the block. What a caller decides stands where it calls.

        `by`: only where that call leads here.
        """
        if ways := self._ways.through(folder_of(row), by):
            told = Outcome(Sort.UNKNOWN, How.HERE, row)
            return _distinct(self._standing(self._ways.in_way(told, attribute, way), row, attribute) for way in ways)
        return [self._standing(one, row, attribute) for one in _distinct(self._resolved(row, attribute))]

    def _standing(self, one: Outcome, row: Row, attribute: Row) -> Outcome:
        return replace(one, row=row, line=attribute["line"], path=attribute.get("path")) if one.is_own else one

    def _resolved(self, row: Row, attribute: Row) -> list[Outcome]:
        told = Outcome(Sort.UNKNOWN, How.HERE, row, line=attribute["line"])
        if attribute.get("tree") or (attribute["kind"] == "reference" and str(attribute["value"]).count(".") > 1):
            return self._computed(told, attribute)
        if attribute["kind"] == "reference":
            return self._referred(folder_of(row), str(attribute["value"]), told)
        if attribute.get("empty"):
            return [replace(told, sort=Sort.ABSENT)]
        if attribute["kind"] == "literal":
            return [_literal(told, attribute)]
        return [told]

    def _referred(self, folder: str, reference: str, told: Outcome) -> list[Outcome]:
        root, _, name = reference.partition(".")
        if root not in {"var", "local"} or "." in name or self._depth > DEEPEST:
            return [told]
        self._depth += 1
        found = self._variable(folder, name) if root == "var" else self._local(folder, name, told)
        self._depth -= 1
        return found

    def _local(self, folder: str, name: str, told: Outcome) -> list[Outcome]:
        found = self._names.locals.get((folder, name))
        if not found or (folder, f"local.{name}") in self._known:
            return [told]
        self._known[folder, f"local.{name}"] = []  # a local that speaks of itself ends here
        outcomes = self._resolved(*found)
        del self._known[folder, f"local.{name}"]
        return outcomes

    def _variable(self, folder: str, name: str) -> list[Outcome]:
        """Worked out once; a variable that comes back to itself is unknown."""
        key = (folder, name)
        if key not in self._known:
            self._known[key] = [Outcome(Sort.UNKNOWN, How.HERE, self._names.variables.get(key) or nowhere(folder))]
            self._known[key] = _distinct(self._passed(folder, name))
        return self._known[key]

    def _passed(self, folder: str, name: str) -> list[Outcome]:
        callers = self.callers.get(folder, [])
        callers = [call for call in callers if self._ways.may_be_made(call)] or callers
        if not callers:
            return self._set_from_outside(folder, name)
        passing = [call for call in callers if name in call["attributes"]]
        outcomes = [one for call in passing for one in self._by_caller(call, call["attributes"][name])]
        if len(passing) < len(callers):
            outcomes += self._default(folder, name, How.DEFAULT)
        return outcomes

    def _by_caller(self, call: Row, attribute: Row) -> list[Outcome]:
        """What the caller says itself stands where it calls; what somebody further up says stands there."""
        line, path = attribute["line"], attribute.get("path")
        return [
            replace(one, how=How.CALLER, row=call, line=line, path=path) if one.is_own else one
            for one in self._resolved(call, attribute)
        ]

    def _set_from_outside(self, folder: str, name: str) -> list[Outcome]:
        """Of a module that nobody here calls: files of values that set it, and the default unless one always does."""
        named, applied = self._names.files_setting(folder, name)
        outcomes = [
            replace(one, how=How.FILE, row=row, line=row["attributes"][name]["line"], guessed=row is not applied)
            for row in filter(None, (*named, applied))
            for one in self._resolved(row, row["attributes"][name])
        ]
        if applied:
            return outcomes
        return outcomes + self._default(folder, name, How.NOBODY)

    def _default(self, folder: str, name: str, how: How) -> list[Outcome]:
        variable = self._names.variables.get((folder, name))
        default = variable["attributes"].get("default") if variable else None
        if variable is None or default is None:
            return [Outcome(Sort.UNKNOWN, how, variable or nowhere(folder))]
        return [replace(one, how=how, guessed=how is How.NOBODY) for one in self._resolved(variable, default)]

    def _computed(self, told: Outcome, attribute: Row) -> list[Outcome]:
        """An expression in every way in which its folder comes to run."""
        ways = self._ways.of(folder_of(told.row))
        if not ways:
            return [told]
        return [self._ways.in_way(told, attribute, way) for way in ways]


def _literal(told: Outcome, attribute: Row) -> Outcome:
    if attribute.get("withheld"):
        return replace(told, sort=Sort.GIVEN)
    if attribute["value"] is None:
        return replace(told, sort=Sort.ABSENT)
    return replace(told, sort=Sort.LITERAL, value=attribute["value"])


def _distinct(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return list({(*one.place, one.how, str(one.value)): one for one in outcomes}.values())
