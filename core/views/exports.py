"""Everything of the practice as one file, for staff."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import PracticeExport
from core.services.exports import KEPT, ask_for_export

SHOWN = 10


@staff_required
@require_safe
def exports(request: AuthedRequest) -> HttpResponse:
    return _page(request)


@staff_required
@require_POST
def export_new(request: AuthedRequest) -> HttpResponse:
    try:
        ask_for_export(actor=request.user)
    except DomainError as refusal:
        return _page(request, error=refusal)
    messages.success(request, _("The export is being made. You can leave this page."))
    return redirect("core:exports")


def _page(request: AuthedRequest, error: DomainError | None = None) -> HttpResponse:
    rows = list(PracticeExport.objects.visible_to(request.user).select_related("asked_by", "file")[:SHOWN])
    waiting = any(row.status == PracticeExport.Status.WAITING for row in rows)
    context = {"exports": rows, "waiting": waiting, "kept_days": KEPT.days, "error": error}
    return render(request, "core/exports.html", context, status=409 if error else 200)
