"""What the views about proposals share."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from core.errors import DomainError
from core.http import AuthedRequest
from engagements import guarding, hooks, queries_proposals
from engagements.forms_proposals import LineForm, SendForm, WithdrawForm, WordsForm
from engagements.models import ProposalRevision
from engagements.offer import Offer
from engagements.services.sending import missing_to_send, offer_url
from outreach import dates

PAGE = 50
READ_OR_WRITE = ["GET", "HEAD", "POST"]
Status = ProposalRevision.Status


def posted(request: AuthedRequest) -> Any:
    """What was sent, or nothing to fill a form with while the page is only looked at."""
    return request.POST if request.method == "POST" else None


def status_of(*shown: forms.Form | None) -> int:
    """422 where one of the forms was sent and is wrong."""
    return 422 if any(form is not None and form.is_bound and form.errors for form in shown) else 200


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
    status = 409 if error else status_of(*forms_sent.values())
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
    links = list(revision.links.select_related("forwarded_by").order_by("-pk"))
    versions = revision.proposal.revisions.exclude(pk=revision.pk)
    return {
        "revision": revision,
        "offer": Offer.of(revision),
        "events": queries_proposals.happenings(revision),
        "links": [{"link": link, "url": offer_url(link)} for link in links],
        "versions": list(versions.select_related("proposal")),
        "former": former,
        "changes": changes,
        "link_form": SendForm(prefix="link"),
        "withdraw_form": WithdrawForm(prefix="withdraw"),
        "today": dates.today_on_page(),
        "error": error,
        **sent,
    }
