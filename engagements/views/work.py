"""The work log: fast entry, a timer, the week. For staff alone."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from engagements import project_queries
from engagements.forms_projects import WorkForm
from engagements.models import Engagement, ScopeItem, WorkLog
from engagements.services import work as service
from engagements.views.common import READ_OR_WRITE, posted, status_for, status_of
from engagements.views.projects import find
from outreach import dates


@staff_required
@require_http_methods(READ_OR_WRITE)
def work(request: AuthedRequest, public_id: str) -> HttpResponse:
    """A line logs work: time first, then what was done."""
    engagement = find(request, public_id)
    form, refusal = _form(request, engagement), None
    if form.is_valid():
        try:
            minutes, words = service.read_entry(form.cleaned_data["what"])
            service.log_work(
                engagement=engagement,
                minutes=minutes,
                on=form.cleaned_data["on"],
                note=words,
                item=form.items.get(form.cleaned_data["item"]),
                actor=request.user,
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect("engagements:work", public_id=public_id)
    return _page(request, engagement, form, refusal)


def _form(request: AuthedRequest, engagement: Engagement) -> WorkForm:
    items = ScopeItem.objects.filter(engagement=engagement).exclude(status__in=ScopeItem.GONE)
    return WorkForm(posted(request), items=list(items), today=dates.today_on_page())


def _page(
    request: AuthedRequest, engagement: Engagement, form: WorkForm, refusal: DomainError | None = None
) -> HttpResponse:
    logs = list(
        WorkLog.objects.visible_to(request.user)
        .filter(engagement=engagement, minutes__isnull=False)
        .select_related("item", "worker")[:200]
    )
    week = dates.today_on_page() - dt.timedelta(days=dates.today_on_page().weekday())
    timer = service.running_timer(request.user)
    if timer and "note" in request.POST:  # a stop that was refused keeps what was typed
        timer.note = request.POST["note"]
    this_week = sum(log.minutes or 0 for log in logs if log.on >= week)
    context = {
        "engagement": engagement,
        "form": form,
        "error": refusal,
        "logs": [(log, project_queries.as_hours(log.minutes or 0)) for log in logs],
        "week": project_queries.as_hours(this_week),
        "spent": project_queries.spent(engagement),
        "timer": timer,
    }
    status = status_for(refusal) if refusal else status_of(form)
    return render(request, "engagements/work.html", context, status=status)


@staff_required
@require_POST
def timer(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Start it here, or stop the one that runs, wherever it runs."""
    engagement = find(request, public_id)
    running = service.running_timer(request.user)
    note = request.POST.get("note", "")
    try:
        if request.POST.get("act") != "stop":
            items = ScopeItem.objects.filter(engagement=engagement)
            item = items.filter(public_id=request.POST.get("item", "")).first()
            service.start_timer(engagement=engagement, item=item, note=note, actor=request.user)
        elif running:
            service.stop_timer(log=running, actor=request.user, note=note)
    except DomainError as refusal:
        return _page(request, engagement, _form(request, engagement), refusal)
    return redirect("engagements:work", public_id=public_id)


@staff_required
@require_POST
def remove(request: AuthedRequest, public_id: str) -> HttpResponse:
    log = get_object_or_404(WorkLog.objects.visible_to(request.user).select_related("engagement"), public_id=public_id)
    try:
        service.remove_work(log=log, actor=request.user)
    except DomainError as refusal:
        return _page(request, log.engagement, _form(request, log.engagement), refusal)
    return redirect("engagements:work", public_id=log.engagement.public_id)
