"""What changed from one version of an offer to the next, for whoever has read the first."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.money import Money, format_money
from engagements.offer import Offer, OfferLine

LINE_WORDS = ("title", "outcome", "done_when", "kind", "choice")


@dataclass(frozen=True)
class Difference:
    """`kind` is added, removed, price or words. Before and after are text, "" where there is none."""

    kind: str
    what: str
    before: str = ""
    after: str = ""

    @property
    def label(self) -> str:
        return {"added": _("Added"), "removed": _("Removed"), "price": _("Price")}.get(self.kind, _("Words"))


def differences(before: Offer, after: Offer) -> list[Difference]:
    """Lines in the order of the later one, then what else a reader would look for."""
    old = {line.key: line for line in before.lines}
    new = {line.key: line for line in after.lines}
    found = [one for line in after.lines for one in _of_line(old.get(line.key), line, after.locale)]
    found += [
        Difference("removed", line.title, _money(line.price, before.locale))
        for line in before.lines
        if line.key not in new
    ]
    return found + _of_the_whole(before, after)


def _of_line(old: OfferLine | None, new: OfferLine, locale: str) -> list[Difference]:
    if old is None:
        return [Difference("added", new.title, after=_money(new.price, locale))]
    found = []
    if old.price != new.price:
        found.append(Difference("price", new.title, _money(old.price, locale), _money(new.price, locale)))
    for name in LINE_WORDS:
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            found.append(Difference("words", new.title, was, now))
    return found


def _of_the_whole(before: Offer, after: Offer) -> list[Difference]:
    pairs = [
        (_("Price in all"), _money(before.price, before.locale), _money(after.price, after.locale)),
        (_("Deposit"), _money(before.deposit, before.locale), _money(after.deposit, after.locale)),
        (_("Start"), _day(before.starts_on), _day(after.starts_on)),
        (_("Finished by"), _day(before.finishes_on), _day(after.finishes_on)),
        (_("Valid until"), _day(before.valid_until), _day(after.valid_until)),
        (_("Title"), before.title, after.title),
        (_("Their problem"), before.problem, after.problem),
        (_("Verdict"), before.verdict, after.verdict),
        (_("The last day"), before.last_day, after.last_day),
        (_("A word before"), before.cover_letter, after.cover_letter),
        (_("Timeline"), before.timeline, after.timeline),
        (_("What we need from you"), before.needs, after.needs),
        (_("Not included"), "\n".join(before.exclusions), "\n".join(after.exclusions)),
        (_("Assumptions"), _numbered(before.assumptions), _numbered(after.assumptions)),
        (_("How change works"), before.trade_rule, after.trade_rule),
        (_("Payment plan"), _plan(before), _plan(after)),
        (_("Terms"), _terms(before), _terms(after)),
    ]
    money = {_("Price in all"), _("Deposit")}
    return [Difference("price" if what in money else "words", what, was, now) for what, was, now in pairs if was != now]


def _money(money: Money, locale: str) -> str:
    return format_money(money, locale)


def _day(day: object) -> str:
    return str(day or "–")


def _numbered(sentences: tuple[str, ...]) -> str:
    return "\n".join(f"{n}. {one}" for n, one in enumerate(sentences, start=1))


def _plan(offer: Offer) -> str:
    return "\n".join(f"{when}: {percent} %" for when, percent in offer.payment_plan)


def _terms(offer: Offer) -> str:
    return f"{offer.terms.name}, {offer.terms.version}" if offer.terms else "–"
