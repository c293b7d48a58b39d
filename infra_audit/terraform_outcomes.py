"""What one attribute of a Terraform block comes to, who decides it, and where that stands."""

import posixpath
import re
from dataclasses import dataclass, field
from enum import StrEnum

from infra_audit.inventory import Row

LOCAL_SOURCE = re.compile(r"^\.{1,2}(?:/|$)")
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
    worked_out: bool = False  # from what the decider says, and not the very value
    path: str | None = None  # of the line, where that stands in another file than the row

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
        except (ValueError, OverflowError):
            return None

    @property
    def is_own(self) -> bool:
        """Whether the block decides, or its variable's default; not somebody further up."""
        return self.how in (How.HERE, How.DEFAULT, How.NOBODY)

    @property
    def place(self) -> tuple[str, str, int | None, Sort]:
        """The same place decides the same."""
        return self.path or self.row["path"], self.row["address"], self.line, self.sort


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


def kind_of(row: Row) -> str:
    """`aws_db_instance`."""
    return str(row["labels"][0]) if row["labels"] else ""


def nowhere(folder: str) -> Row:
    """Stands for a variable that nobody defined."""
    return {"path": f"{folder}/".lstrip("/"), "address": "", "line": None}
