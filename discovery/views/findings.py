"""One finding: what, why, where, its history, what the client says of it, and the rulings on it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from discovery.forms import RiskForm
from discovery.models import Finding
from discovery.queries_pricing import places_of
from discovery.services import answers
from discovery.services.findings import STILL_OPEN, mark_false_positive, withdraw_false_positive
from discovery.services.rulings import accept_risk
from infra_audit.registry import catalogue


def _finding(request: AuthedRequest, public_id: str) -> Finding:
    findings = Finding.objects.visible_to(request.user).select_related("organisation", "ruled_by", "answered_by")
    return get_object_or_404(findings, public_id=public_id)


@staff_required
@require_safe
def finding(request: AuthedRequest, public_id: str) -> HttpResponse:
    return finding_page(request, _finding(request, public_id))


@staff_required
@require_POST
def rule_false(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _finding(request, public_id)
    try:
        mark_false_positive(finding=one, reason=request.POST.get("reason", ""), actor=request.user)
    except DomainError as refusal:
        return finding_page(request, one, error=refusal)
    return redirect("discovery:finding", public_id=public_id)


@staff_required
@require_POST
def reopen(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _finding(request, public_id)
    try:
        withdraw_false_positive(finding=one, actor=request.user)
    except DomainError as refusal:
        return finding_page(request, one, error=refusal)
    return redirect("discovery:finding", public_id=public_id)


@staff_required
@require_POST
def accept(request: AuthedRequest, public_id: str) -> HttpResponse:
    one, form = _finding(request, public_id), RiskForm(request.POST)
    if not form.is_valid():
        return finding_page(request, one, risk_form=form)
    try:
        accept_risk(finding=one, **form.cleaned_data, actor=request.user)
    except DomainError as refusal:
        return finding_page(request, one, error=refusal, risk_form=form)
    return redirect("discovery:finding", public_id=public_id)


@staff_required
@require_POST
def reply(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _finding(request, public_id)
    try:
        answers.reply(finding=one, words=request.POST.get("words", ""), actor=request.user)
    except DomainError as refusal:
        return finding_page(request, one, error=refusal)
    return redirect("discovery:finding", public_id=public_id)


def finding_page(
    request: AuthedRequest, one: Finding, error: DomainError | None = None, risk_form: RiskForm | None = None
) -> HttpResponse:
    one.refresh_from_db(fields=["status"])  # a refused move changed it in memory
    history = list(one.occurrences.select_related("run").order_by("-run_id")[:20])
    context = {
        "finding": one,
        "latest": history[0] if history else None,
        "history": history,
        "check": catalogue().get(one.check_id),
        "place": places_of([one.pk]).get(one.pk),
        "can_be_priced": one.status in STILL_OPEN,
        "can_be_accepted": Finding.Status.ACCEPTED_RISK in Finding.MOVES.get(Finding.Status(one.status), ()),
        "risk_form": risk_form or RiskForm(),
        "error": error,
    }
    status = 409 if error else 422 if risk_form and risk_form.errors else 200
    return render(request, "discovery/finding.html", context, status=status)
