"""Running engagements: the list, a page for staff and one for the client, the board, the ledger, what is done there."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import charts
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import StoredFile
from engagements import ledger_queries, project_queries
from engagements.forms_projects import AnswerForm, DecisionForm, HandoverForm, PauseForm, ReasonForm, RiskForm
from engagements.models import Decision, Deliverable, Engagement, Risk, ScopeItem, SwapWish
from engagements.services import changes, decisions, deposits, items
from engagements.services import engagements as service
from engagements.uploads import stored
from engagements.views.common import PAGE, READ_OR_WRITE, as_attachment, posted, status_for, status_of
from outreach import dates

ENDING = frozenset({Engagement.Status.CLOSING, Engagement.Status.CLOSED})


def find(request: AuthedRequest, public_id: str) -> Engagement:
    rows = Engagement.objects.visible_to(request.user).select_related(
        "organisation", "owner", "acceptance__revision", "gate_overridden_by"
    )
    return get_object_or_404(rows, public_id=public_id)


@staff_required
@require_safe
def engagements(request: AuthedRequest) -> HttpResponse:
    words, status = request.GET.get("q", "").strip(), request.GET.get("status", "live")
    page = Paginator(project_queries.engagements(words, status), PAGE).get_page(request.GET.get("page"))
    options = [("live", _("Running")), *Engagement.Status.choices]
    context = {
        "page": page,
        "lines": project_queries.engagement_lines(list(page.object_list)),
        "query": words,
        "filters": [{"name": "status", "label": _("All"), "value": status, "options": options}],
        "narrowed": bool(words or status != "live"),
        "today": dates.today_on_page(),
    }
    return render(request, "engagements/engagements.html", context)


@login_required
@require_safe
def engagement(request: AuthedRequest, public_id: str) -> HttpResponse:
    return show(request, find(request, public_id))


def show(request: AuthedRequest, one: Engagement, *, refusal: DomainError | None = None, **forms: Any) -> HttpResponse:
    """Staff and the client's people look at the same engagement, each on a page of their own."""
    context: dict[str, Any] = {
        "project": project_queries.project(one, request.user),
        "engagement": one,
        "today": dates.today_on_page(),
        "error": refusal,
        "answer_form": AnswerForm(),
        "timeline": dates_of(one),
    }
    if request.user.is_consultant:
        context |= {
            "spent": project_queries.spent(one) if one.status in ENDING else [],
            "gate_form": ReasonForm(),
            "pause_form": PauseForm(),
            "cancel_form": ReasonForm(),
            "decision_form": DecisionForm(),
            "risk_form": RiskForm(),
            "visibilities": Engagement.Visibility.choices,
        }
    context |= forms
    template = "engagements/engagement.html" if request.user.is_consultant else "engagements/client_engagement.html"
    status = status_for(refusal) if refusal else status_of(*forms.values())
    return render(request, template, context, status=status)


def dates_of(one: Engagement) -> charts.Timeline | None:
    """The dates as a picture: from start to finish, what was promised, today."""
    if not one.finishes_on:
        return None
    start = one.starts_on or one.created_at.date()
    marks = [charts.Mark(_("Today"), dates.today_on_page(), "chart-1")]
    if one.promised_on and one.promised_on != one.finishes_on:
        marks.append(charts.Mark(_("Promised"), one.promised_on))
    end = max(start, one.finishes_on)
    return charts.timeline(_("Dates"), [charts.Span(_("Work"), min(start, end), end)], marks)


