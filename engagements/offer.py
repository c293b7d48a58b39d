"""An offer as a client reads it. Page, PDF and signature all go through it, and it goes through the snapshot: what is
signed is what was shown. There is no hour, cost or margin in it, and on a fixed bid no rate."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from django.utils.translation import gettext as _

from core.errors import DomainError
from core.models import Practice
from core.money import Money, as_json, from_json, percent_of, split, total
from core.queries import practice_or_blank
from engagements.models import ProposalLine, ProposalRevision, Terms

SCHEMA = 1
WORDS = (
    "problem",
    "verdict",
    "last_day",
    "cover_letter",
    "timeline",
    "needs",
    "successes",
    "who",
    "next_morning",
    "trade_rule",
)


@dataclass(frozen=True)
class OfferLine:
    """A line; `key` is a UUID as text, `kind` and `choice` as in ProposalLine."""

    key: str
    kind: str
    choice: str
    is_recommended: bool
    recommendation: str
    title: str
    outcome: str
    done_when: str
    price: Money
    topic: str


@dataclass(frozen=True)
class Choice:
    """Alternatives of which exactly one is taken."""

    name: str
    lines: tuple[OfferLine, ...]


@dataclass(frozen=True)
class OfferTerms:
    name: str
    version: int
    plain_words: str
    body: str
    acceptance_days: int
    late_fee: str
    cancellation_fee: str


@dataclass(frozen=True)
class Instalment:
    """A part of the price, and when it is due, in words."""

    when: str
    amount: Money


@dataclass(frozen=True)
class Offer:
    """Built by `Offer.of(revision)`; of a sent revision it says what the snapshot says, whatever the rows say now."""

    reference: str
    title: str
    client: str
    practice: str
    practice_address: str
    kind: str
    currency: str
    locale: str
    lines: tuple[OfferLine, ...]
    exclusions: tuple[str, ...]
    assumptions: tuple[str, ...]
    trade_tolerance: Money
    deposit_percent: int
    payment_plan: tuple[tuple[str, Decimal], ...]
    cap: Money | None
    rate: Money | None
    credited_until_days: int
    terms: OfferTerms | None
    starts_on: dt.date | None
    finishes_on: dt.date | None
    valid_until: dt.date | None
    problem: str
    verdict: str
    last_day: str
    cover_letter: str
    timeline: str
    needs: str
    successes: str
    who: str
    next_morning: str
    trade_rule: str

    @classmethod
    def of(cls, revision: ProposalRevision) -> Self:
        return cls.from_snapshot(revision.snapshot or snapshot_of(revision))

    @classmethod
    def from_snapshot(cls, data: dict[str, Any]) -> Self:
        return cls(
            **{name: data[name] for name in (*WORDS, "reference", "title", "client", "practice", "practice_address")},
            **{name: data[name] for name in ("kind", "currency", "locale", "deposit_percent", "credited_until_days")},
            starts_on=_date(data["starts_on"]),
            finishes_on=_date(data["finishes_on"]),
            valid_until=_date(data["valid_until"]),
            cap=from_json(data["cap"]) if data["cap"] else None,
            rate=from_json(data["rate"]) if data["rate"] else None,
            lines=tuple(OfferLine(**{**line, "price": from_json(line["price"])}) for line in data["lines"]),
            exclusions=tuple(data["exclusions"]),
            assumptions=tuple(data["assumptions"]),
            trade_tolerance=from_json(data["trade_tolerance"]),
            payment_plan=tuple((part["when"], Decimal(part["percent"])) for part in data["payment_plan"]),
            terms=OfferTerms(**data["terms"]) if data["terms"] else None,
        )

    @property
    def included(self) -> tuple[OfferLine, ...]:
        return tuple(line for line in self.lines if line.kind == ProposalLine.Kind.INCLUDED)

    @property
    def options(self) -> tuple[OfferLine, ...]:
        return tuple(line for line in self.lines if line.kind == ProposalLine.Kind.OPTION)

    @property
    def choices(self) -> tuple[Choice, ...]:
        names = dict.fromkeys(line.choice for line in self.lines if line.kind == ProposalLine.Kind.ALTERNATIVE)
        return tuple(Choice(name, tuple(line for line in self.lines if line.choice == name)) for name in names)

    @property
    def default_picks(self) -> frozenset[str]:
        """What is picked before anyone picks: the recommended options, and of each choice the recommended line or,
        where none is, the first."""
        options = {line.key for line in self.options if line.is_recommended}
        firsts = {
            next((line for line in choice.lines if line.is_recommended), choice.lines[0]).key for choice in self.choices
        }
        return frozenset(options | firsts)

    def check_picks(self, keys: Iterable[str]) -> frozenset[str]:
        """The keys as a set. Raises DomainError for a line that is not to be picked, and for a choice without exactly
        one line taken."""
        picked = frozenset(keys)
        pickable = {line.key for line in self.lines if line.kind != ProposalLine.Kind.INCLUDED}
        if picked - pickable:
            raise DomainError(_("What was picked is not part of this proposal. Reload the page and pick again."))
        for choice in self.choices:
            if len(picked & {line.key for line in choice.lines}) != 1:
                raise DomainError(_("Pick one of “%(choice)s”."), choice=choice.name)
        return picked

    def lines_with(self, picks: Collection[str]) -> tuple[OfferLine, ...]:
        """What is bought: everything included, and what was picked."""
        return tuple(line for line in self.lines if line.kind == ProposalLine.Kind.INCLUDED or line.key in picks)

    def price_with(self, picks: Collection[str]) -> Money:
        return total((line.price for line in self.lines_with(picks)), self.currency)

    def deposit_with(self, picks: Collection[str]) -> Money:
        """Due on acceptance, rounded half up to the currency's smallest coin."""
        return percent_of(self.price_with(picks), self.deposit_percent)

    def instalments_with(self, picks: Collection[str]) -> tuple[Instalment, ...]:
        """The deposit and what follows; the last part takes the rounding's remainder, so they add up to the price."""
        parts = [(_("On signing: the deposit"), Decimal(self.deposit_percent)), *self.payment_plan]
        rest = 100 - sum((percent for _when, percent in parts), Decimal(0))
        if rest > 0:
            parts.append((_("On the last delivery"), rest))
        amounts = split(self.price_with(picks), [percent for _when, percent in parts])
        return tuple(
            Instalment(when, amount) for (when, _percent), amount in zip(parts, amounts, strict=True) if amount
        )

    @property
    def price(self) -> Money:
        return self.price_with(self.default_picks)

    @property
    def deposit(self) -> Money:
        return self.deposit_with(self.default_picks)


