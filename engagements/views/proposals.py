"""Proposals: the list, a new one, a draft and its lines."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation
from engagements import hooks, queries_proposals
from engagements.forms_proposals import LineForm, StartForm
from engagements.guarding import suggested_price
from engagements.models import Proposal, ProposalLine, ProposalRevision
from engagements.services import lines, proposals
from engagements.views.common import PAGE, READ_OR_WRITE, posted, status_of
from engagements.views.drafting import page, revision_or_404, words_form
from outreach import dates
from outreach.models import Lead


@staff_required
@require_safe
def proposals_list(request: AuthedRequest) -> HttpResponse:
    words, status, client = (request.GET.get(key, "").strip() for key in ("q", "status", "client"))
    found = Paginator(queries_proposals.newest_revisions(words, status, client), PAGE).get_page(request.GET.get("page"))
    clients = queries_proposals.clients_with_proposals()
    context = {
        "page": found,
        "rows": queries_proposals.rows_of(found.object_list),
        "query": words,
        "filters": [
            {
                "name": "status",
                "label": _("Any state"),
                "value": status,
                "options": ProposalRevision.Status.choices,
            },
            {"name": "client", "label": _("Any client"), "value": client, "options": clients},
        ],
        "narrowed": bool(words or status or client),
        "today": dates.today_on_page(),
    }
    return render(request, "engagements/proposals.html", context)


@staff_required
@require_http_methods(READ_OR_WRITE)
def proposal_new(request: AuthedRequest) -> HttpResponse:
    """For a lead or a client that the address names, or for one that is chosen or named here."""
    lead = _named(Lead.objects.visible_to(request.user).select_related("organisation"), request.GET.get("lead"))
    client = _named(Organisation.objects.visible_to(request.user), request.GET.get("client"))
    initial = {"organisation": client.public_id if client else None, "title": lead.title if lead else ""}
    form = StartForm(posted(request), lead=lead, has_last=Proposal.objects.exists(), initial=initial)
    if form.is_valid():
        try:
            draft = proposals.start_proposal(beginning=form.beginning(), actor=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("engagements:revision", public_id=draft.public_id)
    return render(request, "engagements/proposal_new.html", {"form": form, "lead": lead}, status=status_of(form))


def _named(rows: Any, public_id: str | None) -> Any:
    return get_object_or_404(rows, public_id=public_id) if public_id else None


@staff_required
@require_safe
def revision(request: AuthedRequest, public_id: str) -> HttpResponse:
    return page(request, revision_or_404(request, public_id))


@staff_required
@require_POST
def words(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    form = words_form(one, request.POST)
    if one.status != ProposalRevision.Status.DRAFT:
        return _refused(request, one, lambda: lines.draft_of(one))
    if not form.is_valid():
        return page(request, one, form=form)
    success = queries_proposals.success_text(form.cleaned_data.get("success_of") or "")

    def act() -> None:
        proposals.change_words(revision=one, words=form.words(success), actor=request.user)
        messages.success(request, _("Saved."))

    return _refused(request, one, act)


@staff_required
@require_POST
def quote(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Take over the verdict of the client's latest frozen summary."""
    one = revision_or_404(request, public_id)

    def act() -> None:
        values = {"verdict": hooks.verdict_for(one.organisation) or one.verdict}
        told = proposals.ProposalWords(title=one.proposal.title, values=values)
        proposals.change_words(revision=one, words=told, actor=request.user)

    return _refused(request, one, act)


@staff_required
@require_POST
def discard(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    try:
        left = proposals.discard_draft(revision=one, actor=request.user)
    except DomainError as refusal:
        return page(request, one, error=refusal)
    newest = left.revisions.order_by("-number").first() if left else None
    messages.success(request, _("The draft is gone."))
    if newest:
        return redirect("engagements:revision", public_id=newest.public_id)
    return redirect("engagements:proposals")


@staff_required
@require_http_methods(READ_OR_WRITE)
def line_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    form = LineForm(posted(request), revision=one)

    def act(told: lines.LineWords) -> None:
        lines.add_line(revision=one, words=told, actor=request.user)

    return _line_page(request, one, form, act)


@staff_required
@require_http_methods(READ_OR_WRITE)
def line_edit(request: AuthedRequest, public_id: str, key: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    line = _line(one, key)
    form = LineForm(posted(request), revision=one, line=line)

    def act(told: lines.LineWords) -> None:
        lines.change_line(line=line, words=told, actor=request.user)

    return _line_page(request, one, form, act, line)


@staff_required
@require_POST
def line_move(request: AuthedRequest, public_id: str, key: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    line = _line(one, key)
    up = request.POST.get("way") == "up"
    return _refused(request, one, lambda: lines.move_line(line=line, up=up, actor=request.user), "#lines")


@staff_required
@require_POST
def line_remove(request: AuthedRequest, public_id: str, key: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    line = _line(one, key)
    return _refused(request, one, lambda: lines.remove_line(line=line, actor=request.user), "#lines")


def _line(one: ProposalRevision, key: str) -> ProposalLine:
    return get_object_or_404(one.lines.select_related("revision__proposal"), key=key)


def _line_page(
    request: AuthedRequest,
    one: ProposalRevision,
    form: LineForm,
    act: Callable[[lines.LineWords], None],
    line: ProposalLine | None = None,
) -> HttpResponse:
    if one.status != ProposalRevision.Status.DRAFT:
        return _refused(request, one, lambda: lines.draft_of(one))
    told = None
    if form.is_valid():
        told = form.words(suggested_price(form.cleaned_data.get("likely_hours"), one.currency))
    if told:
        try:
            act(told)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return _back(one, "#lines")
    context = {"revision": one, "form": form, "line": line, "sources": _sources(one, line)}
    return render(request, "engagements/proposal_line.html", context, status=status_of(form))


def _sources(one: ProposalRevision, line: ProposalLine | None) -> list[hooks.Source]:
    return hooks.sources_of(one.proposal).get(str(line.key), []) if line else []


def _back(one: ProposalRevision, part: str = "") -> HttpResponse:
    answer = redirect("engagements:revision", public_id=one.public_id)
    answer["Location"] += part
    return answer


def _refused(request: AuthedRequest, one: ProposalRevision, act: Callable[[], object], part: str = "") -> HttpResponse:
    """Back to the page; or the page with what was refused."""
    try:
        act()
    except DomainError as refusal:
        return page(request, one, error=refusal)
    return _back(one, part)
