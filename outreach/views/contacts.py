"""Contacts: the list, a card written down quickly, one contact's page, export."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from outreach import dates, exports, queries
from outreach.forms import ContactForm, MeetingForm, QuickForm, StepForm, TagForm, TouchForm
from outreach.models import Contact
from outreach.services import contacts as service
from outreach.services import follow_ups
from outreach.views.common import PAGE, READ_OR_WRITE, posted, refuse, status_of
from outreach.views.follow_ups import row_of


def _find(request: AuthedRequest, public_id: str) -> Contact:
    rows = Contact.objects.visible_to(request.user).select_related("organisation", "batch")
    rows = rows.defer("batch__cards", "batch__remarks", "batch__content", "batch__sample")
    return get_object_or_404(rows, public_id=public_id)


@staff_required
@require_safe
def contacts(request: AuthedRequest) -> HttpResponse:
    words, tag, kind = (request.GET.get(name, "").strip() for name in ("q", "tag", "kind"))
    page = Paginator(queries.contacts(words, tag=tag, kind=kind), PAGE).get_page(request.GET.get("page"))
    kinds = [("buyer", _("Decide about money")), ("peer", _("Peers")), ("non_peer", _("Not peers"))]
    tags = [(one.name, one.name) for one in queries.tags_in_use()[: queries.MOST_TAGS]]
    filters = [{"name": "kind", "label": _("Everybody"), "value": kind, "options": kinds}]
    if tags:
        filters.append({"name": "tag", "label": _("Any tag"), "value": tag, "options": tags})
    context = {
        "page": page,
        "query": words,
        "filters": filters,
        "narrowed": bool(words or tag or kind),
    }
    return render(request, "outreach/contacts.html", context)


@staff_required
@require_http_methods(READ_OR_WRITE)
def quick_add(request: AuthedRequest) -> HttpResponse:
    step_on = dates.next_by_cadence(dates.today_on_page(), dates.today_on_page())
    form = QuickForm(posted(request), initial={"step_on": step_on, "met_at": request.GET.get("at", "")[:200]})
    if form.is_valid():
        try:
            contact, lead = service.quick_add(
                particulars=form.particulars(),
                meeting=form.meeting(),
                step_on=form.cleaned_data["step_on"],
                actor=request.user,
            )
        except service.DuplicateError as known:
            refuse(form, known, "email")
        except DomainError as refusal:
            refuse(form, refusal, "step_on")
        else:
            if "another" in request.POST:
                messages.success(request, _("%(name)s is written down.") % {"name": contact.name})
                return redirect(_next_card(form.cleaned_data["met_at"]))
            return _to(lead or contact)
    name, email = (form.data.get(field, "") for field in ("name", "email"))
    context = {
        "form": form,
        "occasions": queries.recent_occasions(),
        "alike": queries.contacts_alike(name=name, email=email),
    }
    return render(request, "outreach/quick_add.html", context, status=status_of(form))


@staff_required
@require_safe
def alike(request: AuthedRequest) -> HttpResponse:
    """Who may be the same person, asked while the card is typed."""
    name, email = (request.GET.get(field, "")[:300] for field in ("name", "email"))
    return render(request, "outreach/_alike.html", {"alike": queries.contacts_alike(name=name, email=email)})


@staff_required
@require_safe
def contact(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, _find(request, public_id))


@staff_required
@require_http_methods(READ_OR_WRITE)
def contact_edit(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    form = ContactForm(posted(request), initial=ContactForm.values_of(one))
    if form.is_valid():
        try:
            service.change_contact(contact=one, particulars=form.particulars(), actor=request.user)
        except service.DuplicateError as known:
            refuse(form, known, "emails")
        else:
            return _to(one)
    return render(request, "outreach/contact_edit.html", {"contact": one, "form": form}, status=status_of(form))


@staff_required
@require_POST
def contact_delete(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    try:
        service.delete_contact(contact=one, actor=request.user)
    except DomainError as refusal:
        return _page(request, one, error=str(refusal), status=409)
    messages.success(request, _("%(name)s is deleted.") % {"name": one.name})
    return redirect("outreach:contacts")


@staff_required
@require_POST
def meet(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    form = MeetingForm(request.POST)
    if form.is_valid():
        try:
            service.meet_contact(contact=one, meeting=form.meeting(), actor=request.user)
        except DomainError as refusal:
            refuse(form, refusal, "on")
        else:
            return _to(one)
    return _page(request, one, meeting_form=form)


@staff_required
@require_POST
def touch(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    form = TouchForm(request.POST, prefix="touch")
    if form.is_valid():
        try:
            follow_ups.record_touch(contact=one, said=form.what_was_said(), actor=request.user)
        except DomainError as refusal:
            refuse(form, refusal, "on")
        else:
            return _to(one)
    return _page(request, one, touch_form=form)


@staff_required
@require_POST
def step(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    form = StepForm(request.POST, prefix="step")
    if form.is_valid():
        try:
            follow_ups.plan_contact_step(contact=one, step=form.step(), actor=request.user)
        except DomainError as refusal:
            refuse(form, refusal, "on")
        else:
            return _to(one)
    return _page(request, one, step_form=form)


@staff_required
@require_POST
def tag(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    form = TagForm(request.POST, prefix="tag")
    if form.is_valid():
        service.tag_contact(contact=one, tags=form.cleaned_data["tags"], actor=request.user)
        return _to(one)
    return _page(request, one, tag_form=form)


@staff_required
@require_POST
def untag(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    service.untag_contact(contact=one, tag=request.POST.get("tag", ""), actor=request.user)
    return _to(one)


@staff_required
@require_safe
def export(request: AuthedRequest) -> HttpResponse:
    """Safe to open in a spreadsheet; `?raw=1` leaves the cells as they are."""
    lines = exports.contacts_csv(raw=request.GET.get("raw") == "1")
    answer = HttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="contacts.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _page(request: AuthedRequest, one: Contact, *, error: str = "", status: int = 0, **sent: Any) -> HttpResponse:
    today = dates.today_on_page()
    page = queries.contact_page(one)
    if page.step:
        page.step.contact = one
    forms = _blank_forms(today) | sent
    context = {
        "contact": one,
        "page": page,
        "events": queries.contact_timeline(page),
        "row": row_of(page.step, today) if page.step else None,
        "occasions": queries.recent_occasions(),
        "error": error,
        **forms,
    }
    return render(request, "outreach/contact.html", context, status=status or status_of(*forms.values()))


def _blank_forms(today: dt.date) -> dict[str, Any]:
    return {
        "meeting_form": MeetingForm(initial={"on": today}),
        "touch_form": TouchForm(prefix="touch", initial={"on": today}),
        "step_form": StepForm(prefix="step"),
        "tag_form": TagForm(prefix="tag"),
    }


def _to(one: Any) -> HttpResponse:
    """To the page of a contact or a lead."""
    kind = "contact" if isinstance(one, Contact) else "lead"
    return redirect(f"outreach:{kind}", public_id=one.public_id)


def _next_card(met_at: str) -> str:
    """The same form again, for the next card of the evening."""
    return reverse("outreach:quick-add", query={"at": met_at} if met_at else None)
