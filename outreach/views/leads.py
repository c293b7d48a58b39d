"""Leads: the list, the board, one lead's page and its moves."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation, User
from outreach import dates, queries
from outreach.forms import LeadForm, LoseForm, RestForm, StepForm, TouchForm
from outreach.models import Contact, FollowUp, Lead
from outreach.services import follow_ups
from outreach.services import leads as service
from outreach.services.follow_ups import NextStep
from outreach.views.common import PAGE, READ_OR_WRITE, posted, refuse, status_of
from outreach.views.follow_ups import row_of


def _find(request: AuthedRequest, public_id: str) -> Lead:
    rows = Lead.objects.visible_to(request.user).select_related("contact", "organisation", "owner")
    return get_object_or_404(rows, public_id=public_id)


@staff_required
@require_safe
def leads(request: AuthedRequest) -> HttpResponse:
    words, status, channel, owner = (request.GET.get(key, "").strip() for key in ("q", "status", "channel", "owner"))
    rows = queries.leads(words, status=status, channel=channel, owner=owner)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    stages = [("open", _("Open")), *Lead.Status.choices]
    context = {
        "page": page,
        "query": words,
        "filters": [
            {"name": "status", "label": _("Any stage"), "value": status, "options": stages},
            {"name": "channel", "label": _("Any channel"), "value": channel, "options": Lead.Channel.choices},
            _owners(owner),
        ],
        "narrowed": bool(words or status or channel or owner),
        "today": dates.today_on_page(),
    }
    return render(request, "outreach/leads.html", context)


def _owners(owner: str) -> dict[str, Any]:
    people = User.objects.filter(is_consultant=True, is_active=True).order_by("name", "pk")
    options = [(one.public_id, one.name) for one in people]
    return {"name": "owner", "label": _("Everyone's"), "value": owner, "options": options}


@staff_required
@require_safe
def board(request: AuthedRequest) -> HttpResponse:
    return _board(request)


def _board(request: AuthedRequest, *, error: str = "") -> HttpResponse:
    owner = request.GET.get("owner", "")
    context = {
        "columns": queries.board(owner),
        "filters": [_owners(owner)],
        "error": error,
        "today": dates.today_on_page(),
    }
    is_part = request.htmx and request.method == "POST"
    template = "outreach/_board.html" if is_part else "outreach/board.html"
    return render(request, template, context, status=409 if error else 200)


@staff_required
@require_http_methods(READ_OR_WRITE)
def lead_new(request: AuthedRequest) -> HttpResponse:
    """Of a contact or a client named in the address, or of a company to be named."""
    contact = _named(Contact.objects.visible_to(request.user), request.GET.get("contact"))
    client = _named(Organisation.objects.visible_to(request.user), request.GET.get("client"))
    initial = {
        "company": contact.company if contact else "",
        "step_on": dates.next_by_cadence(dates.today_on_page(), dates.today_on_page()),
    }
    form = LeadForm(posted(request), initial=initial, new=True, needs_company=not (contact or client))
    if form.is_valid():
        try:
            lead = service.open_lead(
                particulars=form.particulars(),
                contact=contact,
                organisation=client,
                step=NextStep(on=form.cleaned_data["step_on"]),
                actor=request.user,
            )
        except DomainError as refusal:
            refuse(form, refusal, "step_on")
        else:
            return redirect("outreach:lead", public_id=lead.public_id)
    context = {"form": form, "contact": contact, "client": client}
    return render(request, "outreach/lead_new.html", context, status=status_of(form))


def _named(rows: Any, public_id: str | None) -> Any:
    return get_object_or_404(rows, public_id=public_id) if public_id else None


@staff_required
@require_safe
def lead(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, _find(request, public_id))


@staff_required
@require_http_methods(READ_OR_WRITE)
def lead_edit(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    needs_company = not (one.contact_id or one.organisation_id)
    form = LeadForm(posted(request), initial=LeadForm.values_of(one), new=False, needs_company=needs_company)
    if form.is_valid():
        service.change_lead(
            lead=one, particulars=form.particulars(), owner=form.cleaned_data["owner"], actor=request.user
        )
        return redirect("outreach:lead", public_id=public_id)
    return render(request, "outreach/lead_edit.html", {"lead": one, "form": form}, status=status_of(form))


@staff_required
@require_POST
def move(request: AuthedRequest, public_id: str) -> HttpResponse:
    """From the board, which answers with itself, or from the lead's page."""
    one = _find(request, public_id)
    to = request.POST.get("to", "")
    if to not in Lead.Status.values:
        raise Http404
    on_board = request.POST.get("back") == "board"
    error = ""
    try:
        service.move_lead(lead=one, to=Lead.Status(to), actor=request.user)
    except DomainError as refusal:
        error = str(refusal)
    if on_board:
        return _board(request, error=error) if error or request.htmx else redirect("outreach:board")
    return _page(request, one, error=error) if error else redirect("outreach:lead", public_id=public_id)


