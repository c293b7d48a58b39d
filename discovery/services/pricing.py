"""From findings to lines of a proposal: outcome and done-when from the check, hours from its effort and from what such
work really took before, price from the selling rate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import log10

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import events
from core.errors import DomainError
from core.models import Organisation, User
from core.money import Money
from discovery.models import Finding, Occurrence, PricedFinding
from discovery.queries_pricing import Place, places_of
from discovery.services.findings import STILL_OPEN
from engagements import queries_proposals
from engagements.guarding import suggested_price
from engagements.models import Proposal, ProposalLine, ProposalRevision
from engagements.pricing import Hours, hours_for
from engagements.services.lines import LineWords, add_line
from engagements.services.proposals import Beginning, revise, start_proposal
from infra_audit.registry import Effort, catalogue

MOST = 500  # findings priced at once: more is no choice of anybody's
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Priced:
    """What came of it. `already` are the places where some of the findings were priced before."""

    revision: ProposalRevision
    lines: tuple[ProposalLine, ...]
    findings: int
    already: tuple[Place, ...]


@transaction.atomic
def price_findings(*, findings: Iterable[Finding], actor: User, proposal: Proposal | None = None) -> Priced:
    """Add a line for each kind of finding to a draft: of `proposal`, else the client's newest, else a new one.

    What is priced in an open proposal already is left out. Raises DomainError where nothing is left, for findings of
    several clients, and for ones that are not open.
    """
    chosen = _locked(findings)
    organisation = _client_of(chosen)
    if proposal and proposal.organisation_id != organisation.pk:
        raise DomainError(_("This proposal is another client's."))
    places = places_of(one.pk for one in chosen)
    fresh = [one for one in chosen if one.pk not in places]
    if not fresh:
        named = ", ".join(dict.fromkeys(place.words for place in places.values()))
        raise DomainError(_("Already priced in %(places)s."), places=named)
    draft = _draft(organisation, proposal, actor)
    by_check: dict[str, list[Finding]] = {}
    for one in fresh:
        by_check.setdefault(one.check_id, []).append(one)
    taken = queries_proposals.hours_taken(by_check)
    told = _latest(fresh)
    lines = []
    for check_id, group in by_check.items():
        words = _words(check_id, group, told[group[0].pk], taken.get(check_id, []), draft.currency)
        line = add_line(revision=draft, words=words, actor=actor)
        for one in group:
            PricedFinding.objects.update_or_create(
                finding=one, proposal=draft.proposal, defaults={"line_key": line.key, "priced_by": actor}
            )
        lines.append(line)
    events.record(draft, "finding.priced", actor=actor, findings=[one.pk for one in fresh], lines=len(lines))
    already = dict.fromkeys(places[one.pk] for one in chosen if one.pk in places)
    return Priced(draft, tuple(lines), len(fresh), tuple(already))


def _locked(findings: Iterable[Finding]) -> list[Finding]:
    """In the order of their ids, so that two who price at once wait for each other."""
    ids = [one.pk for one in findings]
    if len(ids) > MOST:
        raise DomainError(_("Choose %(n)d findings at most."), n=MOST)
    rows = Finding.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    chosen = [one for one in rows if one.status in STILL_OPEN]
    if not chosen:
        raise DomainError(_("Choose findings that are open: there is nothing to mend in the others."))
    return chosen


def _client_of(findings: Sequence[Finding]) -> Organisation:
    if len({one.organisation_id for one in findings}) > 1:
        raise DomainError(_("These findings are of several clients. A proposal is for one."))
    return findings[0].organisation


def _draft(organisation: Organisation, proposal: Proposal | None, actor: User) -> ProposalRevision:
    """Of the proposal, or the client's newest draft, or a new one."""
    if proposal:
        newest = proposal.revisions.order_by("-number").first()
        if newest is None or newest.status == ProposalRevision.Status.DRAFT:
            return newest or _begun(organisation, actor)
        return revise(revision=newest, actor=actor)
    drafts = ProposalRevision.objects.filter(proposal__organisation=organisation, status=ProposalRevision.Status.DRAFT)
    return drafts.order_by("-pk").first() or _begun(organisation, actor)


def _begun(organisation: Organisation, actor: User) -> ProposalRevision:
    beginning = Beginning(
        start=ProposalRevision.Kind.FIXED_BID, organisation=organisation, title=_("Mending what the audit found")
    )
    return start_proposal(beginning=beginning, actor=actor)


def _latest(findings: Sequence[Finding]) -> dict[int, Occurrence]:
    """What the last run said of each."""
    rows = Occurrence.objects.filter(finding__in=[one.pk for one in findings]).order_by("run_id")
    return {row.finding_id: row for row in rows}


def _words(
    check_id: str, group: Sequence[Finding], told: Occurrence, taken: Sequence[Decimal], currency: str
) -> LineWords:
    """A line for all findings of one check. What a client reads names the job, never the check."""
    check = catalogue().get(check_id)
    n = len(group)
    done_when = ngettext(
        "A new audit of the place where it was found no longer finds it.",
        "A new audit no longer finds it in any of the %(n)d places.",
        n,
    ) % {"n": n}
    hours = _hours(told.effort, n, taken)
    return LineWords(
        title=(check.action if check else told.title)[:200],
        outcome=check.remedy if check else told.remedy,
        done_when=done_when,
        price=suggested_price(hours.likely, currency) or Money(0, currency),
        topic=check_id,
        low_hours=hours.low,
        likely_hours=hours.likely,
        high_hours=hours.high,
    )


def _hours(effort: str, places: int, taken: Sequence[Decimal]) -> Hours:
    """Of the first place as its effort is or as it took before; each further one repeats it, ever faster."""
    known = effort if effort in {one.value for one in Effort} else Effort.HOURS.value
    one = hours_for(known, taken)
    if taken:
        return one  # what was measured was a whole line
    factor = Decimal(1 + log10(places))
    return Hours(*((hours * factor).quantize(TENTH) for hours in (one.low, one.likely, one.high)))
