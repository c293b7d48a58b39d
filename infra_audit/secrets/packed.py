"""Texts inside texts: what a machine runs when it starts comes gzipped, in MIME parts, in base64, and in each other."""

import base64
import binascii
import email
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from io import BytesIO
from typing import Any

from infra_audit.secrets.engine import SecretEngine, as_utf8

GZIP = b"\x1f\x8b"
UNPACKED_LIMIT = 4 * 1024 * 1024  # of all together: a packed script is at most 16 KB, and gzip shrinks a thousandfold
DEPTH = 5
MIME_HEADS = (b"content-type:", b"mime-version:", b"from ")
# Base64 over several lines of their own (`write_files` of cloud-init), then in one piece (`echo … | base64 -d`).
LINES = re.compile(
    rb"(?P<full>(?:^[ \t]*[A-Za-z0-9+/]{16,120}[ \t]*\r?\n)+)[ \t]*(?:[A-Za-z0-9+/]{1,120}={0,2}[ \t]*\r?(?:\n|\Z))?",
    re.MULTILINE,
)
PIECE = re.compile(rb"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,}={0,2}(?![A-Za-z0-9+/=])")
SHORTEST = 12  # bytes; what decodes to fewer is no script


@dataclass(frozen=True)
class Part:
    """A plain text. `where` says which part of the whole it is; `line`: where in it the packed text begins, or None."""

    data: bytes
    where: str = ""
    line: int | None = None


def detections(engine: SecretEngine, data: bytes) -> list[dict[str, Any]]:
    """Rows of what the texts inside hold: those of `Detection.as_row`, and `where`; a secret counts once."""
    rows: dict[str, dict[str, Any]] = {}
    for part in parts(data):
        for found in engine.scan(part.data):
            row = {**found.as_row(), "line": part.line or found.line, "where": part.where}
            rows.setdefault(found.fingerprint, row)
    return list(rows.values())


def parts(data: bytes) -> Iterator[Part]:
    """The plain texts inside: gunzipped, MIME parts apart, base64 undone; 4 MB in all."""
    yield from _Unpacking().parts(Part(data), DEPTH)


class _Unpacking:
    """One walk, with what may still be unpacked, in bytes."""

    def __init__(self) -> None:
        self._left = UNPACKED_LIMIT

    def parts(self, part: Part, depth: int) -> Iterator[Part]:
        data = part.data
        if not data or not depth:
            return
        if data.startswith(GZIP):
            yield from self.parts(Part(self._gunzipped(data), part.where, part.line), depth - 1)
        elif data[:512].lower().startswith(MIME_HEADS):
            yield from self._mime(part, depth)
        elif (inner := _decoded(data)) is not None:
            yield from self.parts(Part(inner, part.where, part.line), depth - 1)
        else:
            yield part
            yield from self._embedded(part, depth)

    def _mime(self, part: Part, depth: int) -> Iterator[Part]:
        leaves = [one for one in email.message_from_bytes(part.data).walk() if not one.is_multipart()]
        for number, leaf in enumerate(leaves, 1):
            payload = leaf.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield from self.parts(Part(payload, _name_of(leaf, number), part.line), depth - 1)

    def _embedded(self, part: Part, depth: int) -> Iterator[Part]:
        """What stands in base64 inside a text; its lines are counted from where it begins."""
        text = as_utf8(part.data)
        # What ends a here-document may look like the last line, so both are tried.
        lines = [span for hit in LINES.finditer(text) for span in (hit.span(), hit.span("full"))]
        pieces = [hit.span() for hit in PIECE.finditer(text)]
        reached = 0
        for start, end in sorted([*lines, *pieces], key=lambda span: (span[0], -span[1])):
            inner = _decoded(text[start:end]) if start >= reached and self._left > 0 else None
            if inner is not None:
                self._left -= len(inner)
                reached = end
                line = part.line or text.count(b"\n", 0, start) + 1
                yield from self.parts(Part(inner, part.where, line), depth - 1)

    def _gunzipped(self, data: bytes) -> bytes:
        """As much as can be unpacked, up to the limit; what is broken gives what came before the break."""
        out = b""
        with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
            try:
                while self._left > 0 and (block := stream.read(65_536)):
                    out += block
                    self._left -= len(block)
            except (OSError, EOFError, zlib.error):
                return out
        return out


def _name_of(leaf: Message, number: int) -> str:
    """What cloud-init's users call a part: its file name, else its type."""
    return f"part {number} ({leaf.get_filename() or leaf.get_content_type()})"


def _decoded(data: bytes) -> bytes | None:
    """The bytes that all of `data` stands for in base64, where these are a text or gzip; else None."""
    compact = b"".join(data.split()).rstrip(b"=")
    try:
        inner = base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except binascii.Error:
        return None
    return inner if len(inner) >= SHORTEST and (inner.startswith(GZIP) or _is_text(inner)) else None


def _is_text(data: bytes) -> bool:
    """True for UTF-8 or UTF-16 that people could have written: noise decodes to neither."""
    try:
        text = as_utf8(data).decode()
    except UnicodeDecodeError:
        return False
    return all(sign.isprintable() or sign in "\t\r\n\ufeff" for sign in text)
