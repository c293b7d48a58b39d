"""Reads Terraform's language into blocks with line numbers, by tree-sitter: a broken file gives what can be read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from math import isfinite

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from infra_audit.inventory import Row

Literal = str | int | float | bool | None


class Kind(StrEnum):
    """What stands right of the equals sign."""

    LITERAL = "literal"
    REFERENCE = "reference"  # var.name, module.db.arn; `value` is its text
    EXPRESSION = "expression"  # anything computed; `value` is None


# What an expression speaks of; and the old way to write a reference alone.
MENTIONED = re.compile(r"(?<![\w.-])(?:var|local|module|data|each|aws_\w+)\.[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*")
OLD_REFERENCE = re.compile(r'^"\$\{\s*([a-z][\w-]*(?:\.[A-Za-z_][\w-]*)+)\s*\}"$')
# The grammar takes `1.5e3` and not `1e3`, which Terraform takes: read once more as a name of that length, so unknown.
EXPONENT = re.compile(rb'"(?:\\.|[^"\\\n])*"|(?<![\w.])\d+[eE][+-]?\d+(?![\w.])')
ESCAPED = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(["\\nrt]))|([$%])[$%]\{')
SIGNS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
MOST_MENTIONS = 20
DEEPEST = 20  # blocks inside blocks; what a person writes ends at five or six


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value`. `text` is the source of the right-hand side: never let it out of the collector.

    `tree`: what it is made of, where that was told as JSON; of HCL `expressions.tree_of` tells it from the text.
    """

    line: int
    kind: Kind
    value: Literal
    text: bytes = field(repr=False)
    tree: Row | None = field(default=None, repr=False)

    @property
    def mentions(self) -> tuple[str, ...]:
        """The references inside an expression, each once, in their order."""
        found = MENTIONED.findall(self.text.decode("utf-8", "replace"))
        return tuple(dict.fromkeys(found))[:MOST_MENTIONS]

    @property
    def is_empty(self) -> bool:
        """`{}`, `[]`, `""`, however they are spaced."""
        return b"".join(self.text.split()) in {b"{}", b"[]", b'""'}


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" { … }`; lines count from 1."""

    type: str
    labels: tuple[str, ...]
    line: int
    end_line: int
    attributes: dict[str, Attribute]
    blocks: tuple["Block", ...]


@cache
def _language() -> Language:
    return Language(tree_sitter_hcl.language())


def parse(data: bytes) -> tuple[list[Block], bool]:
    """The file's blocks, and whether all of it could be read."""
    root = root_of(data)
    body = next((node for node in root.named_children if node.type == "body"), None)
    blocks = [_block(node) for node in body.named_children if node.type == "block"] if body else []
    return blocks, not root.has_error and all(_depth(block) < DEEPEST for block in blocks)


def parse_assignments(data: bytes) -> tuple[Block, bool]:
    """A file of values (`*.tfvars`) as one block, and whether all of it could be read."""
    root = root_of(data)
    body = next((node for node in root.named_children if node.type == "body"), None)
    attributes = dict(_attributes(body.named_children)) if body else {}
    return Block("assignments", (), 1, root.end_point[0] + 1, attributes, ()), not root.has_error


def root_of(data: bytes) -> Node:
    """The file's syntax, as tree-sitter tells it."""
    parser = Parser(_language())
    root = parser.parse(data).root_node
    if root.has_error and EXPONENT.search(data):
        again = parser.parse(EXPONENT.sub(_as_name, data)).root_node
        root = root if again.has_error else again
    return root


def _as_name(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0].startswith(b'"') else b"_" * len(found[0])


def _depth(block: Block) -> int:
    return 1 + max(map(_depth, block.blocks), default=0)


def _block(node: Node, left: int = DEEPEST) -> Block:
    """What lies deeper than `left` blocks more is left out."""
    names = [child for child in node.named_children if child.type in {"identifier", "string_lit"}]
    body = next((child for child in node.named_children if child.type == "body"), None)
    children = body.named_children if body else []
    return Block(
        type=text_of(names[0]) if names else "",
        labels=tuple(_label(name) for name in names[1:]),
        line=node.start_point[0] + 1,
        end_line=node.end_point[0] + 1,
        attributes=dict(_attributes(children)),
        blocks=tuple(_block(child, left - 1) for child in children if child.type == "block" and left > 1),
    )


def _attributes(nodes: list[Node]) -> Iterator[tuple[str, Attribute]]:
    for node in nodes:
        if node.type == "attribute" and len(node.named_children) >= 2:
            name, expression = node.named_children[0], node.named_children[-1]
            kind, value = _value(expression)
            yield text_of(name), Attribute(node.start_point[0] + 1, kind, value, expression.text or b"")


def _value(expression: Node) -> tuple[Kind, Literal]:
    children = expression.named_children
    if children and children[0].type == "variable_expr" and all(node.type == "get_attr" for node in children[1:]):
        return Kind.REFERENCE, text_of(expression)
    if old := OLD_REFERENCE.match(text_of(expression)):
        return Kind.REFERENCE, old[1]
    if len(children) != 1 or children[0].type != "literal_value" or not children[0].named_children:
        return Kind.EXPRESSION, None
    return literal_of(children[0].named_children[0])


def literal_of(node: Node) -> tuple[Kind, Literal]:
    text = text_of(node)
    match node.type:
        case "string_lit":
            return Kind.LITERAL, _label(node)
        case "bool_lit":
            return Kind.LITERAL, text == "true"
        case "null_lit":
            return Kind.LITERAL, None
        case "numeric_lit":
            number = number_of(text)
            return (Kind.EXPRESSION if number is None else Kind.LITERAL), number
    return Kind.EXPRESSION, None


def number_of(text: str) -> int | float | None:
    """None for what is no number, and for one that JSON cannot hold."""
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if isinstance(number, int) or isfinite(number) else None
    return None


def _label(node: Node) -> str:
    if node.type == "identifier":
        return text_of(node)
    return ESCAPED.sub(_sign, text_of(node)[1:-1])  # of what stands inside the grammar drops white space at the ends


def _sign(found: re.Match[str]) -> str:
    """The sign that an escape stands for; `$${` is how to write `${` without meaning a reference."""
    if found[4]:
        return f"{found[4]}{{"
    code = found[1] or found[2]
    try:
        return chr(int(code, 16)) if code else SIGNS[found[3]]
    except (ValueError, OverflowError):  # beyond what there is
        return found[0]


def text_of(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
