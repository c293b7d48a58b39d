"""Occasions: the events one goes to, and what came of each."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from outreach import dates, queries_occasions
from outreach.forms import OccasionForm
from outreach.models import Occasion
from outreach.services import occasions as service
from outreach.views.common import PAGE, READ_OR_WRITE, posted, refuse, status_of


def _find(request: AuthedRequest, public_id: str) -> Occasion:
    return get_object_or_404(Occasion.objects.visible_to(request.user), public_id=public_id)


@staff_required
@require_safe
def occasions(request: AuthedRequest) -> HttpResponse:
    words, kind = (request.GET.get(name, "").strip() for name in ("q", "kind"))
    page = Paginator(queries_occasions.occasions(words, kind=kind), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": queries_occasions.occasion_lines(list(page), dates.today_on_page()),
        "query": words,
        "filters": [{"name": "kind", "label": _("Any kind"), "value": kind, "options": Occasion.Kind.choices}],
        "narrowed": bool(words or kind),
    }
    return render(request, "outreach/occasions.html", context)


@staff_required
@require_http_methods(READ_OR_WRITE)
def occasion_new(request: AuthedRequest) -> HttpResponse:
    form = OccasionForm(posted(request), initial={"on": dates.today_on_page(), "kind": Occasion.Kind.MIXED})
    if form.is_valid():
        try:
            one = service.add_occasion(particulars=form.particulars(), actor=request.user)
        except DomainError as refusal:
            refuse(form, refusal, "name")
        else:
            return redirect("outreach:occasion", public_id=one.public_id)
    return render(request, "outreach/occasion_new.html", {"form": form}, status=status_of(form))


@staff_required
@require_safe
def occasion(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, _find(request, public_id))


@staff_required
@require_http_methods(READ_OR_WRITE)
def occasion_edit(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    form = OccasionForm(posted(request), initial=OccasionForm.values_of(one))
    if form.is_valid():
        try:
            service.change_occasion(occasion=one, particulars=form.particulars(), actor=request.user)
        except DomainError as refusal:
            refuse(form, refusal, "name")
        else:
            return redirect("outreach:occasion", public_id=public_id)
    return render(request, "outreach/occasion_edit.html", {"occasion": one, "form": form}, status=status_of(form))


@staff_required
@require_POST
def occasion_delete(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    try:
        service.delete_occasion(occasion=one, actor=request.user)
    except DomainError as refusal:
        return _page(request, _find(request, public_id), error=str(refusal))
    messages.success(request, _("%(name)s is deleted.") % {"name": one.name})
    return redirect("outreach:occasions")


def _page(request: AuthedRequest, one: Occasion, error: str = "") -> HttpResponse:
    (line,) = queries_occasions.occasion_lines([one], dates.today_on_page())
    page = Paginator(line.met, PAGE).get_page(request.GET.get("page"))
    context = {"occasion": one, "line": line, "page": page, "error": error}
    return render(request, "outreach/occasion.html", context, status=409 if error else 200)
