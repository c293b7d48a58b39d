"""In which ways the Terraform of a folder comes to run, and what an expression comes to in one of them.

A way is the calls that lead to the folder, from the innermost outwards, then a file of values that somebody names, or
none. In one way every variable has one value, so what different callers pass is never mixed.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace

from infra_audit.inventory import Row
from infra_audit.terraform_expressions import UNKNOWN, NoSuchValueError, Untold, Value, Written, item_of, worked_out
from infra_audit.terraform_outcomes import ABSENT, How, Outcome, Sort, folder_of, nowhere

DEEPEST = 60  # how often one value may lead to another
MOST_WAYS = 200  # of one folder; beyond, expressions are unknown
MOST_ITEMS = 2_000  # of one value; more only a value has that doubles itself
APPLIED_BY_ITSELF = re.compile(r"(?:^|/)(?:terraform|[^/]+\.auto)\.tfvars(?:\.json)?$")
AUTO = re.compile(r"\.auto\.tfvars(?:\.json)?$")
Way = tuple[Row, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """Who said something that an expression was worked out from. Told once for each way, so it is equal to itself."""

    how: How
    row: Row = field(repr=False)
    attribute: Row = field(repr=False)
    guessed: bool = False


Trail = dict[Source, None]  # an ordered set


@dataclass
class Names:
    """What the folders of one repository define, and who calls them."""

    variables: dict[tuple[str, str], Row] = field(default_factory=dict)
    locals: dict[tuple[str, str], tuple[Row, Row]] = field(default_factory=dict)  # the block and the attribute
    files: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))  # of values
    callers: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def files_setting(self, folder: str, name: str) -> tuple[list[Row], Row | None]:
        """Those that somebody has to name, and the last of those that apply by themselves."""
        found = [row for row in self.files.get(folder, []) if name in row["attributes"]]
        named = [row for row in found if not APPLIED_BY_ITSELF.search(row["path"])]
        applied = [row for row in found if APPLIED_BY_ITSELF.search(row["path"])]
        return named, max(applied, key=lambda row: (bool(AUTO.search(row["path"])), str(row["path"])), default=None)


class Ways:
    """The ways of one repository; those of a folder are worked out once."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[str, tuple[Way, ...] | None] = {}
        self._told: dict[tuple[str, str, str, tuple[int, ...]], tuple[Value, Trail]] = {}
        self._depth = 0

    def of(self, folder: str) -> tuple[Way, ...] | None:
        """How the folder comes to run: who calls it, with which file of values. None where there is no end of it."""
        if folder not in self._known:
            self._known[folder] = None  # a module that calls itself, or one too deep
            if self._depth <= DEEPEST:
                self._depth += 1
                self._known[folder] = self._found_ways(folder)
                self._depth -= 1
        return self._known[folder]

    def _found_ways(self, folder: str) -> tuple[Way, ...] | None:
        callers = self._names.callers.get(folder)
        if not callers:
            named = [row for row in self._names.files.get(folder, []) if not APPLIED_BY_ITSELF.search(row["path"])]
            return ((), *((row,) for row in named)) if len(named) < MOST_WAYS else None
        found: list[Way] = []
        for call in callers:
            above = self.of(folder_of(call))
            if above is None:
                return None
            found += [(call, *way) for way in above if self.is_made(call, way) or _is_trial(call)]
            if len(found) > MOST_WAYS:
                return None
        return tuple(found)

    def through(self, folder: str, by: Row | None) -> list[Way]:
        """Those of a folder that lead through one call or file of values; none where it has no part in it."""
        ways = self.of(folder) if by is not None else None
        return [way for way in ways or () if any(step is by for step in way)]

    def may_be_made(self, row: Row) -> bool:
        """False where `count` or `for_each` is known to make none, its own or that of every call of its module."""
        ways = self.of(folder_of(row))
        return ways is None or any(self.is_made(row, way) for way in ways)

    def made_in(self, row: Row) -> list[Way]:
        """The ways in which a counted block is made; none where that makes no difference."""
        ways = self.of(folder_of(row)) if _is_counted(row) else None
        made = [way for way in ways or () if self.is_made(row, way)]
        return made if ways and len(made) < len(ways) else []

    def is_made(self, row: Row, way: Way) -> bool:
        """False where it is known that none is made. What only a default switches off somebody may switch on."""
        attribute = row["attributes"].get("count") or row["attributes"].get("for_each")
        if attribute is None:
            return True
        trail: Trail = {}
        value = self._value(folder_of(row), attribute, way, trail)
        none = (value == 0 and value is not False) or (isinstance(value, dict | list) and not value)
        return not none or any(source.guessed for source in trail)

    def in_way(self, told: Outcome, attribute: Row, way: Way) -> Outcome:
        trail: Trail = {}
        value = self._value(folder_of(told.row), attribute, way, trail)
        outcome = _valued(replace(told, line=attribute["line"]), value)
        deciders = [source for source in trail if source.how in (How.CALLER, How.FILE)]
        guessed = any(source.guessed for source in trail)
        if deciders:
            last = deciders[-1]
            outcome = replace(
                outcome, how=last.how, row=last.row, line=last.attribute["line"], path=last.attribute.get("path")
            )
        elif trail:
            outcome = replace(outcome, how=How.NOBODY if guessed else How.DEFAULT)
        return replace(outcome, guessed=guessed, worked_out=bool(attribute.get("tree")))

    def _value(self, folder: str, attribute: Row, way: Way, trail: Trail) -> Value:
        if tree := attribute.get("tree"):
            return worked_out(tree, lambda reference: self._looked_up(folder, reference, way, trail))
        if attribute["kind"] == "reference":
            try:
                return self._looked_up(folder, str(attribute["value"]), way, trail)
            except NoSuchValueError:
                return UNKNOWN
        if attribute.get("withheld"):
            return UNKNOWN if attribute.get("private") else Untold.TEXT
        if attribute["kind"] == "literal":
            return "" if attribute.get("empty") else attribute["value"]
        return {} if attribute.get("empty") else UNKNOWN

    def _looked_up(self, folder: str, reference: str, way: Way, trail: Trail) -> Value:
        """Raises NoSuchValueError."""
        root, *names = reference.split(".")
        if root not in {"var", "local"} or not names:
            return UNKNOWN
        value, sources = self._named(folder, root, names[0], way)
        trail.update(sources)
        for name in names[1:]:
            value = item_of(value, name)
        return value

    def _named(self, folder: str, root: str, name: str, way: Way) -> tuple[Value, Trail]:
        """What a variable or a local is, with who says so: worked out once for each way, as each may name two others.

        What comes back to itself is unknown.
        """
        key = (folder, root, name, tuple(map(id, way)))
        if key in self._told:
            return self._told[key]
        if self._depth > DEEPEST:
            return UNKNOWN, {}
        self._told[key] = UNKNOWN, {}
        trail: Trail = {}
        self._depth += 1
        if root == "var":
            value = self._passed_in(folder, name, way, trail)
        else:
            found = self._names.locals.get((folder, name))
            value = self._value(folder, found[1], way, trail) if found else UNKNOWN
        self._depth -= 1
        self._told[key] = value if _is_small(value) else UNKNOWN, trail
        return self._told[key]

    def _passed_in(self, folder: str, name: str, way: Way, trail: Trail) -> Value:
        """What a variable is, one way of running: what its caller says, or a file of values, or its default."""
        variable = self._names.variables.get((folder, name))
        head, rest = (way[0], way[1:]) if way else (None, ())
        if head is not None and head["type"] == "module":
            attribute, how, guessed = head["attributes"].get(name), How.CALLER, False
        else:
            named, applied = self._names.files_setting(folder, name)
            head, guessed = (head, True) if any(head is one for one in named) else (applied, False)
            attribute, how, rest = head["attributes"][name] if head else None, How.FILE, ()
        if head is not None and attribute is not None:
            inner: Trail = {}
            value = self._value(folder_of(head), attribute, rest, inner)
            if any(source.how in (How.CALLER, How.FILE) for source in inner):
                trail.update(inner)
            else:
                is_guess = guessed or _is_trial(head) or any(source.guessed for source in inner)
                trail[Source(how, head, attribute, is_guess)] = None
        else:
            default = variable["attributes"].get("default") if variable else None
            how = How.DEFAULT if head is not None else How.NOBODY
            trail[Source(how, variable or nowhere(folder), default or ABSENT, guessed=how is How.NOBODY)] = None
            value = UNKNOWN if default is None else self._value(folder, default, (), {})
        is_filled_in = variable is not None and variable.get("fills_in") and not isinstance(value, bool | int | str)
        return UNKNOWN if is_filled_in and value is not None else value


def _is_small(value: Value) -> bool:
    waiting, left = [value], MOST_ITEMS
    while waiting and left:
        one = waiting.pop()
        left -= 1
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
    return not waiting


def _is_trial(row: Row) -> bool:
    """Whether it stands in a test or an example: whoever else calls may say otherwise."""
    return bool(row["path_class"] != "code")


def _is_counted(row: Row) -> bool:
    return "count" in row["attributes"] or "for_each" in row["attributes"]


def _valued(told: Outcome, value: Value) -> Outcome:
    if value is UNKNOWN:
        return replace(told, sort=Sort.UNKNOWN)
    if value is None or value in ("", [], {}):
        return replace(told, sort=Sort.ABSENT)
    if value is Untold.TEXT or isinstance(value, dict | list):
        return replace(told, sort=Sort.GIVEN)
    return replace(told, sort=Sort.LITERAL, value=str(value) if isinstance(value, Written) else value)
