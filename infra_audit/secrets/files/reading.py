"""How the parsers read: line by line, by name and value, by mark-up; always with offsets into the whole text."""

import re
from collections.abc import Iterator
from itertools import chain
from xml.sax.saxutils import unescape

from infra_audit.secrets.encoded import from_base64
from infra_audit.secrets.files.kinds import HASH, Hit, Parse, decoded_at, hash_at
from infra_audit.secrets.generic import LONGEST_LINE, Text
from infra_audit.secrets.judges import RANDOM, judge_key, judge_value
from infra_audit.secrets.names import Promise, promise_of

COMMENT = re.compile(r"\s*(?:[#;]|\*\s|//|--\s|/\*|<!--)")
PAIR = re.compile(
    r"""(?:^|(?<=[\s{,(\[$>:/]))["']?(?P<name>[A-Za-z_$][\w.\-]*)["']?\]?[ \t]*(?:=>|:=|=|:(?![/:]))[ \t]*
    (?:\"{3}(?P<triple>[^\n]+?)\"{3}|"(?P<double>(?:[^"\\\n]|\\.)*)"|'(?P<single>(?:[^'\\\n]|\\.)*)'|(?P<bare>[^\s"'{}\[\](),][^\s,}]*))""",
    re.VERBOSE,
)
# "password value": at the start of a line, or in quotes anywhere.
SPACED = re.compile(
    r"""^\s*(?:set[ \t]+)?(?P<name>[A-Za-z_][\w.\-]*)[ \t]+
    (?:(?P<mark>["'])(?P<quoted>(?:(?!(?P=mark))[^\\\n]|\\.)+)(?P=mark)|(?P<bare>[^\s"'=:,{}()]+));?\s*(?:\#.*)?$
    |(?<=\s)(?P<inner>pass\w*)[ \t]+(?:is[ \t]+)?["'](?P<text>[^"'\n]+)["']""",
    re.VERBOSE | re.IGNORECASE,
)
VALUES = ("triple", "double", "single", "bare")
ELEMENT = re.compile(
    r"<(?P<name>[A-Za-z][\w.\-]*)(?P<rest>\s[^<>]*)?>(?:\s*<!\[CDATA\[(?P<data>[^\n]{1,500}?)\]\]>\s*|(?P<value>[^<>\n]+))</",
    re.ASCII,
)
ATTRIBUTE = re.compile(r"""(?<=\s)(?P<name>[A-Za-z][\w.\-]*)\s?=\s?["'](?P<value>[^"'<>\n]+)["']""", re.ASCII)
ENTITIES = {"&quot;": '"', "&apos;": "'"}
COMMAND = re.compile(r"(?:cmd|command|eval|program)$", re.IGNORECASE)  # passwordeval: what prints the password
PROPERTY = re.compile(r"<key>(?P<name>[^<>\n]{1,80})</key>\s{0,80}<string>(?P<value>[^<>\n]+)</string>")
ESCAPED = re.compile(r"\\(.)")


def lines(text: Text, *, comments: bool = False) -> Iterator[tuple[int, str]]:
    """Where each line begins, and the line; without comments and empty lines, unless they are asked for."""
    start = 0
    for line in text.text.split("\n"):
        if line.strip() and len(line) <= LONGEST_LINE and (comments or not COMMENT.match(line)):
            yield start, line.rstrip("\r")
        start += len(line) + 1


def without_comments(text: Text) -> str:
    """As long as before, with blanks where a comment has its own line."""
    return "\n".join(" " * len(line) if COMMENT.match(line) else line for line in text.text.split("\n"))


def pairs(text: Text) -> Iterator[tuple[str, int, int]]:
    """Each name with the span of its value, as ini, YAML, JSON, TOML, shell and most programs write them."""
    for start, line in lines(text):
        for hit in PAIR.finditer(line):
            part = next(one for one in VALUES if hit[one] is not None)
            first, last = hit.span(part)
            if part == "bare":
                last = first + len(hit[part].rstrip(";"))
            yield hit["name"], start + first, start + last