def snapshot_of(revision: ProposalRevision, practice: Practice | None = None) -> dict[str, Any]:
    """What is frozen on sending, as plain JSON. The rate stands in it for time and materials alone. A list of many
    hands its practice on, so that it is not asked for each."""
    proposal, practice = revision.proposal, practice or practice_or_blank()
    by_time = revision.kind == ProposalRevision.Kind.CAPPED_TIME
    return {
        "schema": SCHEMA,
        "reference": revision.reference,
        "title": proposal.title,
        "client": proposal.organisation.name,
        "practice": practice.name,
        "practice_address": practice.address,
        **{name: getattr(revision, name) for name in (*WORDS, "kind", "currency", "locale")},
        **{name: _text(getattr(revision, name)) for name in ("starts_on", "finishes_on", "valid_until")},
        "deposit_percent": revision.deposit_percent,
        "credited_until_days": revision.credited_until_days,
        "lines": [_line(line) for line in revision.lines.all()],
        "exclusions": list(revision.exclusions),
        "assumptions": list(revision.assumptions),
        "trade_tolerance": as_json(revision.trade_tolerance),
        "payment_plan": [{"when": part["when"], "percent": str(part["percent"])} for part in revision.payment_plan],
        "cap": as_json(revision.cap) if by_time and revision.cap else None,
        "rate": as_json(revision.rate) if by_time and revision.rate else None,
        "terms": _terms(revision.terms) if revision.terms else None,
    }


def _line(line: ProposalLine) -> dict[str, Any]:
    told = ("kind", "choice", "is_recommended", "recommendation", "title", "outcome", "done_when", "topic")
    return {"key": str(line.key), **{name: getattr(line, name) for name in told}, "price": as_json(line.price)}


def _terms(terms: Terms) -> dict[str, Any]:
    told = ("name", "version", "plain_words", "body", "acceptance_days", "late_fee", "cancellation_fee")
    return {name: getattr(terms, name) for name in told}


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _text(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
