"""Findings as the client's people read and answer them, and the runs behind them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import charts
from core.errors import DomainError
from core.http import AuthedRequest
from core.models import Organisation
from discovery import queries_clients
from discovery.models import Finding
from discovery.services import answers
from engagements.roles import require_owner, roles_of
from engagements.views.common import status_for
from portal import queries

PAGE = 50


@login_required
@require_safe
def findings(request: AuthedRequest, public_id: str) -> HttpResponse:
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), public_id=public_id)
    return _page(request, organisation)


@login_required
@require_POST
def agree(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _answer(request, public_id, lambda one: answers.agree(finding=one, actor=request.user), _("Noted."))


@login_required
@require_POST
def dispute(request: AuthedRequest, public_id: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    said = _("Noted. We will come back to you.")
    return _answer(
        request, public_id, lambda one: answers.dispute(finding=one, reason=reason, actor=request.user), said
    )


@login_required
@require_POST
def retest(request: AuthedRequest, public_id: str) -> HttpResponse:
    note = request.POST.get("note", "")
    said = _("Thank you. The next audit looks at it again.")
    return _answer(
        request, public_id, lambda one: answers.claim_fixed(finding=one, note=note, actor=request.user), said
    )


def _answer(request: AuthedRequest, public_id: str, act: Callable[[Finding], object], said: str) -> HttpResponse:
    rows = Finding.objects.visible_to(request.user).select_related("organisation")
    one = get_object_or_404(rows, public_id=public_id)
    try:
        require_owner(request.user, one.organisation)
        act(one)
    except DomainError as refusal:
        return _page(request, one.organisation, refusal=refusal)
    messages.success(request, said)
    return redirect("portal:findings", public_id=one.organisation.public_id)


def _page(request: AuthedRequest, organisation: Organisation, refusal: DomainError | None = None) -> HttpResponse:
    page = Paginator(queries_clients.published_findings(organisation), PAGE).get_page(request.GET.get("page"))
    runs = queries_clients.told_runs(organisation)
    context: dict[str, Any] = {
        "organisation": organisation,
        "page": page,
        "findings": queries.told(organisation, list(page.object_list)),
        "runs": runs,
        "trend": _trend(runs),
        "answers": roles_of(request.user, organisation).is_owner,
        "error": refusal,
    }
    return render(request, "portal/findings.html", context, status=status_for(refusal))


def _trend(runs: list[queries_clients.ToldRun]) -> charts.LineChart | None:
    """Open findings from audit to audit, the oldest first; one alone is no trend."""
    if len(runs) < 2:
        return None
    steps = list(reversed(runs))
    labels = [f"{one.run.finished_at:%-d %b}" if one.run.finished_at else "–" for one in steps]
    series = {_("Open findings told to you"): [one.open for one in steps]}
    return charts.line(_("From audit to audit"), labels, series)
