"""Contacts in vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350).

Only what we keep is read: names, addresses, phones, company, job, note and categories. Pictures, sounds and keys are
passed over line by line, however big. No well-kept library reads all three versions as people's phones write them.
"""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from django.utils.translation import gettext as _

from core.errors import DomainError
from outreach.cards.card import Reading

KEPT = {"FN", "N", "EMAIL", "TEL", "ORG", "TITLE", "ROLE", "NOTE", "CATEGORIES"}
LONGEST_VALUE = 200_000
_BREAK = re.compile(r"\r\n|\r|\n")
_UNESCAPED_SEMICOLON = re.compile(r"(?<!\\);")
_UNESCAPED_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True)
class Property:
    """One line, unfolded: `EMAIL;TYPE=work:ada@example.com`. `value` is decoded, its escapes still stand."""

    name: str
    value: str


def read_vcards(text: str) -> Reading:
    """One card each, numbered from 1. Raises DomainError where a card that begins never ends."""
    reading = Reading()
    card: list[Property] | None = None
    for line in _unfolded(text):
        mark = line.strip().upper()
        if mark == "BEGIN:VCARD":
            if card is not None:
                raise DomainError(_("Card %(n)s begins, but does not end."), n=reading.rows + 1)
            card = []
        elif mark == "END:VCARD" and card is not None:
            _add(reading, card)
            card = None
        elif card is not None and (one := _property(line)):
            card.append(one)
    if card is not None:
        raise DomainError(_("Card %(n)s begins, but does not end."), n=reading.rows + 1)
    return reading


def _unfolded(text: str) -> Iterator[str]:
    """Logical lines of the properties we keep; a continuation begins with a blank, or follows a quoted-printable
    line that ends with “=”."""
    parts: list[str] = []
    soft = False
    for line in _BREAK.split(text):
        if soft:
            parts.append(line)
        elif line[:1] in (" ", "\t"):
            if parts:  # else it belongs to what is passed over
                parts.append(line[1:])
            continue
        else:
            if parts:
                yield "".join(parts)
            parts = [line] if _is_wanted(line) else []
        soft = bool(parts) and _is_quoted_printable(parts[0]) and line.endswith("=")
        if soft:
            parts[-1] = parts[-1][:-1]
    if parts:
        yield "".join(parts)


def _is_wanted(line: str) -> bool:
    name = re.split("[;:]", line, maxsplit=1)[0].rpartition(".")[2].strip().upper()
    return name in KEPT or name in {"BEGIN", "END"}


def _is_quoted_printable(line: str) -> bool:
    return "QUOTED-PRINTABLE" in line.partition(":")[0].upper()


def _property(line: str) -> Property | None:
    head, colon, value = _split_head(line)
    name, *parameters = head.split(";")
    name = name.rpartition(".")[2].strip().upper()
    if not colon or name not in KEPT or len(value) > LONGEST_VALUE:
        return None
    settings = {
        key.strip().upper(): setting.strip('" ') for key, _equals, setting in (p.partition("=") for p in parameters)
    }
    if _is_quoted_printable(line):
        value = _decode_printable(value, settings.get("CHARSET", "utf-8"))
    if settings.get("VALUE", "").lower() == "uri" or value[:4].lower() == "tel:":
        value = unquote(value).removeprefix("tel:").partition(";")[0]
    return Property(name, value)


def _split_head(line: str) -> tuple[str, str, str]:
    """At the first colon outside of quotation marks: 4.0 allows colons in quoted parameters."""
    quoted = False
    for at, letter in enumerate(line[:2000]):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return line[:at], ":", line[at + 1 :]
    return line.partition(":")


def _decode_printable(value: str, charset: str) -> str:
    raw = quopri.decodestring(value.encode("utf-8"))
    try:
        return raw.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return raw.decode("utf-8", errors="replace")


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda escape: "\n" if escape[1] in "nN" else escape[1], value)


def _components(value: str) -> list[str]:
    return [_plain(part).strip() for part in _UNESCAPED_SEMICOLON.split(value)]


def _add(reading: Reading, card: list[Property]) -> None:
    first: dict[str, str] = {}
    for one in card:
        if one.value.strip():
            first.setdefault(one.name, one.value)
    values = {
        "name": _plain(first.get("FN", "")).strip() or _structured_name(first.get("N", "")),
        "company": next(iter(_components(first.get("ORG", ""))), ""),
        "job": _plain(first.get("TITLE", "") or first.get("ROLE", "")),
        "phone": _plain(first.get("TEL", "")),
        "notes": _plain(first.get("NOTE", "")),
    }
    emails = [_plain(one.value) for one in card if one.name == "EMAIL"]
    tags = [_plain(tag) for tag in _UNESCAPED_COMMA.split(first.get("CATEGORIES", ""))]
    reading.add(reading.rows + 1, values, emails, tags)


def _structured_name(value: str) -> str:
    """Family; given; additional; prefixes; suffixes: in the order in which they are said."""
    family, given, additional, prefix, suffix = (*_components(value), *[""] * 5)[:5]
    return " ".join(filter(None, (prefix, given, additional, family, suffix)))
