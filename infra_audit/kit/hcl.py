"""Terraform's language, written as `terraform fmt` leaves it."""

import re
from collections.abc import Mapping

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "${": "$${", "%{": "%%{"}
_SPECIAL = re.compile(r"\\|\"|\n|\r|\t|\$\{|%\{|[\x00-\x1f\x7f]")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]+")


def quoted(text: str) -> str:
    """A string of the language that means exactly the text: nothing in it is evaluated.

    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    return '"' + _SPECIAL.sub(lambda found: ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'


def identifier(text: str) -> str:
    """A valid name made from any text: `Orders DB (prod)` becomes `orders_db_prod`."""
    name = _NOT_IN_NAMES.sub("_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"r_{name}".rstrip("_")


def comment(text: str) -> str:
    """One line of comment, whatever the text holds."""
    return f"# {' '.join(''.join(sign if sign.isprintable() else ' ' for sign in text).split())}".rstrip()


def block(head: str, attributes: Mapping[str, str]) -> str:
    """`head {`, its attributes (expressions as they stand) with their signs in one column, `}`."""
    widest = max(map(len, attributes))
    lines = [f"  {name:<{widest}} = {value}" for name, value in attributes.items()]
    return "\n".join([f"{head} {{", *lines, "}"])