@staff_required
@require_safe
def board(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _board(request, find(request, public_id))


def _board(request: AuthedRequest, one: Engagement, refusal: DomainError | None = None) -> HttpResponse:
    context = {"engagement": one, "columns": project_queries.columns(one), "error": refusal}
    is_part = request.htmx and request.method == "POST"
    template = "engagements/_project_board.html" if is_part else "engagements/project_board.html"
    return render(request, template, context, status=status_for(refusal))


@staff_required
@require_safe
def ledger(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Every row, in order, and the contract's value over time as a picture."""
    one = find(request, public_id)
    steps = ledger_queries.value_over_time(one)
    chart = charts.line(
        _("Contract value"),
        [step.reference for step in steps],
        {_("Value"): [max(int(step.value.amount), 0) for step in steps]},
    )
    rows = one.ledger.select_related("change_set", "item", "actor")
    page = Paginator(rows, 200).get_page(request.GET.get("page"))
    value = ledger_queries.contract_value(one)
    context = {"engagement": one, "steps": steps, "chart": chart, "page": page, "value": value}
    return render(request, "engagements/ledger.html", context)


# Acts on an engagement


Act = Callable[[Engagement], object]


def _act(request: AuthedRequest, public_id: str, act: Act, *, anchor: str = "") -> HttpResponse:
    """Do it and show the page: fresh where it was done, with the reason where it was refused."""
    one = find(request, public_id)
    try:
        act(one)
    except DomainError as refusal:
        return show(request, find(request, public_id), refusal=refusal)
    return back(one, anchor)


def back(one: Engagement, anchor: str = "") -> HttpResponse:
    response = redirect("engagements:engagement", public_id=one.public_id)
    response["Location"] += anchor
    return response


@staff_required
@require_POST
def open_gate(request: AuthedRequest, public_id: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    act = deposits.waive_deposit if request.POST.get("how") == "waive" else deposits.override_gate
    return _act(request, public_id, lambda one: act(engagement=one, reason=reason, actor=request.user))


@staff_required
@require_POST
def pause(request: AuthedRequest, public_id: str) -> HttpResponse:
    form = PauseForm(request.POST)
    if not form.is_valid():
        return show(request, find(request, public_id), pause_form=form)
    why, reason = Engagement.Pause(form.cleaned_data["why"]), form.cleaned_data["reason"]
    return _act(
        request, public_id, lambda one: service.pause(engagement=one, why=why, reason=reason, actor=request.user)
    )


@staff_required
@require_POST
def resume(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _act(request, public_id, lambda one: service.resume(engagement=one, actor=request.user))


@staff_required
@require_POST
def begin_closing(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _act(request, public_id, lambda one: service.begin_closing(engagement=one, actor=request.user))


@staff_required
@require_POST
def reopen(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _act(request, public_id, lambda one: service.reopen(engagement=one, actor=request.user))


@staff_required
@require_POST
def close(request: AuthedRequest, public_id: str) -> HttpResponse:
    lessons = request.POST.get("lessons", "")[:20_000]
    return _act(request, public_id, lambda one: service.close(engagement=one, lessons=lessons, actor=request.user))


@staff_required
@require_POST
def cancel(request: AuthedRequest, public_id: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _act(request, public_id, lambda one: service.cancel(engagement=one, reason=reason, actor=request.user))


@staff_required
@require_POST
def set_visibility(request: AuthedRequest, public_id: str) -> HttpResponse:
    chosen = request.POST.get("visibility", "")
    if chosen not in Engagement.Visibility.values:
        raise Http404
    visibility = Engagement.Visibility(chosen)
    return _act(
        request,
        public_id,
        lambda one: service.set_visibility(engagement=one, visibility=visibility, actor=request.user),
    )


@staff_required
@require_POST
def ask_for_decision(request: AuthedRequest, public_id: str) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return show(request, find(request, public_id), decision_form=form)
    return _act(
        request,
        public_id,
        lambda one: decisions.ask_for_decision(engagement=one, **form.cleaned_data, actor=request.user),
        anchor="#decisions",
    )


@login_required
@require_POST
def decide(request: AuthedRequest, public_id: str) -> HttpResponse:
    rows = Decision.objects.visible_to(request.user).select_related("engagement")
    if not request.user.is_consultant:
        rows = rows.filter(is_clients=True)
    decision = get_object_or_404(rows, public_id=public_id)
    answer = request.POST.get("answer", "")
    return _act(
        request,
        decision.engagement.public_id,
        lambda one: decisions.decide(decision=decision, answer=answer, actor=request.user),
        anchor="#decisions",
    )


@staff_required
@require_POST
def note_risk(request: AuthedRequest, public_id: str) -> HttpResponse:
    form = RiskForm(request.POST)
    if not form.is_valid():
        return show(request, find(request, public_id), risk_form=form)
    words = decisions.RiskWords(**form.cleaned_data)
    return _act(
        request,
        public_id,
        lambda one: decisions.note_risk(engagement=one, words=words, actor=request.user),
        anchor="#risks",
    )


@staff_required
@require_POST
def close_risk(request: AuthedRequest, public_id: str) -> HttpResponse:
    risk = get_object_or_404(Risk.objects.visible_to(request.user).select_related("engagement"), public_id=public_id)
    note = request.POST.get("note", "")
    return _act(
        request,
        risk.engagement.public_id,
        lambda one: decisions.close_risk(risk=risk, note=note, actor=request.user),
        anchor="#risks",
    )


# Items


def _item(request: AuthedRequest, public_id: str) -> ScopeItem:
    rows = ScopeItem.objects.visible_to(request.user).select_related("engagement__organisation")
    if not request.user.is_consultant:  # an overview names no items
        rows = rows.exclude(engagement__visibility=Engagement.Visibility.OVERVIEW)
    return get_object_or_404(rows, public_id=public_id)


@staff_required
@require_POST
def move_item(request: AuthedRequest, public_id: str) -> HttpResponse:
    """From the board or the list: started, or put back. Delivering asks what is handed over."""
    item, to = _item(request, public_id), request.POST.get("to", "")
    if to == ScopeItem.Status.DELIVERED:
        page = redirect("engagements:hand-over", public_id=public_id)
        return HttpResponse(status=204, headers={"HX-Redirect": page["Location"]}) if request.htmx else page
    refusal = None
    try:
        if to == ScopeItem.Status.IN_PROGRESS:
            items.start_item(item=item, actor=request.user)
        elif to == ScopeItem.Status.PLANNED:
            items.put_back(item=item, actor=request.user)
        else:
            raise DomainError(_("The client accepts a delivery, on their own page."))
    except DomainError as error:
        refusal = error
    one = find(request, item.engagement.public_id)
    if request.POST.get("back") == "board":
        if refusal or request.htmx:
            return _board(request, one, refusal)
        return redirect("engagements:project-board", public_id=one.public_id)
    return show(request, one, refusal=refusal) if refusal else back(one, "#items")


@staff_required
@require_http_methods(READ_OR_WRITE)
def hand_over(request: AuthedRequest, public_id: str) -> HttpResponse:
    item = _item(request, public_id)
    form = HandoverForm(posted(request), request.FILES or None, initial={"title": item.title})
    refusal: DomainError | None = None
    if form.is_valid():
        try:
            with stored(form.cleaned_data["file"], organisation=item.engagement.organisation) as file:
                items.hand_over(item=item, handover=_handover(form, file), actor=request.user)
        except DomainError as error:
            refusal = error
        else:
            return back(item.engagement, "#items")
    context = {"form": form, "item": item, "engagement": item.engagement, "error": refusal}
    status = status_for(refusal) if refusal else status_of(form)
    return render(request, "engagements/hand_over.html", context, status=status)


def _handover(form: HandoverForm, file: StoredFile | None) -> items.Handover:
    values = form.cleaned_data
    return items.Handover(title=values["title"], url=values["url"], file=file, note=values["note"])


@login_required
@require_POST
def accept_item(request: AuthedRequest, public_id: str) -> HttpResponse:
    item = _item(request, public_id)
    return _act(
        request,
        item.engagement.public_id,
        lambda one: items.accept_item(item=item, actor=request.user),
        anchor="#items",
    )


@login_required
@require_POST
def send_back_item(request: AuthedRequest, public_id: str) -> HttpResponse:
    item, reason = _item(request, public_id), request.POST.get("reason", "")
    return _act(
        request,
        item.engagement.public_id,
        lambda one: items.send_back(item=item, reason=reason, actor=request.user),
        anchor="#items",
    )


@login_required
@require_safe
def deliverable(request: AuthedRequest, public_id: str) -> HttpResponseBase:
    """The file that was handed over."""
    rows = Deliverable.objects.visible_to(request.user).select_related("file")
    if not request.user.is_consultant:
        rows = rows.exclude(engagement__visibility=Engagement.Visibility.OVERVIEW)
    return as_attachment(get_object_or_404(rows, public_id=public_id).file)


# A client's wish for a swap


@login_required
@require_POST
def wish_swap(request: AuthedRequest, public_id: str) -> HttpResponse:
    body = request.POST.get("body", "")
    return _act(
        request,
        public_id,
        lambda one: changes.wish_swap(engagement=one, body=body, actor=request.user),
        anchor="#swap",
    )


@staff_required
@require_POST
def refuse_wish(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Say why it cannot be; a trade that takes it up is drafted instead."""
    rows = SwapWish.objects.visible_to(request.user).select_related("engagement")
    wish, refusal = get_object_or_404(rows, public_id=public_id), request.POST.get("refusal", "")
    return _act(
        request,
        wish.engagement.public_id,
        lambda one: changes.answer_wish(wish=wish, change_set=None, refusal=refusal, actor=request.user),
        anchor="#swap",
    )
