"""What a Terraform attribute comes to, as far as the code alone tells, over the rows of `repo.terraform`.

A literal counts as it stands. A variable counts as what each caller of its module passes, else as its default; a local
as what it is set to. Whatever is computed is unknown. Modules are followed inside the repository (`./`, `../`).
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from infra_audit.inventory import Row

LOCAL_SOURCE = re.compile(r"^\.{1,2}(?:/|$)")
DEEPEST = 60  # how often one value may lead to another
APPLIED_BY_ITSELF = re.compile(r"(?:^|/)(?:terraform|[^/]+\.auto)\.tfvars$")
ABSENT: Row = {"line": None, "kind": "literal", "value": None}


class How(StrEnum):
    """Who decided."""

    HERE = "here"  # the block itself, or nobody
    DEFAULT = "default"  # the variable's default, because a caller leaves it out
    NOBODY = "nobody"  # the variable's default, and no caller is in this repository
    CALLER = "caller"  # what a call of the module passes
    FILE = "file"  # a file of values


class Sort(StrEnum):
    """What is known of a value."""

    LITERAL = "literal"
    GIVEN = "given"  # something is written there, a list, an object or a withheld text
    ABSENT = "absent"  # nothing is, or null
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What one attribute of one block comes to, in one of the ways that it can. `value` is that of a LITERAL.

    `row` is the block that decides: the block itself, a call of its module, a file of values; `line` stands there.
    """

    sort: Sort
    how: How
    row: Row = field(repr=False, compare=False)
    value: str | int | float | bool | None = None
    line: int | None = None
    guessed: bool = False  # somebody outside the repository may say otherwise

    @property
    def is_true(self) -> bool:
        return self.value is True or (isinstance(self.value, str) and self.value.lower() == "true")

    @property
    def number(self) -> float | None:
        """The value where it is a number, or a text that is one."""
        if isinstance(self.value, bool) or self.value is None:
            return None
        try:
            return float(self.value)
        except ValueError:
            return None

    @property
    def place(self) -> tuple[str, str, int | None, Sort]:
        """The same place decides the same."""
        return self.row["path"], self.row["address"], self.line, self.sort


def local_target(call: Row) -> str | None:
    """The folder that a call names by `./` or `../`, be it in the repository or not; None for another source."""
    return local_folder(folder_of(call), call["attributes"].get("source", ABSENT)["value"])


def local_folder(folder: str, source: object) -> str | None:
    """Where `./` or `../` leads from a folder; None for another source."""
    if not isinstance(source, str) or not LOCAL_SOURCE.match(source):
        return None
    target = posixpath.normpath(posixpath.join(folder, source))
    return "" if target == "." else target


def folder_of(row: Row) -> str:
    return str(row["path"]).rpartition("/")[0]