@staff_required
@require_POST
def lose(request: AuthedRequest, public_id: str) -> HttpResponse:
    def act(one: Lead, form: Any) -> None:
        service.lose_lead(lead=one, reason=form.cleaned_data["reason"], actor=request.user)

    return _act(request, public_id, "lose_form", LoseForm(request.POST, prefix="lose"), act)


@staff_required
@require_POST
def rest(request: AuthedRequest, public_id: str) -> HttpResponse:
    def act(one: Lead, form: Any) -> None:
        service.rest_lead(lead=one, until=form.cleaned_data["until"], actor=request.user)

    return _act(request, public_id, "rest_form", RestForm(request.POST, prefix="rest"), act)


@staff_required
@require_POST
def reopen(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    try:
        service.reopen_lead(lead=one, actor=request.user)
    except DomainError as refusal:
        return _page(request, one, error=str(refusal))
    return redirect("outreach:lead", public_id=public_id)


@staff_required
@require_POST
def become_client(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    try:
        service.make_client(lead=one, actor=request.user)
    except DomainError as refusal:
        return _page(request, one, error=str(refusal))
    return redirect("outreach:lead", public_id=public_id)


@staff_required
@require_POST
def touch(request: AuthedRequest, public_id: str) -> HttpResponse:
    def act(one: Lead, form: Any) -> None:
        follow_ups.record_touch(lead=one, said=form.what_was_said(), actor=request.user)

    return _act(request, public_id, "touch_form", TouchForm(request.POST, prefix="touch"), act)


@staff_required
@require_POST
def step(request: AuthedRequest, public_id: str) -> HttpResponse:
    def act(one: Lead, form: Any) -> None:
        follow_ups.plan_next_step(lead=one, step=form.step(), actor=request.user)

    return _act(request, public_id, "step_form", StepForm(request.POST, prefix="step"), act)


def _act(
    request: AuthedRequest, public_id: str, name: str, form: Any, act: Callable[[Lead, Any], None]
) -> HttpResponse:
    """Back to the lead; or its page again, with what is wrong in the form that the page calls `name`."""
    one = _find(request, public_id)
    error = ""
    if form.is_valid():
        try:
            act(one, form)
        except DomainError as refusal:
            error = str(refusal)
        else:
            return redirect("outreach:lead", public_id=public_id)
    return _page(request, one, error=error, **{name: form})


def _page(request: AuthedRequest, one: Lead, *, error: str = "", **sent: Any) -> HttpResponse:
    one.refresh_from_db(fields=["status"])
    today = dates.today_on_page()
    planned = FollowUp.objects.open().filter(lead=one).first()
    if planned:
        planned.lead = one
    forms = {
        "touch_form": TouchForm(prefix="touch", initial={"on": today}),
        "step_form": StepForm(prefix="step", initial={"what": planned.what if planned else ""}),
        "lose_form": LoseForm(prefix="lose"),
        "rest_form": RestForm(prefix="rest"),
    } | sent
    context = {
        "lead": one,
        "row": row_of(planned, today) if planned else None,
        "events": queries.lead_timeline(one),
        "error": error,
        **forms,
    }
    return render(request, "outreach/lead.html", context, status=409 if error else status_of(*forms.values()))
