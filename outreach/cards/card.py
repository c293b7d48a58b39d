"""A contact as a file has it, made fit to store."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.cells import FORMULA_STARTS
from outreach.addresses import normalise

LONGEST_LINE = 200  # characters, of name, company, job and where met
LONGEST_PHONE = 60
LONGEST_NOTES = 20_000


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Card:
    """`place` is the line or the number of the card in its file; `emails` are as written."""

    place: int
    name: str
    company: str = ""
    job: str = ""
    emails: tuple[str, ...] = ()
    phone: str = ""
    where_met: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        listed = {name: tuple(stored.get(name, ())) for name in ("emails", "tags")}
        return cls(**{**stored, **listed})


@dataclass
class Reading:
    """What came out of a file: the cards, and a remark on each thing that was left out."""

    cards: list[Card] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)
    rows: int = 0

    def add(self, place: int, values: dict[str, str], emails: Iterable[str], tags: Iterable[str] = ()) -> None:
        """One row. It becomes a card unless it is empty or too long to store, which is remarked."""
        self.rows += 1
        clean = {name: tidy(value) for name, value in values.items()}
        good = self._good_addresses(place, emails)
        clean["name"] = clean.get("name") or (good[0] if good else "") or clean.get("company", "")
        if not clean["name"]:
            self.remarks.append((place, _("Nobody: neither a name nor an address.")))
        elif too_long := _too_long(clean):
            self.remarks.append((place, _("Left out: %(what)s is too long.") % {"what": too_long}))
        else:
            labels = tuple(dict.fromkeys(filter(None, (tidy(tag)[:50] for tag in tags))))
            self.cards.append(Card(place=place, emails=good, tags=labels, **clean))

    def _good_addresses(self, place: int, emails: Iterable[str]) -> tuple[str, ...]:
        good: dict[str, str] = {}
        for address in filter(None, map(tidy, emails)):
            try:
                good.setdefault(normalise(address), address)
            except ValidationError as refusal:
                self.remarks.append((place, refusal.messages[0]))
        return tuple(good.values())


def tidy(text: str) -> str:
    """Without what no database stores, and without the apostrophe that a safe export puts before a formula."""
    text = _CONTROLS.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n").strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def _too_long(values: dict[str, str]) -> str:
    limits = {"phone": LONGEST_PHONE, "notes": LONGEST_NOTES}
    labels = {"name": _("the name"), "company": _("the company"), "job": _("the job"), "phone": _("the phone number")}
    labels |= {"where_met": _("where you met"), "notes": _("the note")}
    return next((labels[name] for name, text in values.items() if len(text) > limits.get(name, LONGEST_LINE)), "")
