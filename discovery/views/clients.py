"""Clients: the list, one client's page, its name and its people."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Membership, Organisation
from core.services import organisations, people
from discovery import queries_clients
from discovery.forms import ClientChangeForm, ClientForm, PersonForm, StartForm
from discovery.models import Run
from discovery.services.audits import start_audit

PAGE = 50
READ_OR_WRITE = ["GET", "HEAD", "POST"]


def client_or_404(request: AuthedRequest, public_id: str) -> Organisation:
    return get_object_or_404(Organisation.objects.visible_to(request.user), public_id=public_id)


@staff_required
@require_safe
def clients(request: AuthedRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    page = Paginator(queries_clients.clients(search), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": queries_clients.client_lines(page.object_list), "query": search}
    return render(request, "discovery/clients.html", context)


@staff_required
@require_safe
def client(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = client_or_404(request, public_id)
    return render(request, "discovery/client.html", {"client": one, "page": queries_clients.client_page(one)})


@staff_required
@require_safe
def client_audits(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = client_or_404(request, public_id)
    page = Paginator(queries_clients.runs_of(one), PAGE).get_page(request.GET.get("page"))
    context = {"client": one, "page": page, "lines": queries_clients.run_lines(list(page.object_list))}
    return render(request, "discovery/client_audits.html", context)


@staff_required
@require_http_methods(READ_OR_WRITE)
def client_new(request: AuthedRequest) -> HttpResponse:
    form = ClientForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        one = organisations.add_organisation(name=form.cleaned_data["name"], actor=request.user)
        return redirect("discovery:client", public_id=one.public_id)
    return render(request, "discovery/client_new.html", {"form": form}, status=422 if form.errors else 200)


@staff_required
@require_http_methods(READ_OR_WRITE)
def client_rename(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = client_or_404(request, public_id)
    form = ClientChangeForm(request.POST if request.method == "POST" else None, client=one)
    if form.is_valid():
        organisations.change_organisation(
            organisation=one,
            name=form.cleaned_data["name"],
            locale=form.cleaned_data["locale"],
            currency=form.cleaned_data["currency"],
            actor=request.user,
        )
        return redirect("discovery:client", public_id=public_id)
    context = {"client": one, "form": form}
    return render(request, "discovery/client_rename.html", context, status=422 if form.errors else 200)


@staff_required
@require_http_methods(READ_OR_WRITE)
def person_invite(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = client_or_404(request, public_id)
    form = PersonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            membership = people.invite_client(organisation=one, **form.cleaned_data, actor=request.user)
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("%(email)s is invited.") % {"email": membership.user.email})
            return redirect("discovery:client", public_id=public_id)
    context = {"client": one, "form": form}
    return render(request, "discovery/client_invite.html", context, status=422 if form.errors else 200)


@staff_required
@require_POST
def person_end(request: AuthedRequest, public_id: str, person_id: str) -> HttpResponse:
    """The role comes with the form: a person may have several."""
    one = client_or_404(request, public_id)
    role = request.POST.get("role", "")
    membership = get_object_or_404(Membership, organisation=one, user__public_id=person_id, role=role)
    people.end_membership(membership=membership, actor=request.user)
    messages.success(request, _("%(name)s no longer has this role.") % {"name": membership.user})
    return redirect("discovery:client", public_id=public_id)


@staff_required
@require_http_methods(READ_OR_WRITE)
def start(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Choose what to audit and how deep; then the run's page shows how it goes."""
    one = client_or_404(request, public_id)
    form = StartForm(request.POST if request.method == "POST" else None, client=one)
    error = None
    if form.is_valid():
        try:
            run = start_audit(organisation=one, **form.chosen(), actor=request.user)
        except DomainError as refusal:
            error = refusal
        else:
            return redirect("discovery:run", public_id=run.public_id)
    context = {
        "client": one,
        "form": form,
        "error": error,
        "under_way": one.runs.filter(status__in=Run.OPEN).first(),
        "states": one.state_files.count(),
    }
    return render(request, "discovery/start.html", context, status=409 if error else 422 if form.errors else 200)
