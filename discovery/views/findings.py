"""One finding: what, why, where, its history, and the ruling that it is none."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from discovery.models import Finding
from discovery.queries_pricing import places_of
from discovery.services.findings import STILL_OPEN, mark_false_positive, withdraw_false_positive
from infra_audit.registry import catalogue


def _finding(request: AuthedRequest, public_id: str) -> Finding:
    findings = Finding.objects.visible_to(request.user).select_related("organisation", "ruled_by")
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


def finding_page(request: AuthedRequest, one: Finding, error: DomainError | None = None) -> HttpResponse:
    history = list(one.occurrences.select_related("run").order_by("-run_id")[:20])
    context = {
        "finding": one,
        "latest": history[0] if history else None,
        "history": history,
        "check": catalogue().get(one.check_id),
        "place": places_of([one.pk]).get(one.pk),
        "can_be_priced": one.status in STILL_OPEN,
        "error": error,
    }
    return render(request, "discovery/finding.html", context, status=409 if error else 200)
