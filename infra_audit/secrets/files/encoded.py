"""Texts in base64 inside settings: a whole `.env`, a script, another file, in one piece or over indented lines."""

import re
from collections.abc import Iterator

from infra_audit.secrets import generic
from infra_audit.secrets.files.kinds import Hit
from infra_audit.secrets.files.reading import from_base64
from infra_audit.secrets.generic import Text

PIECE = re.compile(
    r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,}={0,2}(?:[ \t]*\r?\n[ \t]+[A-Za-z0-9+/]{4,}={0,2}(?=[ \t]*\r?(?:\n|\Z)))*"
    r"(?![A-Za-z0-9+/=])"
)


def texts(text: Text) -> Iterator[Hit]:
    """What our rules find in each text that stands there in base64."""
    for piece in PIECE.finditer(text.text):
        if inner := from_base64(piece.group()):
            yield from inside(inner, piece.start())


def inside(inner: str, start: int) -> Iterator[Hit]:
    """What our rules find in a decoded text, each at a place of its own on the line where it begins."""
    for number, match in enumerate(generic.matches(Text(inner.encode("latin-1")))):
        yield Hit(start + number, start + number + 1, match.value, match.kind, match.confidence, match.reason)
