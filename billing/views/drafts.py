"""From what was agreed to a draft, and what is changed on one; corrections of what was issued."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import queries
from billing.forms import ByHandForm, CreditForm, WordsForm, line_forms
from billing.models import Invoice, InvoiceSettings
from billing.services import credit_notes, drafting
from billing.views.common import find, find_engagement
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import User
from engagements.models import ChangeSet, Engagement, ScopeItem
from engagements.views.common import READ_OR_WRITE, posted, status_for
from outreach import dates

NEW_ROWS = 3
BY_HAND_ROWS = 4


@staff_required
@require_safe
def project_money(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _project(request, find_engagement(request, public_id))


@staff_required
@require_POST
def draft_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    """`what` says what of the agreement is billed: see billing.queries.Billable."""
    engagement = find_engagement(request, public_id)
    try:
        made = _draft(engagement, request.POST.getlist("what"), request.user)
    except DomainError as refusal:
        return _project(request, engagement, refusal=refusal)
    return redirect("billing:invoice", public_id=made.public_id)


@staff_required
@require_http_methods(READ_OR_WRITE)
def by_hand(request: AuthedRequest, public_id: str) -> HttpResponse:
    engagement = find_engagement(request, public_id)
    words = ByHandForm(posted(request), initial={"title": engagement.title, "due_days": InvoiceSettings.get().due_days})
    lines = line_forms(
        posted(request),
        currency=engagement.currency,
        locale=engagement.locale,
        lines=[],
        extra=BY_HAND_ROWS,
        usual=drafting.taxes_for(engagement.organisation),
    )
    refusal = None
    if request.method == "POST" and words.is_valid() and lines.is_valid():
        try:
            made = drafting.draft_by_hand(
                engagement=engagement,
                words=words.words(),
                lines=lines.new(),
                agreed=words.cleaned_data["agreed"],
                actor=request.user,
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect("billing:invoice", public_id=made.public_id)
    context = {"engagement": engagement, "words": words, "lines": lines, "error": refusal}
    return _form_page(request, "billing/invoice_edit.html", context, words.errors or not _fine(lines), refusal)


@staff_required
@require_http_methods(READ_OR_WRITE)
def edit(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = find(request, public_id)
    if one.status != Invoice.Status.DRAFT:
        return redirect("billing:invoice", public_id=public_id)
    follows = one.kind in drafting.FOLLOWS_THE_AGREEMENT
    words = WordsForm.of(one, posted(request))
    lines = line_forms(
        posted(request),
        currency=str(one.total.currency),
        locale=one.engagement.locale,
        lines=list(one.lines.prefetch_related("taxes__rate")),
        extra=0 if follows else NEW_ROWS,
        usual=drafting.taxes_for(one.organisation),
        keeps_taxes=one.kind == Invoice.Kind.CREDIT,
    )
    refusal = None
    if request.method == "POST" and words.is_valid() and lines.is_valid():
        try:
            drafting.edit_draft(invoice=one, words=words.words(), lines=lines.edited(), actor=request.user)
        except DomainError as error:
            refusal = error
        else:
            return redirect("billing:invoice", public_id=public_id)
    context = {"invoice": one, "engagement": one.engagement, "words": words, "lines": lines, "error": refusal}
    return _form_page(request, "billing/invoice_edit.html", context, words.errors or not _fine(lines), refusal)


@staff_required
@require_http_methods(READ_OR_WRITE)
def credit_note(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Take an issued invoice back, whole or in part."""
    one = find(request, public_id)
    form = CreditForm(posted(request), invoice=one, lines=list(one.lines.all()))
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            note = credit_notes.draft_credit_note(
                invoice=one, reason=form.cleaned_data["reason"], amounts=form.amounts(), actor=request.user
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect("billing:invoice", public_id=note.public_id)
    context = {"invoice": one, "form": form, "error": refusal}
    return _form_page(request, "billing/credit_note.html", context, form.errors, refusal)


def _draft(engagement: Engagement, whats: list[str], actor: User) -> Invoice:
    kinds = {what.partition(":")[0] for what in whats}
    if kinds == {"item"}:
        keys = [what.partition(":")[2] for what in whats]
        items = list(engagement.items.filter(pk__in=[key for key in keys if key.isdecimal()]))
        return drafting.draft_items(engagement=engagement, items=_all(items, keys), actor=actor)
    what, _colon, key = (whats[0] if len(whats) == 1 else "").partition(":")
    match what:
        case "deposit":
            made = drafting.draft_deposit(acceptance=engagement.acceptance, engagement=engagement, actor=actor)
            if made is None:
                raise Http404
            return made
        case "instalment" if key.isdecimal():
            return drafting.draft_instalment(engagement=engagement, index=int(key), actor=actor)
        case "change" if key.isdecimal():
            change_set = get_object_or_404(ChangeSet, engagement=engagement, pk=int(key))
            return drafting.draft_change(change_set=change_set, actor=actor)
        case "hours":
            return drafting.draft_hours(engagement=engagement, until=dates.today_on_page(), actor=actor)
        case "final":
            return drafting.draft_final(engagement=engagement, actor=actor)
    raise Http404


def _all(items: list[ScopeItem], keys: list[str]) -> list[ScopeItem]:
    """Raises Http404 where one of the keys is of no item."""
    if len(items) != len(set(keys)):
        raise Http404
    return items


def _project(request: AuthedRequest, engagement: Engagement, refusal: DomainError | None = None) -> HttpResponse:
    context = {
        "engagement": engagement,
        "money": queries.project_money(engagement),
        "today": dates.today_on_page(),
        "error": refusal,
    }
    return render(request, "billing/project_money.html", context, status=status_for(refusal))


def _fine(lines: Any) -> bool:
    return not lines.is_bound or lines.is_valid()


def _form_page(
    request: AuthedRequest, template: str, context: dict[str, Any], wrong: object, refusal: DomainError | None
) -> HttpResponse:
    return render(request, template, context, status=422 if wrong else status_for(refusal))
