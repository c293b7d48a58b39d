"""Proposals as they are written: started, worded, copied to a next revision, thrown away."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import events
from core.errors import DomainError, TransitionError
from core.models import Organisation, User
from core.money import Money
from core.services import numbers
from core.services.organisations import find_or_add_organisation
from engagements import hooks, rates_queries
from engagements.models import Proposal, ProposalLine, ProposalRevision, Terms
from engagements.offer import WORDS
from engagements.services.lines import LineWords, add_line, draft_of
from engagements.services.terms import standard_terms
from engagements.signals import proposal_drafted
from engagements.starters import STARTS_AFTER_DAYS, VALID_DAYS, Starter, starter
from outreach import dates
from outreach.models import Lead
from outreach.services.leads import make_client

Status = ProposalRevision.Status
LAST = "last"  # the starter that copies the last proposal
CARRIED = (
    *WORDS,
    "kind",
    "exclusions",
    "assumptions",
    "deposit_percent",
    "payment_plan",
    "credited_until_days",
    "contingency_percent",
)


@dataclass(frozen=True)
class Beginning:
    """What a proposal is begun with. `start` is a kind, or LAST; the client is given, named, or the lead's."""

    start: str
    title: str = ""
    organisation: Organisation | None = None
    client_name: str = ""
    lead: Lead | None = None
    line_title: str = ""
    line_price: Decimal | None = None


@dataclass(frozen=True)
class ProposalWords:
    """Everything of a draft but its lines. `payment_plan` and lists as the columns have them."""

    title: str
    values: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def start_proposal(*, beginning: Beginning, actor: User) -> ProposalRevision:
    """A new proposal with its first draft. Raises DomainError where there is no client, or nothing to copy."""
    lead = beginning.lead
    organisation = beginning.organisation or (lead.organisation if lead else None)
    if organisation is None and beginning.client_name.strip():
        organisation = find_or_add_organisation(name=beginning.client_name, actor=actor)
    if organisation is None and lead:
        organisation = make_client(lead=lead, actor=actor)
    if organisation is None:
        raise DomainError(_("Say who it is for: choose a client, or name a new one."))
    last = _last_revision(organisation) if beginning.start == LAST else None
    if beginning.start == LAST and last is None:
        raise DomainError(_("There is no earlier proposal to begin from."))
    begun = starter(beginning.start) if last is None else None
    proposal = Proposal.objects.create(
        organisation=organisation,
        lead=lead,
        number=numbers.draw("proposal"),
        title=" ".join(beginning.title.split()) or (begun.title if begun else str(last.proposal.title if last else "")),
        owner=actor,
    )
    draft = _from_starter(proposal, begun, actor) if begun else _from_last(proposal, last, actor)
    events.record(proposal, "proposal.started", actor=actor, start=beginning.start, title=proposal.title)
    if beginning.line_title.strip() or beginning.line_price is not None:
        _first_line(draft, begun, beginning, actor)
    return draft


@transaction.atomic
def change_words(*, revision: ProposalRevision, words: ProposalWords, actor: User) -> ProposalRevision:
    """Everything of a draft but its lines. Raises TransitionError where it is frozen."""
    draft = draft_of(revision)
    title = " ".join(words.title.split())
    if not title:
        raise DomainError(_("Give the proposal a title."))
    changed = [name for name, value in words.values.items() if getattr(draft, name) != value]
    for name in changed:
        setattr(draft, name, words.values[name])
    draft.save()
    if title != draft.proposal.title:
        draft.proposal.title = title
        draft.proposal.save(update_fields=["title"])
        changed.append("title")
    events.record(draft, "proposal.changed", actor=actor, fields=changed)
    return draft


@transaction.atomic
def revise(*, revision: ProposalRevision, actor: User) -> ProposalRevision:
    """An editable copy as the next revision, with the same keys; the draft there is, if there is one.

    What was sent stays as it is until the new one is sent. Raises TransitionError once the proposal is signed.
    """
    proposal = Proposal.objects.select_for_update().get(pk=revision.proposal_id)
    if draft := proposal.revisions.filter(status=Status.DRAFT).first():
        return draft
    if proposal.acceptances.live().exists():
        raise TransitionError(_("%(what)s is signed. Change it by a trade or a change order."), what=proposal.reference)
    newest = proposal.revisions.order_by("-number").first()
    if newest is None:
        raise DomainError(_("There is no earlier proposal to begin from."))
    draft = _copy(newest, proposal, number=newest.number + 1, keep_keys=True)
    events.record(draft, "proposal.revised", actor=actor, copied=newest.reference)
    return draft


