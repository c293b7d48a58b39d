"""Works out what an expression of Terraform comes to, from the trees that `collectors.repo.expressions` made.

What is not known stays unknown, unless it does not matter: a condition that is unknown does not where both branches
say the same. https://developer.hashicorp.com/terraform/language/functions
"""

import operator
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from infra_audit.inventory import Row

Value = Any  # what JSON knows, or Untold
LookUp = Callable[[str], Value]  # what `var.name` comes to


class Untold(Enum):
    """Values that are not told."""

    UNKNOWN = "unknown"
    TEXT = "text"  # withheld: not empty, and none of those that a condition of this code is compared with


class Written(str):
    """A text that stands in an expression. Only such are kept: another text that is withheld is not the same."""

    __slots__ = ()


class NoSuchValueError(Exception):
    """What is asked for is not in there; `try` and `can` take it, and everything else fails with it."""


UNKNOWN = Untold.UNKNOWN
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
LARGEST = 2**53  # beyond, Terraform's numbers and ours differ
SUMS: Mapping[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def worked_out(tree: Row, look_up: LookUp) -> Value:
    """What the tree comes to; UNKNOWN too where Terraform would refuse it, and where it is nested without end."""
    try:
        return evaluate(tree, look_up)
    except (NoSuchValueError, RecursionError):
        return UNKNOWN


def evaluate(tree: Row, look_up: LookUp) -> Value:
    """Raises NoSuchValueError."""
    parts = tree.get("of", [])
    match tree["op"]:
        case "literal":
            return Written(tree["value"]) if isinstance(tree["value"], str) else tree["value"]
        case "text":
            return Untold.TEXT
        case "reference":
            return look_up(tree["value"])
        case "if":
            return _branch(parts, look_up)
        case "&&" | "||":
            return _and_or(tree["op"], parts, look_up)
        case "call":
            return _called(tree["value"], parts, look_up)
    values = [evaluate(part, look_up) for part in parts]
    return _made(tree, values)


def _made(tree: Row, values: list[Value]) -> Value:
    match tree["op"], values:
        case "list", _:
            return values
        case "map", _:
            keys = values[::2]
            return dict(zip(keys, values[1::2], strict=True)) if all(isinstance(key, str) for key in keys) else UNKNOWN
        case "index", [held, key]:
            return item_of(held, key)
        case "attribute", [held]:
            return item_of(held, tree["value"])
        case "==", [left, right]:
            return equal(left, right)
        case "!=", [left, right]:
            return _not(equal(left, right))
        case "!", [value]:
            return _not(truth(value))
        case "-", [value]:
            return -number if (number := number_of(value)) is not None else UNKNOWN
        case sign, [left, right]:
            return _of_numbers(sign, number_of(left), number_of(right))
    return UNKNOWN


def _branch(parts: list[Row], look_up: LookUp) -> Value:
    condition, then, other = parts
    known = truth(evaluate(condition, look_up))
    if known is not UNKNOWN:
        return evaluate(then if known else other, look_up)
    first, second = evaluate(then, look_up), evaluate(other, look_up)
    return first if equal(first, second) is True else UNKNOWN


def _and_or(sign: str, parts: list[Row], look_up: LookUp) -> Value:
    """One that decides is enough, whatever the other says."""
    decides = sign == "||"
    told: Value = not decides
    for part in parts:
        answer = truth(evaluate(part, look_up))
        if answer is decides:
            return decides
        told = UNKNOWN if answer is UNKNOWN else told
    return told


def item_of(held: Value, key: Value) -> Value:
    """Raises NoSuchValueError where it is known that there is none."""
    if isinstance(held, dict) and isinstance(key, str):
        if key not in held:
            raise NoSuchValueError
        return held[key]
    if isinstance(held, dict) and key is Untold.TEXT and all(isinstance(one, Written) for one in held):
        raise NoSuchValueError
    if isinstance(held, list) and isinstance(key, int) and not isinstance(key, bool):
        if not 0 <= key < len(held):
            raise NoSuchValueError
        return held[key]
    return UNKNOWN


def equal(left: Value, right: Value) -> Value:
    """True, False or UNKNOWN. `"1"` and `1` depend on types that are not followed here."""
    if UNKNOWN in (left, right):
        return UNKNOWN
    if Untold.TEXT in (left, right):
        other = right if left is Untold.TEXT else left
        if other is Untold.TEXT or (isinstance(other, str) and other and not isinstance(other, Written)):
            return UNKNOWN
        return UNKNOWN if isinstance(other, int | float) and not isinstance(other, bool) else False
    if isinstance(left, dict | list) and isinstance(right, dict | list):
        return _same(left, right)
    if _kind(left) != _kind(right):
        is_like = str(left).lower() == str(right).lower() or None is not number_of(left) == number_of(right)
        return UNKNOWN if is_like else False
    return bool(left == right)


def _kind(value: Value) -> str:
    kinds = {bool: "bool", int: "number", float: "number", str: "text", Written: "text"}
    return kinds.get(type(value), type(value).__name__)


def _same(left: dict[str, Value] | list[Value], right: dict[str, Value] | list[Value]) -> Value:
    if type(left) is not type(right) or len(left) != len(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            return False
        answers = [equal(left[key], right[key]) for key in left]
    else:
        answers = [equal(one, other) for one, other in zip(left, right, strict=True)]
    if False in answers:
        return False
    return UNKNOWN if UNKNOWN in answers else True


def truth(value: Value) -> Value:
    """True, False, or UNKNOWN."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value, UNKNOWN) if isinstance(value, str) else UNKNOWN


def number_of(value: Value) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        is_whole = not isinstance(value, float) and str(value).lstrip("-").isdigit()
        number = int(value) if is_whole else float(value)
    except ValueError:
        return None
    return number if abs(number) <= LARGEST else None


def _not(value: Value) -> Value:
    return value if value is UNKNOWN else not value


def _of_numbers(sign: str, left: float | None, right: float | None) -> Value:
    if left is None or right is None:
        return UNKNOWN
    if sign in COMPARISONS:
        return COMPARISONS[sign](left, right)
    return SUMS[sign](left, right) if sign in SUMS else UNKNOWN


def _called(name: str, parts: list[Row], look_up: LookUp) -> Value:
    if name in {"try", "can"}:
        return _tried(name, parts, look_up)
    values = [evaluate(part, look_up) for part in parts]
    function = FUNCTIONS.get(name)
    if function is None or any(value is UNKNOWN for value in values):
        return UNKNOWN
    try:
        return function(*values)
    except (
        TypeError,
        ValueError,
        IndexError,
        AttributeError,
    ):  # Terraform would refuse it, or knows a form that we do not
        return UNKNOWN


def _tried(name: str, parts: list[Row], look_up: LookUp) -> Value:
    """The first that does not fail. What is unknown may fail."""
    for part in parts:
        try:
            value = evaluate(part, look_up)
        except NoSuchValueError:
            continue
        return True if name == "can" and value is not UNKNOWN else value
    return False if name == "can" else UNKNOWN


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if value is not None and value != ""), UNKNOWN)


def _merge(*maps: dict[str, Value] | None) -> Value:
    """A null is passed over, as Terraform does."""
    return {key: value for one in maps if one is not None for key, value in one.items()}


def _concat(*lists: list[Value]) -> Value:
    if not all(isinstance(one, list) for one in lists):
        raise TypeError
    return [value for one in lists for value in one]


def _lookup(held: Value, key: Value, *default: Value) -> Value:
    try:
        return item_of(held, key)
    except NoSuchValueError:
        return default[0] if default else UNKNOWN


def _element(held: Value, place: int) -> Value:
    return held[place % len(held)] if isinstance(held, list) and held else UNKNOWN


def _length(held: Value) -> Value:
    return UNKNOWN if isinstance(held, Untold) else len(held)


def _contains(held: list[Value], wanted: Value) -> Value:
    answers = [equal(one, wanted) for one in held]
    if True in answers:
        return True
    return UNKNOWN if UNKNOWN in answers else False


def _text(value: Value) -> str:
    """Raises TypeError for a text that is withheld."""
    if not isinstance(value, str):
        raise TypeError
    return str(value)


def _to_text(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _to_list(value: Value) -> Value:
    return value if isinstance(value, list) else UNKNOWN


def _numbers(*values: Value) -> list[float]:
    found = [number_of(value) for value in values]
    if None in found:
        raise TypeError
    return [one for one in found if one is not None]


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "alltrue": lambda held: _every_or_any(held, decides=False),
    "anytrue": lambda held: _every_or_any(held, decides=True),
    "coalesce": _coalesce,
    "concat": _concat,
    "contains": _contains,
    "element": _element,
    "endswith": lambda value, end: _text(value).endswith(_text(end)),
    "keys": lambda held: sorted(held.keys()),
    "length": _length,
    "lookup": _lookup,
    "lower": lambda value: _text(value).lower(),
    "max": lambda *values: max(_numbers(*values)),
    "merge": _merge,
    "min": lambda *values: min(_numbers(*values)),
    "startswith": lambda value, start: _text(value).startswith(_text(start)),
    "tobool": truth,
    "tolist": _to_list,
    "tomap": lambda value: value,
    "tonumber": lambda value: UNKNOWN if number_of(value) is None else number_of(value),
    "toset": _to_list,
    "tostring": _to_text,
    "trimspace": lambda value: _text(value).strip(),
    "title": lambda value: _text(value).title(),
    "upper": lambda value: _text(value).upper(),
    "values": lambda held: [held[key] for key in sorted(held.keys())],
}


def _every_or_any(held: list[Value], *, decides: bool) -> Value:
    answers = [truth(value) for value in held]
    if decides in answers:
        return decides
    return UNKNOWN if UNKNOWN in answers else not decides
