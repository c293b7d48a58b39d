"""Progress reports: the list of an engagement, a report as its client reads it, its PDF, its receipt."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from engagements.models import Engagement
from engagements.roles import roles_of
from engagements.views.common import as_attachment, status_for
from outreach import dates
from portal import report_queries
from portal.forms_reports import CadenceForm
from portal.models import ReportCadence, ReportCall, ReportRevision
from portal.report_document import Reader, told_to
from portal.services import nagging, receipts
from portal.services import reports as service

Status = ReportRevision.Status


def engagement_or_404(request: AuthedRequest, public_id: str) -> Engagement:
    rows = Engagement.objects.visible_to(request.user).select_related("organisation", "owner", "report_cadence")
    return get_object_or_404(rows, public_id=public_id)


def revision_or_404(request: AuthedRequest, public_id: str) -> ReportRevision:
    rows = ReportRevision.objects.visible_to(request.user).select_related(
        "report",
        "engagement__organisation",
        "engagement__owner",
        "engagement__acceptance",
        "published_by",
        "pdf",
        "pdf_without_money",
    )
    revision = get_object_or_404(rows, public_id=public_id)
    revision.report.engagement = revision.engagement  # the very same
    return revision


def reader_of(request: AuthedRequest, engagement: Engagement) -> Reader:
    roles = roles_of(request.user, engagement.organisation)
    return Reader.of(engagement, sees_money=roles.sees_money, is_staff=request.user.is_consultant)


@login_required
@require_safe
def reports(request: AuthedRequest, public_id: str) -> HttpResponse:
    """For staff what is due, drafted and out; for the client's people the archive."""
    return _list(request, engagement_or_404(request, public_id))


def _list(request: AuthedRequest, engagement: Engagement, refusal: DomainError | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "engagement": engagement,
        "lines": report_queries.report_lines(engagement, request.user),
        "error": refusal,
    }
    if request.user.is_consultant:
        today = dates.today_on_page()
        period = service.expected_period(engagement, today)
        every, _began = service.cadence_of(engagement)
        context |= {
            "period": period,
            "is_covered": service.is_covered(engagement, period),
            "days_late": (today - period.due_on).days,
            "every": every,
            "cadence_form": CadenceForm(initial={"every": every}),
            "draft": next((one.revision for one in context["lines"] if one.revision and one.revision.is_draft), None),
        }
    template = "portal/reports/reports.html" if request.user.is_consultant else "portal/reports/archive.html"
    return render(request, template, context, status=status_for(refusal))


@login_required
@require_safe
def report(request: AuthedRequest, public_id: str) -> HttpResponse:
    """From the snapshot alone, cut to what the reader may see. A draft is gone on with."""
    return show(request, revision_or_404(request, public_id))


def show(request: AuthedRequest, revision: ReportRevision, refusal: DomainError | None = None) -> HttpResponse:
    if revision.snapshot is None:
        return redirect("portal:report-draft", public_id=revision.public_id)
    reader = reader_of(request, revision.engagement)
    others = revision.report.revisions.exclude(status=Status.DRAFTING).order_by("-number")
    readings = list(revision.receipts.select_related("user"))
    context = {
        "revision": revision,
        "engagement": revision.engagement,
        "told": told_to(revision.snapshot, reader),
        "others": list(others.defer("snapshot", "figures")),
        "receipts": readings if request.user.is_consultant else [],
        "unreached": report_queries.unreached(revision) if request.user.is_consultant else [],
        "mine": next((one for one in readings if one.user_id == request.user.pk), None),
        "has_pdf": bool(_pdf_for(revision, reader)),
        "error": refusal,
    }
    return render(request, "portal/reports/report.html", context, status=status_for(refusal))


def _pdf_for(revision: ReportRevision, reader: Reader) -> Any:
    """An overview names no items, and a page of paper does: there is none for it."""
    if not reader.names_items:
        return None
    return revision.pdf if reader.sees_money else revision.pdf_without_money


@login_required
@require_safe
def report_pdf(request: AuthedRequest, public_id: str) -> HttpResponseBase:
    """The form that is for this reader."""
    revision = revision_or_404(request, public_id)
    return as_attachment(_pdf_for(revision, reader_of(request, revision.engagement)))


@login_required
@require_POST
def read(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The page of somebody of the client says that they have it before them. Staff leave no receipt."""
    revision = revision_or_404(request, public_id)
    receipts.record_receipt(revision=revision, user=request.user)
    if request.headers.get("X-Receipt"):
        return HttpResponse(status=204)
    return redirect("portal:report", public_id=public_id)


@staff_required
@require_POST
def begin(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Draft what is due, or go on with the draft there is."""
    engagement = engagement_or_404(request, public_id)
    try:
        revision = service.begin_report(engagement=engagement, actor=request.user)
    except DomainError as refusal:
        return _list(request, engagement_or_404(request, public_id), refusal)
    return redirect("portal:report-draft", public_id=revision.public_id)


@staff_required
@require_POST
def skip(request: AuthedRequest, public_id: str) -> HttpResponse:
    """None this time: one tap."""
    engagement = engagement_or_404(request, public_id)
    try:
        service.skip_report(engagement=engagement, actor=request.user)
    except DomainError as refusal:
        return _list(request, engagement_or_404(request, public_id), refusal)
    messages.success(request, _("Noted: no report this time."))
    return redirect("portal:reports", public_id=public_id)


@staff_required
@require_POST
def set_cadence(request: AuthedRequest, public_id: str) -> HttpResponse:
    engagement = engagement_or_404(request, public_id)
    form = CadenceForm(request.POST)
    if not form.is_valid():
        raise Http404  # nothing that the page offers
    every = ReportCadence.Every(form.cleaned_data["every"])
    service.set_cadence(engagement=engagement, every=every, actor=request.user)
    return redirect("portal:reports", public_id=public_id)


@staff_required
@require_POST
def call_made(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Somebody called; the page it was asked on is shown again."""
    call = get_object_or_404(ReportCall.objects.visible_to(request.user), public_id=public_id)
    try:
        nagging.finish_call(call=call, note=request.POST.get("note", ""), actor=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("outreach:today")
