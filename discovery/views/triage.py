"""Triage: what of a run the client will read, in whose words, in which order. Made for the keyboard."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from discovery import triage
from discovery.forms_summary import ActionForms, FalseForm, HandForm, PageOneForm, RewordForm, VerdictForm
from discovery.models import Summary, SummaryEntry
from discovery.one_account import seen_by
from discovery.services import rulings, summaries

READ_AND_WRITE = ["GET", "HEAD", "POST"]
UP, DOWN = "up", "down"


def draft_or_404(request: AuthedRequest, public_id: str) -> Summary:
    """Any summary: a frozen one is refused by the service, which says so."""
    rows = Summary.objects.visible_to(request.user).select_related("organisation", "run__organisation")
    return get_object_or_404(rows, public_id=public_id)


def _entry(request: AuthedRequest, public_id: str, entry_id: str) -> tuple[Summary, SummaryEntry]:
    summary = draft_or_404(request, public_id)
    return summary, get_object_or_404(summary.entries, public_id=entry_id)


def page(request: AuthedRequest, summary: Summary, *, status: int = 200, **more: Any) -> HttpResponse:
    """The whole page. `panel` opens under the row of `opened`; forms with errors replace the fresh ones."""
    context = {
        "summary": summary,
        "board": triage.board(summary),
        "verdict_form": VerdictForm(initial=VerdictForm.values_of(summary)),
        "page_one_form": PageOneForm(initial=PageOneForm.values_of(summary)),
        "action_forms": ActionForms(summary=summary),
    }
    return render(request, "discovery/triage.html", {**context, **more}, status=status)


def _frozen(request: AuthedRequest, summary: Summary) -> HttpResponse | None:
    """A way out for pages that would only offer what is refused anyway."""
    if summary.status == Summary.Status.DRAFT:
        return None
    return redirect("discovery:summary", public_id=summary.public_id)


def _back(summary: Summary, anchor: str) -> HttpResponse:
    return redirect(reverse("discovery:summary", args=[summary.public_id]) + f"#{anchor}")


def _row(request: AuthedRequest, summary: Summary, entry: SummaryEntry, **more: Any) -> HttpResponse:
    """One row anew, and the counts above the list out of band."""
    board = triage.board(summary)
    context = {"summary": summary, "board": board, "row": board.row(entry), **more}
    return render(request, "discovery/_triage_one.html", context, status=409 if more.get("error") else 200)


def _list(request: AuthedRequest, summary: Summary, **more: Any) -> HttpResponse:
    context = {"summary": summary, "board": triage.board(summary), **more}
    return render(request, "discovery/_triage_list.html", context, status=409 if more.get("error") else 200)


def _refused(request: AuthedRequest, summary: Summary, refusal: DomainError) -> HttpResponse:
    """What somebody without JavaScript sees of a refusal: the page as it stands now, and why."""
    summary.refresh_from_db()
    if summary.status == Summary.Status.DRAFT:
        return page(request, summary, status=409, error=refusal)
    messages.error(request, str(refusal))
    return redirect("discovery:summary", public_id=summary.public_id)


@staff_required
@require_safe
def row(request: AuthedRequest, public_id: str, entry_id: str) -> HttpResponse:
    """One row with nothing open under it."""
    summary, entry = _entry(request, public_id, entry_id)
    if request.htmx:
        return _row(request, summary, entry)
    return _back(summary, f"entry-{entry.public_id}")


@staff_required
@require_POST
def decide(request: AuthedRequest, public_id: str, entry_id: str) -> HttpResponse:
    """Keep or hide."""
    summary, entry = _entry(request, public_id, entry_id)
    decision = request.POST.get("decision", "")
    if decision not in SummaryEntry.Decision.values:
        raise Http404
    error = None
    try:
        summaries.change_entry(entry=entry, decision=decision, actor=request.user)
    except DomainError as refusal:
        error = refusal
    if request.htmx:
        return _row(request, summary, entry, error=error)
    return _refused(request, summary, error) if error else _back(summary, f"entry-{entry.public_id}")


@staff_required
@require_POST
def move(request: AuthedRequest, public_id: str, entry_id: str) -> HttpResponse:
    """One place up or down."""
    summary, entry = _entry(request, public_id, entry_id)
    step = {UP: -1, DOWN: 1}.get(request.POST.get("to", ""))
    if step is None:
        raise Http404
    error = None
    try:
        summaries.move_entry(entry=entry, rank=max(1, entry.rank + step), actor=request.user)
    except DomainError as refusal:
        error = refusal
    if request.htmx:
        return _list(request, summary, error=error)
    return _refused(request, summary, error) if error else _back(summary, f"entry-{entry.public_id}")


@staff_required
@require_http_methods(READ_AND_WRITE)
def reword(request: AuthedRequest, public_id: str, entry_id: str) -> HttpResponse:
    """An entry in the consultant's words. `tools` goes back to the tool's own."""
    summary, entry = _entry(request, public_id, entry_id)
    kind = RewordForm if entry.check_id else HandForm
    prefix = f"e{entry.pk}"
    told = triage.board(summary).row(entry).told
    if request.method != "POST":
        form = kind(initial=kind.values_of(entry, told), prefix=prefix)
        return _frozen(request, summary) or _panel(request, summary, entry, "words", form=form)
    form = kind(request.POST, prefix=prefix)
    back_to_tools = "tools" in request.POST and bool(entry.check_id)
    if not back_to_tools and not form.is_valid():
        return _panel(request, summary, entry, "words", form=form, status=422)
    said = {"title": "", "detail": ""} if back_to_tools else form.words_said(told)
    try:
        summaries.change_entry(entry=entry, actor=request.user, **said)
    except DomainError as refusal:
        return _panel(request, summary, entry, "words", form=form, error=refusal, status=409)
    return _row(request, summary, entry) if request.htmx else _back(summary, f"entry-{entry.public_id}")


def _panel(
    request: AuthedRequest, summary: Summary, entry: SummaryEntry, panel: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    """What opens under a row: alone on a GET by htmx, else inside its row or its page."""
    if request.htmx and request.method != "POST":
        context = {"summary": summary, "row": triage.board(summary).row(entry), **more}
        return render(request, f"discovery/_triage_panel_{panel}.html", context)
    if request.htmx:
        board = triage.board(summary)
        context = {"summary": summary, "board": board, "row": board.row(entry), "panel": panel, **more}
        return render(request, "discovery/_triage_one.html", {**context, "opened": entry.pk}, status=status)
    return page(request, summary, status=status, panel=panel, opened=entry.pk, **more)


@staff_required
@require_http_methods(READ_AND_WRITE)
def rule_false(request: AuthedRequest, public_id: str, entry_id: str) -> HttpResponse:
    """Look into a group, and mark single findings of it, or all, as false positives."""
    summary, entry = _entry(request, public_id, entry_id)
    if not entry.check_id:
        raise Http404
    group = triage.group_page(summary, entry, request.GET.get("page") or request.POST.get("page"))
    ids = [occurrence.finding.public_id for occurrence in group]
    if request.method != "POST":
        form = FalseForm(public_ids=ids)
        return _frozen(request, summary) or _panel(request, summary, entry, "false", form=form, group=group)
    form = FalseForm(request.POST, public_ids=ids)
    if not form.is_valid():
        return _panel(request, summary, entry, "false", form=form, group=group, status=422)
    try:
        ruled = _rule(summary, entry, form, request)
    except DomainError as refusal:
        return _panel(request, summary, entry, "false", form=form, group=group, error=refusal, status=409)
    if request.htmx:
        return _row(request, summary, entry)
    text = ngettext("%(n)d finding is marked as false positive.", "%(n)d findings are marked as false positive.", ruled)
    messages.success(request, text % {"n": ruled})
    return _back(summary, f"entry-{entry.public_id}")


def _rule(summary: Summary, entry: SummaryEntry, form: FalseForm, request: AuthedRequest) -> int:
    reason = form.cleaned_data["reason"]
    if form.cleaned_data["every"]:
        seen = seen_by(summary)
        return rulings.rule_group_false(run=seen, check_id=entry.check_id, reason=reason, actor=request.user)
    chosen = triage.findings_behind(entry, form.cleaned_data["findings"])
    return rulings.rule_false(findings=chosen, reason=reason, actor=request.user)


@staff_required
@require_POST
def withdraw_false(request: AuthedRequest, public_id: str, entry_id: str) -> HttpResponse:
    """Take the ruling on one finding back; its panel stays open."""
    summary, entry = _entry(request, public_id, entry_id)
    finding = triage.finding_behind(entry, request.POST.get("finding", ""))
    if finding is None:
        raise Http404
    error = None
    try:
        rulings.withdraw_false_positive(finding=finding, actor=request.user)
    except DomainError as refusal:
        error = refusal
    if not request.htmx and not error:
        return redirect("discovery:triage-false", public_id=public_id, entry_id=entry_id)
    group = triage.group_page(summary, entry, request.POST.get("page"))
    form = FalseForm(public_ids=[occurrence.finding.public_id for occurrence in group])
    return _panel(request, summary, entry, "false", form=form, group=group, error=error, status=409 if error else 200)


@staff_required
@require_http_methods(READ_AND_WRITE)
def add(request: AuthedRequest, public_id: str) -> HttpResponse:
    """A finding by hand."""
    summary = draft_or_404(request, public_id)
    if request.method != "POST":
        form = HandForm(prefix="new")
        if request.htmx:
            return render(request, "discovery/_triage_add.html", {"summary": summary, "add_form": form})
        return _frozen(request, summary) or page(request, summary, add_form=form)
    form = HandForm(request.POST, prefix="new")
    error = None
    if form.is_valid():
        try:
            entry = summaries.add_entry_by_hand(summary=summary, actor=request.user, **form.cleaned_data)
        except DomainError as refusal:
            error = refusal
        else:
            if request.htmx:
                return _list(request, summary, added=entry.pk)
            return _back(summary, f"entry-{entry.public_id}")
    status = 409 if error else 422
    if request.htmx:
        context = {"summary": summary, "board": triage.board(summary), "add_form": form, "error": error}
        return render(request, "discovery/_triage_list.html", context, status=status)
    return page(request, summary, add_form=form, error=error, status=status)


@staff_required
@require_POST
def remove(request: AuthedRequest, public_id: str, entry_id: str) -> HttpResponse:
    """Only what was added by hand can go; the rest is hidden."""
    summary, entry = _entry(request, public_id, entry_id)
    error = None
    try:
        summaries.remove_entry_by_hand(entry=entry, actor=request.user)
    except DomainError as refusal:
        error = refusal
    if request.htmx:
        return _list(request, summary, error=error)
    return _refused(request, summary, error) if error else _back(summary, "triage")


@staff_required
@require_POST
def verdict(request: AuthedRequest, public_id: str) -> HttpResponse:
    summary = draft_or_404(request, public_id)
    form = VerdictForm(request.POST)
    if form.is_valid():
        try:
            summaries.edit_words(summary=summary, actor=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error("verdict", str(refusal))
    return _saved(request, summary, "verdict", [form], verdict_form=form)


@staff_required
@require_POST
def page_one(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The rest of the first page."""
    summary = draft_or_404(request, public_id)
    form = PageOneForm(request.POST)
    if form.is_valid():
        try:
            summaries.edit_words(summary=summary, actor=request.user, **form.words_said())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return _saved(request, summary, "page-one", [form], page_one_form=form)


