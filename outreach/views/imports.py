"""Contacts from a file: uploaded, looked at, brought in, taken back."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from outreach import queries
from outreach.cards import Card
from outreach.forms import ImportForm
from outreach.models import ImportBatch
from outreach.services import imports as service
from outreach.views.common import READ_OR_WRITE, posted, refuse, status_of

SHOWN = 25  # remarks


def _find(request: AuthedRequest, public_id: str) -> ImportBatch:
    rows = ImportBatch.objects.visible_to(request.user).light().select_related("by")
    return get_object_or_404(rows, public_id=public_id)


@staff_required
@require_http_methods(READ_OR_WRITE)
def upload(request: AuthedRequest) -> HttpResponse:
    form = ImportForm(posted(request), request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = service.check_import(name=file.name, content=file.read(), actor=request.user)
        except DomainError as refusal:
            refuse(form, refusal, "file")
        else:
            return redirect("outreach:import-batch", public_id=batch.public_id)
    context = {"form": form, "batches": queries.recent_imports()}
    return render(request, "outreach/import.html", context, status=status_of(form))


@staff_required
@require_safe
def batch(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, _find(request, public_id))


@staff_required
@require_POST
def run(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    try:
        service.start_import(batch=one, actor=request.user)
    except DomainError as refusal:
        return _page(request, one, error=str(refusal))
    return redirect("outreach:import-batch", public_id=public_id)


@staff_required
@require_POST
def undo(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    try:
        service.undo_import(batch=one, actor=request.user)
    except DomainError as refusal:
        return _page(request, one, error=str(refusal))
    return redirect("outreach:import-batch", public_id=public_id)


@staff_required
@require_POST
def discard(request: AuthedRequest, public_id: str) -> HttpResponse:
    service.discard_import(batch=_find(request, public_id))
    return redirect("outreach:import")


def _page(request: AuthedRequest, one: ImportBatch, error: str = "") -> HttpResponse:
    context = {
        "batch": one,
        "cards": [Card.from_json(stored) for stored in one.sample],
        "more_cards": max(one.told.get("new", 0) - len(one.sample), 0),
        "remarks": one.remarks[:SHOWN],
        "more_remarks": max(one.told.get("remarks", 0) - SHOWN, 0),
        "error": error,
    }
    return render(request, "outreach/import_batch.html", context, status=409 if error else 200)
