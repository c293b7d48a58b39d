"""What is said about a late invoice, by the client or as they told it to us: a day to pay on, or what is wrong."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing.forms_reminders import DisputeForm, PromiseForm, ResolveForm
from billing.models import Dispute, Invoice
from billing.services import disputes, promises
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from engagements.views.common import READ_OR_WRITE, posted, status_for, status_of
from outreach import dates


@login_required
@require_http_methods(READ_OR_WRITE)
def promise_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    invoice, today, refusal = _find(request, public_id), dates.today_on_page(), None
    until = today + dt.timedelta(days=promises.furthest(request.user))
    form = PromiseForm(posted(request), today=today, until=until)
    if form.is_valid():
        try:
            promises.promise_payment(invoice=invoice, **form.cleaned_data, actor=request.user)
        except DomainError as error:
            refusal = error
        else:
            thanks = _("Written down.") if request.user.is_consultant else _("Thank you. We have written it down.")
            messages.success(request, thanks)
            return redirect("billing:invoice", public_id=public_id)
    return _page(request, "billing/promise.html", form, refusal, invoice=invoice)


@login_required
@require_http_methods(READ_OR_WRITE)
def dispute_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    invoice, refusal = _find(request, public_id), None
    form = DisputeForm(posted(request))
    if form.is_valid():
        try:
            disputes.open_dispute(invoice=invoice, reason=form.cleaned_data["reason"], actor=request.user)
        except DomainError as error:
            refusal = error
        else:
            thanks = _("Written down.") if request.user.is_consultant else _("Thank you. We look into it.")
            messages.success(request, thanks)
            return redirect("billing:invoice", public_id=public_id)
    return _page(request, "billing/dispute.html", form, refusal, invoice=invoice)


@staff_required
@require_http_methods(READ_OR_WRITE)
def dispute_resolve(request: AuthedRequest, public_id: str) -> HttpResponse:
    rows = Dispute.objects.visible_to(request.user).select_related(
        "invoice__organisation", "invoice__engagement", "opened_by", "resolved_by"
    )
    dispute, refusal = get_object_or_404(rows, public_id=public_id), None
    form = ResolveForm(posted(request))
    if form.is_valid():
        try:
            disputes.resolve_dispute(dispute=dispute, how=form.cleaned_data["how"], actor=request.user)
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Settled. Reminders go on."))
            return redirect("billing:reminders")
    return _page(request, "billing/dispute_resolve.html", form, refusal, dispute=dispute, invoice=dispute.invoice)


def _find(request: AuthedRequest, public_id: str) -> Invoice:
    rows = Invoice.objects.visible_to(request.user).select_related("organisation", "engagement")
    return get_object_or_404(rows, public_id=public_id)


def _page(
    request: AuthedRequest, template: str, form: forms.Form, refusal: DomainError | None, **more: Any
) -> HttpResponse:
    status = status_for(refusal) if refusal else status_of(form)
    return render(request, template, {"form": form, "error": refusal, **more}, status=status)
