"""Trades and change orders: drafted and offered by staff, approved or rejected on the client's page."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import origin
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.money import Money, total
from core.pdf import render_pdf
from engagements import change_document
from engagements.forms_projects import ChangeForm
from engagements.ledger_queries import item_values
from engagements.models import ChangeSet, Engagement, ScopeItem, SwapWish
from engagements.offer import Offer
from engagements.roles import is_owner, sees_money
from engagements.services import changes as service
from engagements.services.changes import ChangeSignature
from engagements.views.common import READ_OR_WRITE, posted, status_for, status_of
from engagements.views.projects import find

KINDS = {"trade": ChangeSet.Kind.HORSE_TRADE, "order": ChangeSet.Kind.CHANGE_ORDER}


def _find(request: AuthedRequest, public_id: str) -> ChangeSet:
    """For a client whoever sees money: a change is money."""
    rows = ChangeSet.objects.visible_to(request.user).exclude(kind=ChangeSet.Kind.BASELINE)
    related = ("engagement__organisation", "engagement__acceptance__revision", "offered_by", "answered_by")
    change_set = get_object_or_404(rows.select_related(*related), public_id=public_id)
    if not sees_money(request.user, change_set.engagement.organisation):
        raise Http404
    return change_set


def _form(request: AuthedRequest, engagement: Engagement, change_set: ChangeSet | None = None) -> ChangeForm:
    undelivered = ScopeItem.objects.filter(engagement=engagement, status__in=ScopeItem.UNDELIVERED)
    offer = Offer.of(engagement.acceptance.revision)
    initial = _initial(change_set) if change_set else {}
    return ChangeForm(
        posted(request), items=list(undelivered), assumptions=offer.assumptions, engagement=engagement, initial=initial
    )


def _initial(change_set: ChangeSet) -> dict[str, object]:
    names = ("title", "reason", "days_change", "broken_assumption", "valid_until")
    out = [line.item.public_id for line in change_set.lines.select_related("item") if line.item]
    return {**{name: getattr(change_set, name) for name in names}, "out": out}


@staff_required
@require_http_methods(READ_OR_WRITE)
def change_new(request: AuthedRequest, public_id: str, kind: str) -> HttpResponse:
    """Draft a trade or an order, perhaps in answer to a client's wish."""
    if kind not in KINDS:
        raise Http404
    engagement = find(request, public_id)
    wish = _wish(request, engagement)
    form, refusal = _form(request, engagement), None
    if form.is_valid():
        try:
            change_set = service.draft_change(
                engagement=engagement, kind=KINDS[kind], change=form.change(), answers=wish, actor=request.user
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect("engagements:change", public_id=change_set.public_id)
    return _edit_page(request, engagement, form, kind=kind, wish=wish, refusal=refusal)


@staff_required
@require_http_methods(READ_OR_WRITE)
def change_edit(request: AuthedRequest, public_id: str) -> HttpResponse:
    change_set = _find(request, public_id)
    engagement = change_set.engagement
    form, refusal = _form(request, engagement, change_set), None
    if not form.is_bound:
        _fill_rows(form, change_set)
    if form.is_valid():
        try:
            service.revise_draft(change_set=change_set, change=form.change(), actor=request.user)
        except DomainError as error:
            refusal = error
        else:
            return redirect("engagements:change", public_id=public_id)
    kind = "trade" if change_set.kind == ChangeSet.Kind.HORSE_TRADE else "order"
    return _edit_page(request, engagement, form, kind=kind, change_set=change_set, refusal=refusal)


def _fill_rows(form: ChangeForm, change_set: ChangeSet) -> None:
    incoming = [line for line in change_set.lines.all() if line.direction == "in"]
    for row, line in zip(form.rows, incoming, strict=False):
        row.initial = {name: getattr(line, name) for name in ("title", "value", "done_when", "likely_hours")}


def _wish(request: AuthedRequest, engagement: Engagement) -> SwapWish | None:
    asked = request.GET.get("wish")
    return get_object_or_404(SwapWish, public_id=asked, engagement=engagement, answered_at=None) if asked else None


def _edit_page(
    request: AuthedRequest,
    engagement: Engagement,
    form: ChangeForm,
    *,
    kind: str,
    change_set: ChangeSet | None = None,
    wish: SwapWish | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    values = item_values(engagement)
    nothing = Money(0, engagement.currency)
    items = [(item, values.get(item.pk, nothing), item.public_id in form.chosen) for item in form.items.values()]
    context = {
        "form": form,
        "engagement": engagement,
        "change_set": change_set,
        "kind": kind,
        "wish": wish,
        "items": items,
        "error": refusal,
        "balance": _balance(engagement, form, values),
    }
    status = status_for(refusal) if refusal else status_of(form, *form.rows)
    return render(request, "engagements/change_edit.html", context, status=status)


@staff_required
@require_POST
def balance(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The two sides of what is filled in so far: asked for while typing, keeps nothing."""
    engagement = find(request, public_id)
    form = _form(request, engagement)
    form.is_valid()
    context = {"balance": _balance(engagement, form, item_values(engagement)), "engagement": engagement}
    return render(request, "engagements/_balance.html", context)


def _balance(engagement: Engagement, form: ChangeForm, values: dict[int, Money]) -> change_document.Balance:
    nothing = Money(0, engagement.currency)
    out = [form.items[one] for one in form.chosen]
    incoming = [row for row in form.rows if (row.is_bound and row.is_valid() and row.work())]
    works = [work for row in incoming if (work := row.work())]
    if not form.is_bound:
        worth = [row.initial["value"] for row in form.rows if row.initial.get("value")]
        hours = [row.initial.get("likely_hours") or 0 for row in form.rows]
    else:
        worth, hours = [work.value for work in works], [work.likely_hours or 0 for work in works]
    return change_document.Balance(
        out=total((values.get(item.pk, nothing) for item in out), engagement.currency),
        incoming=total(worth, engagement.currency),
        tolerance=engagement.trade_tolerance,
        hours_out=sum((item.likely_hours or 0 for item in out), start=0),
        hours_in=sum(hours, start=0),
    )


@login_required
@require_safe
def change(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, _find(request, public_id))


def _page(request: AuthedRequest, change_set: ChangeSet, refusal: DomainError | None = None) -> HttpResponse:
    told = change_document.read(change_set)
    context = {
        "change_set": change_set,
        "told": told,
        "engagement": change_set.engagement,
        "error": refusal,
        "consent": service.consent_text(change_set),
        "acts": is_owner(request.user, change_set.engagement.organisation)
        and change_set.engagement.visibility == Engagement.Visibility.FULL,
        "off_level": change_set.kind == ChangeSet.Kind.HORSE_TRADE and service.off_level(change_set),
        "hours": change_document.effort(change_set) if request.user.is_consultant else None,
    }
    return render(request, "engagements/change.html", context, status=status_for(refusal))


@login_required
@require_safe
def change_pdf(request: AuthedRequest, public_id: str) -> HttpResponse:
    """One page, drawn from the snapshot."""
    change_set = _find(request, public_id)
    if change_set.snapshot is None:
        raise Http404
    pdf = render_pdf(change_document.html(change_set), title=str(change_set))
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{change_set.reference}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@staff_required
@require_POST
def offer(request: AuthedRequest, public_id: str) -> HttpResponse:
    change_set = _find(request, public_id)
    try:
        service.offer_change(change_set=change_set, actor=request.user)
    except DomainError as refusal:
        return _page(request, _find(request, public_id), refusal)
    return redirect("engagements:change", public_id=public_id)


@staff_required
@require_POST
def make_order(request: AuthedRequest, public_id: str) -> HttpResponse:
    change_set = _find(request, public_id)
    try:
        service.make_order(change_set=change_set, actor=request.user)
    except DomainError as refusal:
        return _page(request, _find(request, public_id), refusal)
    return redirect("engagements:change", public_id=public_id)


@staff_required
@require_POST
def withdraw(request: AuthedRequest, public_id: str) -> HttpResponse:
    change_set = _find(request, public_id)
    try:
        service.withdraw_change(change_set=change_set, reason=request.POST.get("reason", ""), actor=request.user)
    except DomainError as refusal:
        return _page(request, _find(request, public_id), refusal)
    return redirect("engagements:engagement", public_id=change_set.engagement.public_id)


@login_required
@require_POST
def approve(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The client's one click for a trade; for an order the typed name."""
    change_set = _find(request, public_id)
    where = origin.current()
    signature = ChangeSignature(
        name=request.POST.get("name", "").strip()[:200],
        email=request.user.email,
        consent_text=service.consent_text(change_set),
        ip=where.ip,
        user_agent=where.user_agent[:300],
    )
    needs_name = change_set.kind != ChangeSet.Kind.HORSE_TRADE
    try:
        if needs_name and not request.POST.get("consent"):
            raise DomainError(_("Tick the box above your name: it says what you agree to."))
        service.approve_change(
            change_set=change_set,
            seen_sha256=request.POST.get("seen", ""),
            signature=signature if needs_name else None,
            actor=request.user,
        )
    except DomainError as refusal:
        return _page(request, _find(request, public_id), refusal)
    return redirect("engagements:change", public_id=public_id)


@login_required
@require_POST
def reject(request: AuthedRequest, public_id: str) -> HttpResponse:
    change_set = _find(request, public_id)
    try:
        service.reject_change(change_set=change_set, reason=request.POST.get("reason", ""), actor=request.user)
    except DomainError as refusal:
        return _page(request, _find(request, public_id), refusal)
    return redirect("engagements:change", public_id=public_id)
