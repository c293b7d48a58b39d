"""The lines of a draft: added, changed, moved, removed. A sent proposal's lines are what they are."""

import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import events
from core.errors import DomainError, TransitionError
from core.models import User
from core.money import Money
from engagements.models import ProposalLine, ProposalRevision
from engagements.signals import proposal_drafted

Kind = ProposalLine.Kind


@dataclass(frozen=True)
class LineWords:
    """A line as it is written. The hours are for staff alone; `depends_on` are keys of lines as text."""

    title: str
    price: Money
    outcome: str = ""
    done_when: str = ""
    kind: str = Kind.INCLUDED
    choice: str = ""
    is_recommended: bool = False
    recommendation: str = ""
    topic: str = ""
    low_hours: Decimal | None = None
    likely_hours: Decimal | None = None
    high_hours: Decimal | None = None
    is_reserve: bool = False
    depends_on: list[str] = field(default_factory=list)


def draft_of(revision: ProposalRevision) -> ProposalRevision:
    """The row, locked. Raises TransitionError where it is no draft any more: what was sent is frozen."""
    locked = ProposalRevision.objects.select_for_update().get(pk=revision.pk)
    if locked.status != ProposalRevision.Status.DRAFT:
        raise TransitionError(_("%(what)s was sent, so it is frozen. Revise it instead."), what=locked.reference)
    return locked


@transaction.atomic
def add_line(
    *, revision: ProposalRevision, words: LineWords, actor: User, key: uuid.UUID | None = None
) -> ProposalLine:
    """At the end. Raises TransitionError where the revision is frozen, DomainError where the line cannot be so."""
    draft = draft_of(revision)
    _check(draft, words)
    last = draft.lines.aggregate(last=Max("position"))["last"] or 0
    line = ProposalLine.objects.create(
        revision=draft, key=key or uuid.uuid4(), position=last + 1, **_values(words, words.depends_on)
    )
    _changed(draft, "proposal.line_added", actor, line)
    return line


@transaction.atomic
def change_line(*, line: ProposalLine, words: LineWords, actor: User) -> ProposalLine:
    """Raises as `add_line` does."""
    draft = draft_of(line.revision)
    _check(draft, words)
    line = draft.lines.get(pk=line.pk)
    for name, value in _values(words, [key for key in words.depends_on if key != str(line.key)]).items():
        setattr(line, name, value)
    line.save()
    _changed(draft, "proposal.line_changed", actor, line)
    return line


@transaction.atomic
def move_line(*, line: ProposalLine, up: bool, actor: User) -> None:
    """One place up or down; at the end nothing happens. Raises TransitionError where the revision is frozen."""
    draft = draft_of(line.revision)
    lines = list(draft.lines.all())
    at = next(i for i, one in enumerate(lines) if one.pk == line.pk)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(lines):
        return
    lines[at], lines[to] = lines[to], lines[at]
    for position, one in enumerate(lines, start=1):
        one.position = position
    ProposalLine.objects.bulk_update(lines, ["position"])
    _changed(draft, "proposal.line_moved", actor, line)


@transaction.atomic
def remove_line(*, line: ProposalLine, actor: User) -> None:
    """Other lines no longer depend on it. Raises TransitionError where the revision is frozen."""
    draft = draft_of(line.revision)
    key = str(line.key)
    for other in draft.lines.exclude(pk=line.pk):
        if key in other.depends_on:
            other.depends_on = [one for one in other.depends_on if one != key]
            other.save(update_fields=["depends_on"])
    draft.lines.filter(pk=line.pk).delete()
    _changed(draft, "proposal.line_removed", actor, line)


def _values(words: LineWords, depends_on: Collection[str]) -> dict[str, object]:
    values = asdict(words) | {"price": words.price, "depends_on": list(depends_on)}
    values["title"] = " ".join(words.title.split())
    values["choice"] = words.choice.strip() if words.kind == Kind.ALTERNATIVE else ""
    if words.kind == Kind.INCLUDED:
        values |= {"is_recommended": False, "recommendation": ""}
    return values


def _check(draft: ProposalRevision, words: LineWords) -> None:
    if not words.title.strip():
        raise DomainError(_("Say what the line is."))
    if str(words.price.currency) != draft.currency:
        raise DomainError(_("This proposal is in %(currency)s."), currency=draft.currency)
    if words.price.amount < 0:
        raise DomainError(_("Enter an amount of zero or more."))
    if words.kind == Kind.ALTERNATIVE and not words.choice.strip():
        raise DomainError(_("Name the choice that this line is one answer to, as “Package”."))
    hours = [one for one in (words.low_hours, words.likely_hours, words.high_hours) if one is not None]
    if hours != sorted(hours):
        raise DomainError(_("Low, likely and high hours go up in this order."))
    known = {str(key) for key in draft.lines.values_list("key", flat=True)}
    if not set(words.depends_on) <= known:
        raise DomainError(_("A line can only depend on lines of this proposal."))


def _changed(draft: ProposalRevision, what: str, actor: User, line: ProposalLine) -> None:
    events.record(draft, what, actor=actor, line=line.title, key=line.key, price=line.price)
    proposal_drafted.send(sender=ProposalRevision, revision=draft, actor=actor)
