"""Kubernetes: Secrets, whose `data` is base64 and whose `stringData` is plain, and the configuration of kubectl."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from infra_audit.secrets.encoded import from_base64, inside
from infra_audit.secrets.files.kinds import Hit, decoded_at
from infra_audit.secrets.files.reading import by_name, kind_by
from infra_audit.secrets.generic import Text
from infra_audit.secrets.values import UUID, classes, entropy, is_address, is_plain_word, split_words, word_set

# A program or a page that is named for a kubeconfig quotes one.
MANIFESTS = (
    r"config (?![^/]*\.(?:go|py|rb|js|ts|java|rs|sh|ps1|md|rst|html|te?mpl|tpl)$)[^/]*kubeconfig[^/]*"
    r" [^/]+\.(?:ya?ml|json|conf)(?:\.\w+)?"
)


def _kind(name: str) -> str:
    """A document of this kind. The pattern begins with a word, which is looked for ten times as fast as a line."""
    return rf"""kind(?<![^\s"'{{,]kind)["']?[ \t]*:[ \t]*["']?{name}["']?[ \t]*,?[ \t]*\}}?\r?$"""


IS_SECRET = re.compile(_kind("Secret"), re.MULTILINE)
IS_CONFIG = re.compile(_kind("Config"), re.MULTILINE)
SECTION = re.compile(r"""^(?P<indent>\s*)["']?(?P<name>data|stringData)["']?\s*:\s*\{?\s*$""")
ENTRY = re.compile(
    r"""^(?P<indent>\s*)["']?(?P<name>[\w.\-]+)["']?\s*:\s*(?:!!binary\s+)?["']?(?P<value>[^\s"'|>#][^"'\n]*?)["']?\s*,?\s*$"""
)
BLOCK = re.compile(r"""^(?P<indent>\s*)["']?(?P<name>[\w.\-]+)["']?\s*:\s*[|>][\d+\-]*\s*$""")
DOCUMENT = re.compile(r"^---", re.MULTILINE)
# What lies beside the secrets of a Secret.
HARMLESS = word_set(
    """
    user username host hostname port database dbname db name namespace region endpoint url uri email bucket type id
    crt cert certificate ca pub public domain address server engine protocol issuer version
    """
)


def secret(text: Text) -> Iterator[Hit]:
    """What stands under `data` and `stringData` in documents of the kind Secret."""
    begins = [0, *(hit.start() for hit in DOCUMENT.finditer(text.text)), len(text.text)]
    for begin, end in pairwise(begins):
        if IS_SECRET.search(text.text, begin, end):
            yield from _in_document(text.text[begin:end], begin)


def _in_document(document: str, begin: int) -> Iterator[Hit]:
    section, depth, start = "", 0, begin
    block: _Block | None = None
    for line in [*document.split("\n"), "end"]:
        indent = len(line) - len(line.lstrip())
        if block and line.strip() and indent <= block.indent:
            yield from block.entry(is_packed=section == "data")
            block = None
        if block:
            block.add(line, start)
        elif opened := SECTION.match(line):
            section, depth = opened["name"], indent
        elif line.strip() and indent <= depth:
            section = ""
        elif section and (hit := BLOCK.match(line)):
            block = _Block(hit["name"], indent)
        elif section and (hit := ENTRY.match(line)):
            first, last = start + hit.start("value"), start + hit.end("value")
            yield from _entry(hit["name"], hit["value"], section == "data", first, last)
        start += len(line) + 1


@dataclass
class _Block:
    """A block scalar: its value stands on the lines below its name, further in than `indent`."""

    name: str
    indent: int
    lines: list[tuple[int, str]] = field(default_factory=list, repr=False)

    def add(self, line: str, start: int) -> None:
        if value := line.strip():
            self.lines.append((start + line.index(value), value))

    def entry(self, *, is_packed: bool) -> Iterator[Hit]:
        """Base64 may be folded. Of a plain text of several lines other rules find what is in it."""
        if self.lines and (is_packed or len(self.lines) == 1):
            first, (last, line) = self.lines[0][0], self.lines[-1]
            yield from _entry(
                self.name, "".join(value for _start, value in self.lines), is_packed, first, last + len(line)
            )


def _entry(name: str, value: str, packed: bool, start: int, end: int) -> Iterator[Hit]:
    inner = from_base64(value) if packed else value
    if inner is None:
        return
    inner = inner.rstrip("\r\n")
    if "\n" in inner or "{" in inner[:1]:
        for one in inside(inner, start):  # a whole file
            yield Hit(one.start, one.end, one.value, one.kind, one.confidence, one.reason)
    elif _is_secret(name, inner):
        yield from decoded_at(start, end, inner, kind=kind_by(name) or "secret")


def _is_secret(name: str, value: str) -> bool:
    """All in a Secret is said to be one; what is by its name or its look none is left out."""
    if kind_by(name):
        return True
    if HARMLESS & set(split_words(name)) or is_address(value) or UUID.match(value) or is_plain_word(value):
        return False
    return len(value) >= 8 and classes(value) >= 2 and entropy(value) >= 2.8


def config(text: Text) -> Iterator[Hit]:
    """Tokens, passwords and client keys of a kubeconfig."""
    yield from by_name("client-key-data|id-token|refresh-token")(text)
