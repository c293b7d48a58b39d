"""Where findings are priced, and what a proposal can tell of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from core.models import Organisation
from discovery.models import PricedFinding, Summary
from engagements.hooks import Source
from engagements.models import Proposal, ProposalRevision

OPEN = {ProposalRevision.Status.DRAFT, ProposalRevision.Status.SENT, ProposalRevision.Status.ACCEPTED}
BATCH = 500


@dataclass(frozen=True)
class Place:
    """A line of an open proposal."""

    reference: str
    line: int  # as people count, from 1
    url: str

    @property
    def words(self) -> str:
        return _("%(ref)s line %(n)d") % {"ref": self.reference, "n": self.line}


def places_of(finding_ids: Iterable[int]) -> dict[int, Place]:
    """By finding: where it is priced in a proposal that is open. A fixed number of queries a batch of 500."""
    ids = list(finding_ids)
    links = [
        link
        for start in range(0, len(ids), BATCH)
        for link in PricedFinding.objects.filter(finding__in=ids[start : start + BATCH])
    ]
    lines = _open_lines({link.proposal_id for link in links})
    return {link.finding_id: place for link in links if (place := lines.get((link.proposal_id, str(link.line_key))))}


def _open_lines(proposal_ids: set[int]) -> dict[tuple[int, str], Place]:
    """The lines of each proposal's newest revision, where that is open."""
    if not proposal_ids:
        return {}
    newest = ProposalRevision.objects.filter(proposal__in=proposal_ids).values("proposal").annotate(top=Max("number"))
    tops = {row["proposal"]: row["top"] for row in newest.order_by()}
    rows = ProposalRevision.objects.filter(proposal__in=proposal_ids, status__in=OPEN)
    found = {}
    for revision in rows.select_related("proposal").prefetch_related("lines"):
        if revision.number == tops[revision.proposal_id]:
            url = reverse("engagements:revision", args=[revision.public_id])
            for n, line in enumerate(revision.lines.all(), start=1):
                found[revision.proposal_id, str(line.key)] = Place(revision.proposal.reference, n, url)
    return found


def sources_of(proposal: Proposal) -> Iterator[Source]:
    """The findings behind a proposal's lines, for the draft's page."""
    for link in PricedFinding.objects.filter(proposal=proposal).select_related("finding"):
        label = link.finding.resource_name or link.finding.resource
        url = reverse("discovery:finding", args=[link.finding.public_id])
        yield Source(line_key=str(link.line_key), label=label[:80], url=url)


def latest_verdict(organisation: Organisation) -> str:
    """Of the client's latest frozen summary; "" where there is none."""
    frozen = Summary.objects.filter(organisation=organisation, status=Summary.Status.FROZEN)
    return frozen.order_by("-frozen_at", "-pk").values_list("verdict", flat=True).first() or ""
