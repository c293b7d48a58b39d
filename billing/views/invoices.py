"""Invoices and the payments on them. For staff; what a client sees of them comes with issuing."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from billing.forms import PaymentForm
from billing.models import Invoice, Payment
from billing.services import deposits, payments
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from outreach import dates

PAGE = 50


@staff_required
@require_safe
def invoices(request: AuthedRequest) -> HttpResponse:
    rows = Invoice.objects.visible_to(request.user).select_related("organisation", "engagement")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "billing/invoices.html", {"page": page})


@staff_required
@require_safe
def invoice(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, _find(request, public_id))


def _find(request: AuthedRequest, public_id: str) -> Invoice:
    rows = Invoice.objects.visible_to(request.user).select_related("organisation", "engagement")
    return get_object_or_404(rows, public_id=public_id)


def _page(
    request: AuthedRequest, one: Invoice, *, form: PaymentForm | None = None, refusal: DomainError | None = None
) -> HttpResponse:
    cleared = deposits.cleared_of(one)
    left = one.total - cleared
    context: dict[str, Any] = {
        "invoice": one,
        "payments": one.payments.select_related("recorded_by"),
        "cleared": cleared,
        "left": left,
        "form": form or PaymentForm(invoice=one, initial={"amount": left}),
        "error": refusal,
    }
    status = 409 if refusal else 422 if form and form.errors else 200
    return render(request, "billing/invoice.html", context, status=status)


def _act(request: AuthedRequest, one: Invoice, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except DomainError as refusal:
        return _page(request, _find(request, one.public_id), refusal=refusal)
    return redirect("billing:invoice", public_id=one.public_id)


@staff_required
@require_POST
def payment_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _find(request, public_id)
    form = PaymentForm(request.POST, invoice=one)
    if not form.is_valid():
        return _page(request, one, form=form)
    return _act(
        request, one, lambda: payments.record_payment(invoice=one, received=form.received(), actor=request.user)
    )


def _payment(request: AuthedRequest, public_id: str) -> Payment:
    rows = Payment.objects.visible_to(request.user).select_related("invoice")
    return get_object_or_404(rows, public_id=public_id)


@staff_required
@require_POST
def payment_clear(request: AuthedRequest, public_id: str) -> HttpResponse:
    """It has arrived: today."""
    payment, today = _payment(request, public_id), dates.today_on_page()
    return _act(request, payment.invoice, lambda: payments.clear_payment(payment=payment, on=today, actor=request.user))


@staff_required
@require_POST
def payment_reverse(request: AuthedRequest, public_id: str) -> HttpResponse:
    payment, reason = _payment(request, public_id), request.POST.get("reason", "")
    return _act(
        request,
        payment.invoice,
        lambda: payments.reverse_payment(payment=payment, reason=reason, actor=request.user),
    )
