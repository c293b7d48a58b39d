"""How a client is watched: set up, changed, paused and taken up again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.http import AuthedRequest, staff_required
from discovery import queries_watching
from discovery.forms_watching import ScheduleForm
from discovery.models import Schedule
from discovery.services import schedules
from discovery.views.clients import READ_OR_WRITE, client_or_404


@staff_required
@require_http_methods(READ_OR_WRITE)
def schedule(request: AuthedRequest, public_id: str) -> HttpResponse:
    client = client_or_404(request, public_id)
    watching = queries_watching.watching(client)
    sent = request.POST if request.method == "POST" else None
    known = watching.schedule if watching else None
    form = ScheduleForm(sent, client=client, schedule=known, actor=request.user)
    if form.is_valid():
        schedules.watch(organisation=client, plan=form.plan(), actor=request.user)
        messages.success(request, _("%(client)s is watched.") % {"client": client})
        return redirect("discovery:client", public_id=public_id)
    context = {"client": client, "form": form, "watching": watching}
    return render(request, "discovery/schedule.html", context, status=422 if form.errors else 200)


@staff_required
@require_POST
def pause(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _schedule(request, public_id)
    schedules.pause(schedule=one, actor=request.user)
    messages.success(request, _("Watching is paused."))
    return redirect("discovery:client", public_id=public_id)


@staff_required
@require_POST
def resume(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _schedule(request, public_id)
    schedules.resume(schedule=one, actor=request.user)
    messages.success(request, _("Watching goes on."))
    return redirect("discovery:client", public_id=public_id)


def _schedule(request: AuthedRequest, public_id: str) -> Schedule:
    client = client_or_404(request, public_id)
    return get_object_or_404(Schedule.objects.visible_to(request.user), organisation=client)
