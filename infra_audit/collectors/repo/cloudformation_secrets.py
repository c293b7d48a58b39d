"""Passwords in CloudFormation templates: in properties, and as defaults of parameters."""

import re
from collections.abc import Iterator

from infra_audit.collectors.repo.nodes import Node, Shape, mappings
from infra_audit.collectors.repo.secret_values import called, seen_in, seen_under
from infra_audit.inventory import Row
from infra_audit.secrets import SecretEngine
from infra_audit.secrets.names import Promise, promise_of

NAMES, VALUES = ("Name", "Key", "ParameterKey"), ("Value", "ParameterValue")
INSIDE = re.compile(r"pass|pwd|secret|token|credential|_key", re.IGNORECASE)
REFERENCE = "!Ref"


def secrets_of(properties: Node, engine: SecretEngine) -> Iterator[Row]:
    """What may be said of each password in the properties: {property, line, preview, confidence, fingerprint}."""
    for name, node in _named(properties):
        if is_literal(node) and (seen := _seen(name, node, engine)):
            yield {"property": name, **seen}


def _seen(name: str, node: Node, engine: SecretEngine) -> Row | None:
    if node.text.lstrip().startswith("{") and INSIDE.search(node.text):  # a secret that is an object written as text
        return seen_in(node.text.encode("utf-8", "replace"), node.line, engine)
    return seen_under(name, node.text, node.line, engine)


def _named(node: Node) -> Iterator[tuple[str, Node]]:
    """(name, value) wherever the name promises a secret: `Password: x`, and `Name: DB_PASSWORD` beside `Value: x`."""
    for one in mappings(node):
        for name, _key, value in one.pairs():
            if promise_of(name) is not Promise.NOTHING:
                yield name, value
        key, holds = _first(one, NAMES), _first(one, VALUES)
        if key and holds and is_literal(key) and promise_of(key.text) is not Promise.NOTHING:
            yield key.text, holds


def _first(node: Node, names: tuple[str, ...]) -> Node | None:
    return next(filter(None, map(node.get, names)), None)


def is_literal(node: Node) -> bool:
    """A text as it stands; `!Sub` of a text that names nothing is one too."""
    if node.shape is not Shape.SCALAR or node.is_null:
        return False
    return not node.tag or node.tag == "!" or (node.tag == "!Sub" and "${" not in node.text)


def parameters_that_hold_secrets(resources: Node) -> set[str]:
    """The parameters that stand where a password belongs, whatever they are called."""
    passwords = (node for name, node in _named(resources) if promise_of(name) is Promise.PASSWORD)
    return {referred for node in passwords if (referred := _referred(node))}


def _referred(node: Node) -> str:
    if node.tag == REFERENCE and node.shape is Shape.SCALAR:
        return node.text
    reference = node.get("Ref")
    return reference.text if reference else ""


def default_of(name: str, body: Node, engine: SecretEngine, *, promised: bool) -> Row:
    """The fields of a parameter's row. Hidden by NoEcho or used as a password, its default is taken for one."""
    default, no_echo = body.get("Default"), body.get("NoEcho")
    is_hidden = no_echo is not None and no_echo.text.lower() == "true"
    judged_as = called(name, stands_as_password=promised or is_hidden)
    seen = None
    if default is not None and is_literal(default) and not _names_another(body):
        seen = seen_under(judged_as, default.text, default.line, engine)
    return {
        "no_echo": is_hidden,
        "default_line": default.line if default else None,
        "default_is_secret": seen is not None,
        "default_preview": seen["preview"] if seen else None,
        "default_confidence": seen["confidence"] if seen else None,
        "default_fingerprint": seen["fingerprint"] if seen else None,
    }


def _names_another(body: Node) -> bool:
    """Whether the parameter is a name under which its value is kept elsewhere, or of one of the account's things."""
    kind = body.get("Type")
    return kind is not None and kind.text.startswith("AWS::")
