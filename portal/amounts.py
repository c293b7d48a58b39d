"""Whether a text that people wrote seems to name an amount of money: to warn by, never to decide by."""

import re
from collections.abc import Iterator

from moneyed import CURRENCIES

from portal.report_document import Told

CODES = "|".join(sorted(CURRENCIES))
UNIT = rf"(?:[$\u00a3\u00a5\u20ac\u20a0-\u20bf]|\b(?:{CODES})\b)"
GROUPED = r"(?<![\d.,])\d{1,3}(?:[.,'\u2019\u00a0\u202f ]\d{3})+(?:[.,]\d{2})?(?![.,]?\d)"
AMOUNT = re.compile(rf"{UNIT}\s?\d|\d\s?{UNIT}|{GROUPED}|\b\d+k\b")


def names_amount(text: str) -> bool:
    """ "$900", "900 EUR", "5,000" and "5k" do; "12 of 16" and "10.0.0.1" do not."""
    return bool(AMOUNT.search(text))


def lines_with_amounts(told: Told) -> list[str]:
    """What of a report seems to name an amount, outside the figures of its money block."""
    return [text for text in _texts(told) if names_amount(text)]


def _texts(told: Told) -> Iterator[str]:
    yield told.status
    for line in (*(told.needed or ()), *told.done, *told.next, *told.risks):
        yield f"{line.text} {line.note}".strip()
    for words in told.words.values():
        yield from words
