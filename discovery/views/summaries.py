"""Executive summaries: begin one, look at it, freeze it, read it when it is frozen."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import StoredFile
from discovery import triage
from discovery.models import Run, Summary
from discovery.services import summaries
from discovery.views.triage import draft_or_404, page


@staff_required
@require_POST
def begin(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Draft the summary of a run, or of one account of it, or go on with the draft there is."""
    run = get_object_or_404(Run.objects.visible_to(request.user), public_id=public_id)
    try:
        account = request.POST.get("account", "")
        summary = summaries.draft_summary(run=run, account=account, actor=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("discovery:run", public_id=public_id)
    return redirect("discovery:summary", public_id=summary.public_id)


@login_required
@require_safe
def summary(request: AuthedRequest, public_id: str) -> HttpResponse:
    """A draft is triaged, one that is being frozen is waited for, a frozen one is read. Clients see the frozen."""
    rows = Summary.objects.visible_to(request.user)
    one = get_object_or_404(
        rows.select_related("organisation", "run__organisation", "frozen_by", "pdf", "evidence_csv"),
        public_id=public_id,
    )
    if one.status == Summary.Status.DRAFT:
        return page(request, one)
    if one.status == Summary.Status.FREEZING:
        return render(request, "discovery/summary_freezing.html", {"summary": one})
    return render(request, "discovery/summary.html", {"summary": one, "files": _files(request, one)})


def _files(request: AuthedRequest, one: Summary) -> list[StoredFile]:
    """What this reader may download, the document first."""
    kept = [stored for stored in (one.pdf, one.evidence_csv) if stored]
    visible = StoredFile.objects.visible_to(request.user).filter(pk__in=[stored.pk for stored in kept])
    allowed = set(visible.values_list("pk", flat=True))
    return [stored for stored in kept if stored.pk in allowed]


@staff_required
@require_safe
def state(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Asked every two seconds while a summary is being frozen; once that is over, the page is loaded anew."""
    one = draft_or_404(request, public_id)
    if one.status == Summary.Status.FREEZING:
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})


@staff_required
@require_safe
def preview(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The document as it would be printed now, in a frame."""
    return render(request, "discovery/summary_preview.html", {"summary": draft_or_404(request, public_id)})


@login_required
@require_safe
@xframe_options_sameorigin
def document(request: AuthedRequest, public_id: str) -> HttpResponse:
    """What stands in the frame: a frozen summary from its snapshot, a draft from what is stored now."""
    return HttpResponse(summaries.draft_html(draft_or_404(request, public_id)))


@staff_required
@require_safe
def draft_pdf(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Made anew each time, and marked as a draft on every page."""
    one = draft_or_404(request, public_id)
    if one.status == Summary.Status.FROZEN and one.pdf:
        return redirect("core:file", public_id=one.pdf.public_id)
    try:
        pdf = summaries.render_draft(one)
    except DomainError as refusal:
        context = {"summary": one, "error": refusal}
        return render(request, "discovery/summary_preview.html", context, status=409)
    headers = {"Content-Disposition": 'inline; filename="draft.pdf"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def freeze(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Asks once, naming what will happen; then it happens in a worker."""
    one = draft_or_404(request, public_id)
    error = None
    if request.method == "POST":
        try:
            summaries.freeze_summary(summary=one, actor=request.user)
        except DomainError as refusal:
            error = refusal
        else:
            return redirect("discovery:summary", public_id=public_id)
    one.refresh_from_db()
    if one.status != Summary.Status.DRAFT:
        return redirect("discovery:summary", public_id=public_id)
    context = {"summary": one, "board": triage.board(one), "error": error}
    return render(request, "discovery/summary_freeze.html", context, status=409 if error else 200)