@transaction.atomic
def discard_draft(*, revision: ProposalRevision, actor: User) -> Proposal | None:
    """Throw a draft away; a proposal of which nothing was ever sent goes with it, and then there is none to return."""
    draft = draft_of(revision)
    proposal = draft.proposal
    events.record(proposal, "proposal.draft_discarded", actor=actor, reference=draft.reference)
    for line in draft.lines.all():
        line.delete()
    draft.delete()
    proposal_drafted.send(sender=ProposalRevision, revision=draft, actor=actor)
    if proposal.revisions.exists():
        return proposal
    proposal.delete()
    return None


def _from_starter(proposal: Proposal, begun: Starter, actor: User) -> ProposalRevision:
    organisation, today = proposal.organisation, dates.today()
    capped = begun.kind == ProposalRevision.Kind.CAPPED_TIME
    starts_on = today + dt.timedelta(days=STARTS_AFTER_DAYS)
    return ProposalRevision.objects.create(
        proposal=proposal,
        number=1,
        kind=begun.kind,
        currency=organisation.currency,
        locale=organisation.locale,
        **begun.words,
        verdict=hooks.verdict_for(organisation),
        exclusions=list(begun.exclusions),
        assumptions=list(begun.assumptions),
        deposit_percent=begun.deposit_percent,
        payment_plan=[{"when": when, "percent": percent} for when, percent in begun.payment_plan],
        trade_tolerance=Money(0, organisation.currency),
        rate=_selling_rate(organisation.currency) if capped else None,
        terms=standard_terms(kind=begun.kind, actor=actor),
        starts_on=starts_on + dt.timedelta(days=-starts_on.weekday() % 7),  # a Monday
        valid_until=today + dt.timedelta(days=VALID_DAYS),
    )


def _selling_rate(currency: str) -> Money | None:
    rate = rates_queries.selling_rate_on(dates.today())
    return rate if rate and str(rate.currency) == currency else None


def _first_line(draft: ProposalRevision, begun: Starter | None, beginning: Beginning, actor: User) -> None:
    title, outcome, done_when = begun.line if begun else ("", "", "")
    words = LineWords(
        title=beginning.line_title or title or draft.proposal.title,
        price=Money(beginning.line_price or 0, draft.currency),
        outcome=outcome if not beginning.line_title else "",
        done_when=done_when if not beginning.line_title else "",
    )
    add_line(revision=draft, words=words, actor=actor)


def _last_revision(organisation: Organisation) -> ProposalRevision | None:
    """The client's own last one; where it has none, the last of anybody's."""
    rows = ProposalRevision.objects.order_by("-proposal_id", "-number")
    return rows.filter(proposal__organisation=organisation).first() or rows.first()


def _from_last(proposal: Proposal, last: ProposalRevision | None, actor: User) -> ProposalRevision:
    """Its words and lines, but nothing that was about the other client alone."""
    if last is None:
        raise DomainError(_("There is no earlier proposal to begin from."))
    draft = _copy(last, proposal, number=1, keep_keys=False)
    if last.proposal.organisation_id != proposal.organisation_id:
        draft.problem, draft.cover_letter = "", ""
        draft.verdict = hooks.verdict_for(proposal.organisation)
    draft.valid_until = dates.today() + dt.timedelta(days=VALID_DAYS)
    draft.starts_on = draft.finishes_on = None
    draft.save()
    return draft


def _copy(source: ProposalRevision, proposal: Proposal, *, number: int, keep_keys: bool) -> ProposalRevision:
    """With its lines. For a client with another currency the figures stay, in theirs: they are to be looked at."""
    same = source.proposal_id == proposal.pk
    currency = source.currency if same else proposal.organisation.currency
    today = dates.today()
    valid = source.valid_until if same and source.valid_until and source.valid_until >= today else None
    draft = ProposalRevision.objects.create(
        proposal=proposal,
        number=number,
        currency=currency,
        locale=source.locale if same else proposal.organisation.locale,
        **{name: getattr(source, name) for name in CARRIED},
        trade_tolerance=Money(source.trade_tolerance.amount, currency),
        cap=Money(source.cap.amount, currency) if source.cap else None,
        rate=Money(source.rate.amount, currency) if source.rate else None,
        starts_on=source.starts_on,
        finishes_on=source.finishes_on,
        valid_until=valid or today + dt.timedelta(days=VALID_DAYS),
        terms=_newest(source.terms),
    )
    lines = list(source.lines.all())
    keys = {str(line.key): line.key if keep_keys else uuid.uuid4() for line in lines}
    for line in lines:
        line.depends_on = [str(keys[key]) for key in line.depends_on if key in keys]
        line.key = keys[str(line.key)]
        line.price = Money(line.price.amount, currency)
        line.pk, line.revision, line.frozen_at = None, draft, None
        line._state.adding = True
    ProposalLine.objects.bulk_create(lines)
    return draft


def _newest(terms: Terms | None) -> Terms | None:
    """The version in force of the same terms."""
    if terms is None:
        return None
    return Terms.objects.filter(name=terms.name, retired_at=None).order_by("-version").first() or terms
