"""Texts in base64 inside settings: a whole `.env`, a script, another file, in one piece or over indented lines."""

import base64
import binascii
import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from infra_audit.secrets import generic
from infra_audit.secrets.detection import Match
from infra_audit.secrets.generic import Text

SETTINGS = re.compile(r"\.(?:ya?ml|json)$", re.IGNORECASE)
PIECE = re.compile(
    r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,}={0,2}(?:[ \t]*\r?\n[ \t]+[A-Za-z0-9+/]{4,}={0,2}(?=[ \t]*\r?(?:\n|\Z)))*"
    r"(?![A-Za-z0-9+/=])"
)


def matches(text: Text, path: str, only_lines: Collection[int] | None = None) -> Iterator[Match]:
    """What our rules find in each text that stands in base64 in a file of settings, on the line where it begins.

    With `only_lines` (numbers from 1) what begins on other lines is left out.
    """
    if not SETTINGS.search(path):
        return
    for start, end in generic.regions(text, only_lines):
        for piece in PIECE.finditer(text.text, start, end):
            is_asked = only_lines is None or text.line_of(piece.start()) in only_lines
            if is_asked and (inner := from_base64(piece.group())):
                yield from inside(inner, piece.start())


def inside(inner: str, start: int) -> Iterator[Match]:
    """What our rules find in a decoded text, each at a place of its own from `start` on."""
    for number, match in enumerate(generic.matches(Text(inner.encode("latin-1")))):
        title = f"{match.kind[:1].upper()}{match.kind[1:]} in a text in base64"
        yield replace(match, title=title, start=start + number, end=start + number + 1)


def from_base64(value: str) -> str | None:
    """The text that a value stands for in base64, decoded as the engine decodes; None where it is none."""
    compact = "".join(value.split()).rstrip("=")
    try:
        data = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
        data.decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    inner = data.decode("latin-1")
    return inner if inner and all(sign.isprintable() or sign in "\r\n\t" for sign in data.decode()) else None
