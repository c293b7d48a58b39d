"""What an expression of Terraform is made of, for those that may decide what a check reads.

A tree is {op, value, of}: `op` is "literal", "reference", "if", "call" (value: the function), "list", "map" (`of` holds
key, value, key, value, …), "index", "attribute" (value: the name), an operator, "text" for a withheld one, or "unknown"
for what is not followed. `infra_audit.terraform_expressions` works out what it comes to.
"""

from collections.abc import Callable, Collection, Iterator
from itertools import takewhile

from tree_sitter import Node

from infra_audit.collectors.repo.hcl import Kind, literal_of, root_of, text_of
from infra_audit.inventory import Row
from infra_audit.secrets.names import Promise, promise_of

LONGEST = 4_000  # bytes; a longer one is a policy or a container's definition
MOST_PARTS = 200
UNKNOWN: Row = {"op": "unknown"}


def tree_of(text: bytes) -> Row | None:
    """The tree of a right-hand side; None where nothing of it is followed."""
    if len(text) > LONGEST:
        return None
    root = root_of(b"x = " + text)
    body = root.named_children[0] if root.named_children and not root.has_error else None
    if body is None or not body.named_children or body.named_children[0].type != "attribute":
        return None
    told = _Reader().term(body.named_children[0].named_children[1:])
    return None if told["op"] == "unknown" else told


class _Reader:
    """Reads one expression; past MOST_PARTS all is unknown."""

    def __init__(self) -> None:
        self._left = MOST_PARTS

    def term(self, nodes: list[Node]) -> Row:
        """A value and what is asked of it: `f(x)`, then `[0]`, then `.name`."""
        self._left -= 1
        if not nodes or self._left < 0:
            return UNKNOWN
        first, *rest = nodes
        told = self._base(first)
        if first.type == "variable_expr":
            names = list(takewhile(lambda node: node.type == "get_attr", rest))
            path = ".".join([text_of(first), *(text_of(node.named_children[0]) for node in names)])
            told, rest = {"op": "reference", "value": path}, rest[len(names) :]
        for node in rest:
            told = self._asked(told, node)
        return told

    def _base(self, node: Node) -> Row:
        inner = node.named_children
        match node.type:
            case "expression":
                return self.term(inner)
            case "literal_value" if inner:
                kind, value = literal_of(inner[0])
                return literal(value) if kind is Kind.LITERAL else UNKNOWN
            case "conditional" if len(inner) == 3:
                return {"op": "if", "of": [self.term([one]) for one in inner]}
            case "operation" if inner:
                return self._operation(inner[0])
            case "function_call" if inner:
                return self._call(inner)
            case "collection_value" if inner:
                return self._collection(inner[0])
            case "template_expr" if inner:
                parts = [one for one in inner[0].named_children if not one.type.startswith("quoted_template")]
                if [one.type for one in parts] == ["template_interpolation"]:  # "${…}", as it was written once
                    return self.term([one for one in parts[0].named_children if one.type == "expression"])
        return UNKNOWN

    def _operation(self, node: Node) -> Row:
        parts = [child for child in node.children if child.type not in {"(", ")"}]
        signs = [place for place, child in enumerate(parts) if not child.is_named]
        if len(signs) != 1:
            return UNKNOWN
        before, after = parts[: signs[0]], parts[signs[0] + 1 :]
        return {"op": text_of(parts[signs[0]]), "of": [self.term(one) for one in (before, after) if one]}

    def _call(self, inner: list[Node]) -> Row:
        name, *arguments = inner
        given = arguments[0].named_children if arguments else []
        if len(inner) > 2 or any(one.type != "expression" for one in given):
            return UNKNOWN
        return {"op": "call", "value": text_of(name), "of": [self.term([one]) for one in given]}

    def _collection(self, node: Node) -> Row:
        if node.type == "tuple":
            return {"op": "list", "of": [self.term([one]) for one in node.named_children if one.type == "expression"]}
        pairs = [one.named_children for one in node.named_children if one.type == "object_elem"]
        if any(len(pair) != 2 for pair in pairs):
            return UNKNOWN
        return {"op": "map", "of": [part for key, value in pairs for part in (self._key(key), self.term([value]))]}

    def _key(self, node: Node) -> Row:
        """A bare name is a text; in brackets it is what it refers to."""
        inner = node.named_children
        is_name = len(inner) == 1 and inner[0].type == "variable_expr"
        return literal(text_of(inner[0])) if is_name else self.term([node])

    def _asked(self, told: Row, node: Node) -> Row:
        inner = node.named_children
        if node.type == "get_attr" and inner:
            return {"op": "attribute", "value": text_of(inner[0]), "of": [told]}
        if node.type == "index" and inner and inner[0].type == "new_index":
            return {"op": "index", "of": [told, self.term(inner[0].named_children)]}
        return UNKNOWN


def literal(value: object) -> Row:
    return {"op": "literal", "value": value}


def compared(tree: Row, passwords: Collection[str] = ()) -> Iterator[str]:
    """The texts that decide: those that something is compared with, and the keys of maps.

    `passwords`: references that are one, whatever they are called.
    """
    parts = tree.get("of", [])
    match tree["op"]:
        case "==" | "!=" if not _asks_for_any(parts, passwords):
            yield from _texts(parts)
        case "index":
            yield from _texts(parts)
        case "map":
            yield from _texts(parts[::2])
        case "call" if tree["value"] == "lookup":
            yield from _texts(parts[1:2])
        case "call" if tree["value"] == "contains" and not _asks_for_any(parts, passwords):
            yield from _texts([*parts[0].get("of", []), *parts[1:]])
    for part in parts:
        yield from compared(part, passwords)


def _asks_for_any(parts: list[Row], passwords: Collection[str]) -> bool:
    """Whether a password is asked for anywhere: nothing that it is compared with is kept."""
    return any(
        (one["op"] in {"reference", "attribute"} and _is_password(one["value"], passwords))
        or _asks_for_any(one.get("of", []), passwords)
        for one in parts
    )


def _is_password(reference: str, passwords: Collection[str]) -> bool:
    names = reference.split(".")
    return reference in passwords or any(promise_of(name.removesuffix("s")) is not Promise.NOTHING for name in names)


def texts_in(tree: Row) -> Iterator[str]:
    """All texts that stand in it."""
    yield from _texts([tree])
    for part in tree.get("of", []):
        yield from texts_in(part)


def _texts(parts: list[Row]) -> Iterator[str]:
    return (part["value"] for part in parts if part["op"] == "literal" and isinstance(part["value"], str))


def without(tree: Row, is_kept: Callable[[str], bool]) -> Row:
    """The tree with every text withheld that is not kept."""
    if tree["op"] == "literal" and isinstance(tree["value"], str) and tree["value"] and not is_kept(tree["value"]):
        return {"op": "text"}
    if "of" in tree:
        return {**tree, "of": [without(part, is_kept) for part in tree["of"]]}
    return tree
