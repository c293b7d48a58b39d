"""What rooms above know that a proposal can use. They register themselves when they start; without them it is empty."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.models import Organisation
from engagements.models import Proposal


@dataclass(frozen=True)
class Source:
    """Something that stands behind a line of a proposal: a finding, say."""

    line_key: str
    label: str
    url: str


_verdicts: list[Callable[[Organisation], str]] = []
_sources: list[Callable[[Proposal], Iterable[Source]]] = []


def tell_verdicts(teller: Callable[[Organisation], str]) -> None:
    """`teller` gives the verdict of a client's latest frozen summary, "" where there is none."""
    if teller not in _verdicts:
        _verdicts.append(teller)


def tell_sources(teller: Callable[[Proposal], Iterable[Source]]) -> None:
    """`teller` gives what stands behind the lines of a proposal, in one query."""
    if teller not in _sources:
        _sources.append(teller)


def verdict_for(organisation: Organisation) -> str:
    return next(filter(None, (teller(organisation) for teller in _verdicts)), "")


def sources_of(proposal: Proposal) -> dict[str, list[Source]]:
    """By the line's key as text."""
    found: dict[str, list[Source]] = {}
    for teller in _sources:
        for one in teller(proposal):
            found.setdefault(one.line_key, []).append(one)
    return found
