"""Money that comes in, and goes back."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.forms import PaymentForm, RefundForm
from billing.models import Invoice, Payment
from billing.services import payments
from billing.views.common import find
from billing.views.invoices import act, show
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from outreach import dates


@staff_required
@require_POST
def payment_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Nothing that was typed is lost where the service refuses it."""
    one = find(request, public_id)
    form = PaymentForm(request.POST, invoice=one)
    if not form.is_valid():
        return show(request, one, form=form)
    try:
        payments.record_payment(invoice=one, received=form.received(), actor=request.user)
    except DomainError as refusal:
        return show(request, find(request, public_id), form=form, refusal=refusal)
    return act(request, one, lambda: None, _("Recorded."))


@staff_required
@require_POST
def payment_clear(request: AuthedRequest, public_id: str) -> HttpResponse:
    """It has arrived: today."""
    payment, today = _payment(request, public_id), dates.today_on_page()
    return act(
        request, _invoice(payment), lambda: payments.clear_payment(payment=payment, on=today, actor=request.user)
    )


@staff_required
@require_POST
def payment_fail(request: AuthedRequest, public_id: str) -> HttpResponse:
    payment, reason = _payment(request, public_id), request.POST.get("reason", "")
    return act(
        request, _invoice(payment), lambda: payments.fail_payment(payment=payment, reason=reason, actor=request.user)
    )


@staff_required
@require_POST
def payment_reverse(request: AuthedRequest, public_id: str) -> HttpResponse:
    payment, reason = _payment(request, public_id), request.POST.get("reason", "")
    return act(
        request,
        _invoice(payment),
        lambda: payments.reverse_payment(payment=payment, reason=reason, actor=request.user),
    )


@staff_required
@require_POST
def payment_refund(request: AuthedRequest, public_id: str) -> HttpResponse:
    payment = _payment(request, public_id)
    form = RefundForm(request.POST, payment=payment)
    one = _invoice(payment)
    if not form.is_valid():
        return show(request, find(request, one.public_id), refund_form=form)
    values = form.cleaned_data
    return act(
        request,
        one,
        lambda: payments.refund(payment=payment, amount=values["amount"], reason=values["reason"], actor=request.user),
    )


def _payment(request: AuthedRequest, public_id: str) -> Payment:
    rows = Payment.objects.visible_to(request.user).select_related("organisation")
    return get_object_or_404(rows, public_id=public_id)


def _invoice(payment: Payment) -> Invoice:
    """Where it is shown: the first that it pays, or where it went to none, the client's newest."""
    paid = Invoice.objects.filter(allocations__payment=payment).order_by("id").first()
    return paid or Invoice.objects.filter(organisation=payment.organisation).latest("id")
