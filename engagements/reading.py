"""Reads for the pages on which a client reads and answers a proposal."""

from collections.abc import Collection
from dataclasses import dataclass

from core.models import Organisation, User
from core.money import Money
from engagements.models import Acceptance, Engagement, ProposalOpening, ProposalRemark, ProposalRevision, Rescission
from engagements.offer import Instalment, Offer, OfferLine
from engagements.roles import is_owner
from engagements.services.acceptance import consent_text
from outreach import dates


@dataclass(frozen=True)
class LineToAnswer:
    """A line with what was picked of it and what was said beside it."""

    line: OfferLine
    picked: bool
    remarks: tuple[ProposalRemark, ...]


@dataclass(frozen=True)
class Reading:
    """A sent revision as its client answers it."""

    revision: ProposalRevision
    offer: Offer
    picks: frozenset[str]
    lines: tuple[LineToAnswer, ...]
    general_remarks: tuple[ProposalRemark, ...]
    acceptance: Acceptance | None
    engagement: Engagement | None
    rescission: Rescission | None  # one that waits for a countersignature
    newer: ProposalRevision | None
    may_sign: bool
    terms_opened: bool
    is_expired: bool
    consent: str

    @property
    def is_open(self) -> bool:
        return self.revision.is_open and not self.is_expired

    @property
    def price(self) -> Money:
        return self.offer.price_with(self.picks)

    @property
    def deposit(self) -> Money:
        return self.offer.deposit_with(self.picks)

    @property
    def instalments(self) -> tuple[Instalment, ...]:
        return self.offer.instalments_with(self.picks)

    @property
    def has_remarks(self) -> bool:
        return bool(self.general_remarks) or any(one.remarks for one in self.lines)

    @property
    def has_choices(self) -> bool:
        return any(one.line.kind != "included" for one in self.lines)


def picks_of(revision: ProposalRevision, offer: Offer, acceptance: Acceptance | None) -> frozenset[str]:
    """What was signed, or picked so far, or recommended."""
    if acceptance:
        return frozenset(acceptance.picked)
    kept = getattr(revision, "pick", None)
    return frozenset(kept.keys) if kept else offer.default_picks


def reading(revision: ProposalRevision, user: User) -> Reading:
    """Everything the page shows, in a fixed number of queries."""
    offer = Offer.of(revision)
    acceptance: Acceptance | None = getattr(revision, "acceptance", None)
    picks = picks_of(revision, offer, acceptance)
    remarks = list(revision.remarks.select_related("author"))
    owner = is_owner(user, revision.organisation)
    rescission = acceptance.rescissions.filter(countersigned_at=None).first() if acceptance else None
    return Reading(
        revision=revision,
        offer=offer,
        picks=picks,
        lines=tuple(_line(line, picks, remarks) for line in offer.lines),
        general_remarks=tuple(one for one in remarks if one.line_key is None),
        acceptance=acceptance,
        engagement=getattr(acceptance, "engagement", None),
        rescission=rescission,
        newer=_newer(revision),
        may_sign=owner,
        terms_opened=revision.openings.filter(what=ProposalOpening.What.TERMS, user=user).exists(),
        is_expired=is_expired(revision),
        consent=consent_text(revision),
    )


@dataclass(frozen=True)
class SentLine:
    """A line of the client's list of proposals."""

    revision: ProposalRevision
    offer: Offer
    is_expired: bool  # though nobody has written it down yet

    @property
    def is_open(self) -> bool:
        return self.revision.is_open and not self.is_expired


def latest_sent(organisation: Organisation) -> list[SentLine]:
    """The newest sent version of each proposal, newest first. One query."""
    drafts = ProposalRevision.Status.DRAFT
    rows = ProposalRevision.objects.filter(proposal__organisation=organisation).exclude(status=drafts)
    newest: dict[int, ProposalRevision] = {}
    for revision in rows.select_related("proposal__organisation").order_by("-sent_at", "-id"):
        newest.setdefault(revision.proposal_id, revision)
    return [
        SentLine(revision, Offer.of(revision), revision.is_open and is_expired(revision))
        for revision in newest.values()
    ]


def is_expired(revision: ProposalRevision) -> bool:
    return bool(revision.valid_until and revision.valid_until < dates.today_on_page())


def _line(line: OfferLine, picks: Collection[str], remarks: list[ProposalRemark]) -> LineToAnswer:
    said = tuple(one for one in remarks if str(one.line_key) == line.key)
    return LineToAnswer(line=line, picked=line.key in picks, remarks=said)


def _newer(revision: ProposalRevision) -> ProposalRevision | None:
    drafts = ProposalRevision.Status.DRAFT
    rows = revision.proposal.revisions.filter(number__gt=revision.number).exclude(status=drafts)
    return rows.order_by("-number").first()
