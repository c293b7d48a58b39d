"""The page of one revision for staff: a draft to be written, or what became of what was sent."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from core.errors import DomainError
from core.http import AuthedRequest
from engagements import guarding, hooks, queries_proposals
from engagements.forms_proposals import LineForm, SendForm, WithdrawForm, WordsForm
from engagements.models import Acceptance, ProposalRevision
from engagements.offer import Offer
from engagements.services import links
from engagements.services.sending import missing_to_send
from engagements.views.common import status_for, status_of
from outreach import dates

Status = ProposalRevision.Status


def revision_or_404(request: AuthedRequest, public_id: str) -> ProposalRevision:
    rows = ProposalRevision.objects.visible_to(request.user)
    related = ("proposal__organisation", "proposal__lead__contact", "terms", "sent_by", "pdf")
    return get_object_or_404(rows.select_related(*related), public_id=public_id)


def words_form(revision: ProposalRevision, data: Any = None) -> WordsForm:
    return WordsForm(data, revision=revision, successes=queries_proposals.successes())


def page(
    request: AuthedRequest, revision: ProposalRevision, *, error: DomainError | None = None, **forms_sent: Any
) -> HttpResponse:
    """A draft to be written, or what became of what was sent. With `error`, what a rule refused: 409."""
    status = status_for(error) if error else status_of(*forms_sent.values())
    if revision.status == Status.DRAFT:
        return render(
            request, "engagements/proposal_draft.html", draft_context(revision, error, forms_sent), status=status
        )
    return render(request, "engagements/proposal_sent.html", sent_context(revision, error, forms_sent), status=status)


def draft_context(revision: ProposalRevision, error: DomainError | None, sent: dict[str, Any]) -> dict[str, Any]:
    sources = hooks.sources_of(revision.proposal)
    lines = list(revision.lines.all())
    titles = {str(line.key): line.title for line in lines}
    former, changes = queries_proposals.difference_to_former(revision)
    return {
        "revision": revision,
        "offer": Offer.of(revision),
        "lines": [
            {
                "line": line,
                "sources": sources.get(str(line.key), []),
                "waits_for": [titles[key] for key in line.depends_on if key in titles],
            }
            for line in lines
        ],
        "form": words_form(revision),
        "line_form": LineForm(revision=revision),
        "guard": guarding.reckon(revision),
        "missing": missing_to_send(revision),
        "verdict": hooks.verdict_for(revision.organisation),
        "former": former,
        "changes": changes,
        "error": error,
        **sent,
    }


def sent_context(revision: ProposalRevision, error: DomainError | None, sent: dict[str, Any]) -> dict[str, Any]:
    former, changes = queries_proposals.difference_to_former(revision)
    given = list(revision.links.select_related("forwarded_by").order_by("-pk"))
    versions = revision.proposal.revisions.exclude(pk=revision.pk)
    signed = Acceptance.objects.select_related("engagement", "certificate")
    return {
        "revision": revision,
        "offer": Offer.of(revision),
        "events": queries_proposals.happenings(revision),
        "links": [{"link": link, "url": links.url_of(link)} for link in given],
        "versions": list(versions.select_related("proposal")),
        "acceptance": signed.filter(revision=revision).first(),
        "can_revise": not revision.proposal.acceptances.live().exists(),
        "former": former,
        "changes": changes,
        "link_form": SendForm(prefix="link"),
        "withdraw_form": WithdrawForm(prefix="withdraw"),
        "today": dates.today_on_page(),
        "error": error,
        **sent,
    }