class Code:
    """The Terraform of one repository, by folder. One pass over the rows; what is asked twice is worked out once."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        self.by_type: dict[str, list[Row]] = defaultdict(list)
        self.folders: set[str] = set()
        self._variables: dict[tuple[str, str], Row] = {}
        self._locals: dict[tuple[str, str], tuple[Row, Row]] = {}
        self._resources: dict[tuple[str, str], Row] = {}
        self._files: dict[str, list[Row]] = defaultdict(list)
        self.callers: dict[str, list[Row]] = defaultdict(list)
        self._known: dict[tuple[str, str], list[Outcome]] = {}
        self._depth = 0
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
                self._variables[folder, row["labels"][0]] = row
            case "locals":
                self._locals |= {(folder, name): (row, one) for name, one in row["attributes"].items()}
            case "resource":
                self._resources[folder, row["address"]] = row
            case "assignments":
                self._files[folder].append(row)
        if row["type"] not in {"test", "assignments"}:
            self.folders.add(folder)

    def resources(self, *kinds: str) -> Iterator[Row]:
        """The resources of these types, of all types without one."""
        return (row for row in self.by_type["resource"] if not kinds or kind_of(row) in kinds)

    def calls(self) -> Iterator[Row]:
        """The calls of modules that are not in this repository: of theirs only the arguments can be seen."""
        return (row for row in self.by_type["module"] if self.target_of(row) is None)

    def target_of(self, call: Row) -> str | None:
        """The folder of this repository that a call leads to; None where it leads elsewhere."""
        target = local_target(call)
        return target if target in self.folders else None

    def named(self, row: Row, reference: str) -> Row | None:
        """The resource of the same folder that `aws_s3_bucket.logs.id` speaks of."""
        return self._resources.get((folder_of(row), ".".join(reference.split(".")[:2])))

    def outcomes(self, row: Row, name: str) -> list[Outcome]:
        """All that the attribute may come to, each deciding place once. Never empty."""
        attribute = row["attributes"].get(name)
        if attribute is None:
            return [Outcome(Sort.ABSENT, How.HERE, row)]
        return self.settled(row, attribute)

    def settled(self, row: Row, attribute: Row) -> list[Outcome]:
        """The same of an attribute that stands somewhere in the block. What a caller decides stands where it calls."""
        line = attribute["line"]
        stands_here = (How.HERE, How.DEFAULT, How.NOBODY)
        return [
            replace(one, row=row, line=line) if one.how in stands_here else one
            for one in _distinct(self._resolved(row, attribute))
        ]

    def _resolved(self, row: Row, attribute: Row) -> list[Outcome]:
        told = Outcome(Sort.UNKNOWN, How.HERE, row, line=attribute["line"])
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
        found = self._locals.get((folder, name))
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
            self._known[key] = [Outcome(Sort.UNKNOWN, How.HERE, self._variables.get(key) or _nowhere(folder))]
            self._known[key] = _distinct(self._passed(folder, name))
        return self._known[key]

    def _passed(self, folder: str, name: str) -> list[Outcome]:
        callers = self.callers.get(folder, [])
        if not callers:
            return self._set_from_outside(folder, name)
        passing = [call for call in callers if name in call["attributes"]]
        outcomes = [one for call in passing for one in self._by_caller(call, call["attributes"][name])]
        if len(passing) < len(callers):
            outcomes += self._default(folder, name, How.DEFAULT)
        return outcomes

    def _by_caller(self, call: Row, attribute: Row) -> list[Outcome]:
        """What the caller says itself stands where it calls; what somebody further up says stands there."""
        line = attribute["line"]
        return [
            replace(one, how=How.CALLER, row=call, line=line) if _is_own(one) else one
            for one in self._resolved(call, attribute)
        ]

    def _set_from_outside(self, folder: str, name: str) -> list[Outcome]:
        """Of a module that nobody here calls: files of values that set it, and the default unless one always does."""
        files = [row for row in self._files.get(folder, []) if name in row["attributes"]]
        outcomes = [
            replace(
                one,
                how=How.FILE,
                row=row,
                line=row["attributes"][name]["line"],
                guessed=not APPLIED_BY_ITSELF.search(row["path"]),
            )
            for row in files
            for one in self._resolved(row, row["attributes"][name])
        ]
        if any(APPLIED_BY_ITSELF.search(row["path"]) for row in files):
            return outcomes
        return outcomes + self._default(folder, name, How.NOBODY)

    def _default(self, folder: str, name: str, how: How) -> list[Outcome]:
        variable = self._variables.get((folder, name))
        default = variable["attributes"].get("default") if variable else None
        if variable is None or default is None:
            return [Outcome(Sort.UNKNOWN, how, variable or _nowhere(folder))]
        return [replace(one, how=how, guessed=how is How.NOBODY) for one in self._resolved(variable, default)]


def _literal(told: Outcome, attribute: Row) -> Outcome:
    if attribute.get("withheld"):
        return replace(told, sort=Sort.GIVEN)
    if attribute["value"] is None:
        return replace(told, sort=Sort.ABSENT)
    return replace(told, sort=Sort.LITERAL, value=attribute["value"])


def _is_own(outcome: Outcome) -> bool:
    """Whether the caller itself decides, not somebody further up."""
    return outcome.how in (How.HERE, How.DEFAULT, How.NOBODY)


def _nowhere(folder: str) -> Row:
    return {"path": f"{folder}/".lstrip("/"), "address": "", "line": None}


def _distinct(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return list({(*one.place, one.how, str(one.value)): one for one in outcomes}.values())


def kind_of(row: Row) -> str:
    """`aws_db_instance`."""
    return str(row["labels"][0]) if row["labels"] else ""
