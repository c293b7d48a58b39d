"""Reads YAML and JSON into nodes that know their line. Nothing is constructed, no tag is obeyed, no alias expanded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import yaml

MOST_NODES = 200_000
DEEPEST = 60
HALVES = re.compile(rb"(?<!\\)((?:\\\\)*)\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?")
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # where PyYAML was built without its C library


class Shape(StrEnum):
    """What a node is."""

    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"


@dataclass(slots=True, eq=False)
class Node:
    """`tag` is what the author wrote (`!Ref`), "" without one. An alias is the very node that it names."""

    shape: Shape
    line: int
    tag: str = ""
    text: str = field(default="", repr=False)
    is_quoted: bool = False
    items: "list[Node]" = field(default_factory=list, repr=False)  # of a mapping: key, value, key, value, …

    def pairs(self) -> "Iterator[tuple[str, Node, Node]]":
        """(key as text, key, value) of a mapping; nothing of another shape. A key that is no text is left out."""
        if self.shape is Shape.MAPPING:
            for key, value in zip(self.items[::2], self.items[1::2], strict=False):
                if key.shape is Shape.SCALAR:
                    yield key.text, key, value

    def get(self, name: str) -> "Node | None":
        """What stands under a key; of a key given twice the last."""
        found = None
        for key, _key, value in self.pairs():
            found = value if key == name else found
        return found

    @property
    def is_null(self) -> bool:
        return self.shape is Shape.SCALAR and not self.is_quoted and self.text.lower() in {"", "null", "~"}


class UnreadableDocumentError(Exception):
    """It is no such document, or one that no person would write."""


def read_document(data: bytes) -> Node | None:
    """The first document; None where there is none. Raises UnreadableDocumentError.

    JSON is read as YAML, whose parser tells lines; tabs between its words are all that YAML does not take.
    """
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}
    try:
        return _built(yaml.parse(_as_yaml(data) if is_json else data, Loader=Loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableDocumentError from error


def _as_yaml(data: bytes) -> bytes:
    """JSON writes what is beyond 16 bits as two halves, which YAML refuses: no text that we judge by has such signs."""
    return HALVES.sub(rb"\1?", data.replace(b"\t", b" "))


def _built(events: Iterator[yaml.Event]) -> Node | None:
    """Without recursion, so that depth costs nothing but a count."""
    root: Node | None = None
    open_nodes: list[Node] = []
    anchors: dict[str, Node] = {}
    count = 0
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            open_nodes.pop()
            continue
        node = _node(event, anchors)
        if node is None:
            continue
        count += 1
        if count > MOST_NODES or len(open_nodes) > DEEPEST:
            raise UnreadableDocumentError
        if open_nodes:
            open_nodes[-1].items.append(node)
        elif root is not None:
            return root
        else:
            root = node
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append(node)
    return root


def _node(event: yaml.Event, anchors: dict[str, Node]) -> Node | None:
    """None for what stands for no node. Raises UnreadableDocumentError for an alias of nothing."""
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise UnreadableDocumentError
        return anchors[event.anchor]
    if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
        return None
    node = Node(_shape(event), event.start_mark.line + 1 if event.start_mark else 0, tag=event.tag or "")
    if isinstance(event, yaml.ScalarEvent):
        node.text, node.is_quoted = event.value, event.style is not None and event.style != ""
    if event.anchor:
        anchors[event.anchor] = node
    return node


def _shape(event: yaml.Event) -> Shape:
    if isinstance(event, yaml.ScalarEvent):
        return Shape.SCALAR
    return Shape.MAPPING if isinstance(event, yaml.MappingStartEvent) else Shape.SEQUENCE


def mappings(node: Node) -> Iterator[Node]:
    """Every mapping inside, itself too, each once however many aliases lead there."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.shape is Shape.MAPPING:
            yield one
        waiting.extend(reversed(one.items))
