"""Where sign-in leads: the practice's own start, and what a client's people see."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from core.http import AuthedRequest
from core.models import Organisation
from discovery import queries_clients
from outreach import dates
from portal import queries
from portal.client_home import client_home
from portal.report_queries import latest_report

SUMMARIES = 3


@login_required
@require_safe
def home(request: AuthedRequest) -> HttpResponse:
    """Staff see their clients; a client's person sees the own organisation, or chooses where there are several."""
    if request.user.is_consultant:
        return render(request, "portal/home.html", {"home": queries.staff_home()})
    mine = list(Organisation.objects.visible_to(request.user))
    if len(mine) == 1:
        return _page(request, mine[0])
    return render(request, "portal/home_client.html", {"organisations": mine})


@login_required
@require_safe
def organisation(request: AuthedRequest, public_id: str) -> HttpResponse:
    """What a client's people see. Staff may look at it too, and see neither more nor less."""
    return _page(request, get_object_or_404(Organisation.objects.visible_to(request.user), public_id=public_id))


def _page(request: AuthedRequest, one: Organisation) -> HttpResponse:
    home = client_home(one, request.user)
    summaries = list(queries_clients.frozen_summaries(one))
    context = {
        "organisation": one,
        "home": home,
        "latest_report": latest_report(one, request.user) if home.projects or home.earlier else None,
        "summaries": summaries[:SUMMARIES],
        "earlier_summaries": summaries[SUMMARIES:],
        "today": dates.today_on_page(),
    }
    return render(request, "portal/home_organisation.html", context)