def spaced(text: Text) -> Iterator[tuple[str, int, int]]:
    """The same for files that put a blank between name and value, as .msmtprc and redis.conf do."""
    for start, line in lines(text):
        for hit in SPACED.finditer(line):
            first, last = hit.span(next(one for one in ("quoted", "bare", "text") if hit[one]))
            yield hit["name"] or hit["inner"], start + first, start + last


def elements(text: Text) -> Iterator[tuple[str, str, int, int]]:
    """Each element of a mark-up that holds only text, and each attribute: name, the tag's rest, the value's span."""
    blanked = _without_comments(text.text)
    for hit in ELEMENT.finditer(blanked):
        yield hit["name"], hit["rest"] or "", *hit.span("data" if hit["data"] else "value")
    for hit in ATTRIBUTE.finditer(blanked):
        yield hit["name"], "", *hit.span("value")


def _without_comments(text: str) -> str:
    """As long as before: blanks stand where comments stood."""
    kept, start = [], 0
    while (begin := text.find("<!--", start)) >= 0 and (end := text.find("-->", begin)) >= 0:
        kept += [text[start:begin], re.sub(r"[^\n]", " ", text[begin:end])]
        start = end
    return "".join([*kept, text[start:]])


def kind_by(name: str, also: re.Pattern[str] | None = None) -> str:
    """What the value under a name is ("password", "token", …), "" where the name promises nothing."""
    promise = Promise.NOTHING if COMMAND.search(name) else promise_of(name)
    if promise in {Promise.NOTHING, Promise.KEY, Promise.SALT}:
        return "secret" if also and also.fullmatch(name.lower()) else ""
    return promise.value


def by_name(also: str = "", *, blanks: bool = False, keys: bool = False, is_sent: bool = False) -> Parse:
    """A parser of names and values; `also` is a pattern for names that promise a secret in this kind of file only.

    With `blanks` nothing but a blank may stand between name and value; with `keys` a key of whatever is one, where it
    looks like one; `is_sent`: as in `judged`.
    """
    more = re.compile(also) if also else None

    def parse(text: Text) -> Iterator[Hit]:
        for name, start, end in chain(pairs(text), spaced(text) if blanks else ()):
            value = ESCAPED.sub(r"\1", text.text[start:end])
            if kind := kind_by(name, more):
                yield from decoded_at(start, end, value, kind=kind, is_sent=is_sent)
            elif keys and promise_of(name) is Promise.KEY and judge_key(value):
                yield Hit(start, end, value, Promise.KEY.value, *RANDOM)

    return parse


def by_pattern(pattern: str, kind: str) -> Parse:
    """A parser of what a pattern calls `value`, wherever it stands outside comments."""
    compiled = re.compile(pattern, re.MULTILINE | re.IGNORECASE)

    def parse(text: Text) -> Iterator[Hit]:
        for hit in compiled.finditer(without_comments(text)):
            if kind == HASH:
                yield hash_at(*hit.span("value"), hit["value"])
            else:
                yield from decoded_at(*hit.span("value"), hit["value"], kind=kind)

    return parse


def settings_lines(text: Text) -> Iterator[Hit]:
    """ "name value" of any server's settings, judged as code is: such files hold much that is no credential."""
    for name, start, end in spaced(text):
        value = text.text[start:end]
        if verdict := judge_value(name, value):
            yield Hit(start, end, value, kind_by(name), *verdict)


def by_markup(also: str = "", *, is_sent: bool = False) -> Parse:
    """The same for XML: elements and attributes."""
    more = re.compile(also) if also else None

    def parse(text: Text) -> Iterator[Hit]:
        for name, rest, start, end in elements(text):
            if kind := kind_by(name, more):
                inner = from_base64(text.text[start:end]) if "base64" in rest else None
                value = unescape(text.text[start:end], ENTITIES) if inner is None else inner
                yield from decoded_at(start, end, value, kind=kind, is_sent=is_sent)

    return parse


def property_list(text: Text) -> Iterator[Hit]:
    """Apple's property lists, judged as code is: most of what stands in them is no credential."""
    for hit in PROPERTY.finditer(text.text):
        value = unescape(hit["value"], ENTITIES)
        if verdict := judge_value(hit["name"], value):
            yield Hit(*hit.span("value"), value, kind_by(hit["name"]), *verdict)
