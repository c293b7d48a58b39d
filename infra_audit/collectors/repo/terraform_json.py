"""Terraform written as JSON, as the same blocks with the same lines.

https://developer.hashicorp.com/terraform/language/syntax/json: what is nested may be a block or a value, and only the
provider knows which; so an object is told as both.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from infra_audit.collectors.repo.expressions import UNKNOWN, literal, tree_of
from infra_audit.collectors.repo.hcl import Attribute, Block, Kind, Literal, number_of
from infra_audit.collectors.repo.nodes import Node, Shape, UnreadableDocumentError, read_document
from infra_audit.inventory import Row

LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "provider": 1, "module": 1, "variable": 1, "output": 1}
LABELS_INSIDE = {"backend": 1, "provisioner": 1}
REFERENCE = re.compile(r"^\$\{\s*([a-z][\w-]*(?:\.[A-Za-z_][\w-]*)+)\s*\}$")
DEEPEST_BLOCK = 8
DEEPEST_VALUE, MOST_ITEMS = 5, 50


def parse_json(data: bytes) -> list[Block]:
    """The file's blocks. Raises UnreadableDocumentError."""
    root = read_document(data)
    if root is None:
        return []
    if root.shape is not Shape.MAPPING:
        raise UnreadableDocumentError
    return [block for name, _key, value in root.pairs() for block in _blocks(name, value, LABELS.get(name, 0), ())]


def parse_json_assignments(data: bytes) -> list[Block]:
    """A file of values (`*.tfvars.json`) as one block. Raises UnreadableDocumentError."""
    root = read_document(data)
    if root is None or root.shape is not Shape.MAPPING:
        raise UnreadableDocumentError
    block = _block("assignments", root, (), DEEPEST_BLOCK)
    return [replace(block, line=1)]


def _blocks(name: str, node: Node, labels: int, told: tuple[str, ...], depth: int = 0) -> Iterator[Block]:
    """One block for each object, under as many labels as its type has."""
    if depth > DEEPEST_BLOCK:
        return
    if node.shape is Shape.SEQUENCE:
        for item in node.items:
            yield from _blocks(name, item, labels, told, depth + 1)
    elif labels:
        for label, _key, value in node.pairs():
            yield from _blocks(name, value, labels - 1, (*told, label), depth + 1)
    elif node.shape is Shape.MAPPING:
        yield _block(name, node, told, depth)


def _block(name: str, node: Node, labels: tuple[str, ...], depth: int) -> Block:
    pairs = [(key, at.line, value) for key, at, value in node.pairs() if key != "//"]
    lines = [line for _key, line, _value in pairs]
    return Block(
        type=name,
        labels=labels,
        line=node.line,
        end_line=max([node.line, *lines]),
        attributes={key: _attribute(line, value) for key, line, value in pairs},
        blocks=tuple(
            block
            for key, _line, value in pairs
            for block in _blocks(key, value, LABELS_INSIDE.get(key, 0), (), depth + 1)
        ),
    )


def _attribute(line: int, node: Node) -> Attribute:
    if node.shape is not Shape.SCALAR:
        return Attribute(line, Kind.EXPRESSION, None, _source(node), _tree(node))
    text = node.text.encode("utf-8", "replace")
    if not node.is_quoted:
        value = _plain(node)
        is_told = value is not None or node.is_null
        return Attribute(line, Kind.LITERAL if is_told else Kind.EXPRESSION, value, text)
    if reference := REFERENCE.match(node.text):
        return Attribute(line, Kind.REFERENCE, reference[1], text)
    if "${" in node.text:
        return Attribute(line, Kind.EXPRESSION, None, text, _tree(node))
    return Attribute(line, Kind.LITERAL, node.text, text)


def _tree(node: Node, depth: int = 0) -> Row:
    """As `expressions` tells it."""
    if depth > DEEPEST_VALUE or len(node.items) > MOST_ITEMS:
        return UNKNOWN
    match node.shape:
        case Shape.SEQUENCE:
            return {"op": "list", "of": [_tree(item, depth + 1) for item in node.items]}
        case Shape.MAPPING:
            pairs = ((literal(key), _tree(value, depth + 1)) for key, _at, value in node.pairs())
            return {"op": "map", "of": [part for pair in pairs for part in pair]}
    if "${" in node.text:
        return tree_of(f'"{node.text}"'.encode("utf-8", "replace")) or UNKNOWN
    return literal(node.text if node.is_quoted else _plain(node))


def _plain(node: Node) -> Literal:
    """true, false, null or a number."""
    return node.text == "true" if node.text in {"true", "false"} else number_of(node.text)


def _source(node: Node) -> bytes:
    """What stands inside, one `name = "value"` a line, on the lines where they stood; for the search for passwords."""
    lines: dict[int, list[str]] = {}
    for inner in _values(node):
        lines.setdefault(inner[0] - node.line, []).append(inner[1])
    if not lines:
        return b"{}" if node.shape is Shape.MAPPING else b"[]"
    last = max(lines)
    return "\n".join(" ".join(lines.get(at, ())) for at in range(last + 1)).encode("utf-8", "replace")


def _values(node: Node) -> Iterator[tuple[int, str]]:
    """(line, text) of each value, each node once."""
    seen: set[int] = set()
    waiting: list[tuple[str, Node]] = [("", node)]
    while waiting:
        name, one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.shape is Shape.SCALAR:
            yield max(one.line, node.line), f'{name} = "{one.text}"' if name else f'"{one.text}"'
        waiting.extend((key, value) for key, _at, value in one.pairs())
        waiting.extend(("", item) for item in one.items if one.shape is Shape.SEQUENCE)