@staff_required
@require_POST
def actions(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The three rows of "do first"."""
    summary = draft_or_404(request, public_id)
    forms = ActionForms(request.POST)
    error = None
    if forms.is_valid():
        try:
            summaries.edit_actions(summary=summary, actions=forms.actions(), actor=request.user)
        except DomainError as refusal:
            error = refusal
    return _saved(request, summary, "actions", list(forms), error=error, action_forms=forms)


@staff_required
@require_POST
def redraft(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Verdict, actions and good news anew, from what is kept by now; it lies in a menu, as it takes words away."""
    summary = draft_or_404(request, public_id)
    try:
        summaries.redraft(summary=summary, actor=request.user)
    except DomainError as refusal:
        return _refused(request, summary, refusal)
    messages.success(request, _("Page 1 is written anew from what is kept."))
    return redirect("discovery:summary", public_id=public_id)


def _saved(
    request: AuthedRequest,
    summary: Summary,
    part: str,
    forms: Sequence[Form],
    *,
    error: DomainError | None = None,
    **shown: Any,
) -> HttpResponse:
    """Saved, or why not: by htmx the state line alone, so that nobody's caret moves; else the page."""
    problems = [problem for form in forms for problem in _problems(form)]
    saved = not problems and not error
    if request.htmx:
        context = {"part": part, "problems": problems, "error": error, "saved": saved}
        return render(request, "discovery/_triage_saved.html", context, status=200 if saved else 422)
    if not saved:
        return page(request, summary, status=422, error=error, **shown)
    messages.success(request, _("Saved."))
    return _back(summary, part)


def _problems(form: Form) -> list[tuple[str, str, str]]:
    """Label and id of the field, and what is wrong with it; both empty for the form as a whole."""
    told = [("", "", str(problem)) for problem in form.non_field_errors()]
    return told + [(str(field.label), field.id_for_label, str(problem)) for field in form for problem in field.errors]
