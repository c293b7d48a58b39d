"""Which kind of file it is, in which encoding, and what is in it."""

import codecs

from django.utils.translation import gettext as _

from core.errors import DomainError
from outreach.cards.card import Reading
from outreach.cards.csv_cards import read_csv
from outreach.cards.vcards import read_vcards

MOST_BYTES = 25_000_000
MOST_ROWS = 100_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_cards(content: bytes) -> Reading:
    """The contacts in a CSV or vCard file, told apart by what stands in it.

    Raises DomainError, naming the mend, for a file that is empty, too big, or neither.
    """
    if len(content) > MOST_BYTES:
        raise DomainError(_("The file has more than %(n)s MB. Split it."), n=MOST_BYTES // 1_000_000)
    text = decode(content)
    if not text.strip():
        raise DomainError(_("The file is empty."))
    reading = read_vcards(text) if "BEGIN:VCARD" in text[:5000].upper() else read_csv(text)
    if reading.rows > MOST_ROWS:
        raise DomainError(_("The file has more than %(n)s contacts. Split it."), n=MOST_ROWS)
    return reading


def decode(content: bytes) -> str:
    """Text by its byte order mark; without one as UTF-8, as UTF-16 where every other byte is empty, else as Windows
    writes it in the West (cp1252), which refuses nothing here. Raises DomainError where a mark promises too much."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _decode_marked(content.removeprefix(mark) if encoding == "utf-8" else content, encoding)
    head = content[:2000]
    if head and b"\0" in head:
        return _decode_marked(content, "utf-16-be" if head[:1] == b"\0" else "utf-16-le")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _decode_marked(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as broken:
        raise DomainError(_("The file is damaged, or is no text. Export it anew, as UTF-8.")) from broken
