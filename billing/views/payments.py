"""Money that comes in, and goes back: on the page of the invoice that it pays, and all of a client on one page."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing import queries
from billing.forms import ClearForm, PaymentForm, ReceivedForm, RefundForm
from billing.models import Invoice, Payment
from billing.services import payments
from billing.views.common import find
from billing.views.invoices import act, show
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation
from engagements.views.common import PAGE, READ_OR_WRITE, posted, status_for
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
        payment = payments.record_payment(invoice=one, received=form.received(), actor=request.user)
    except DomainError as refusal:
        return show(request, find(request, public_id), form=form, refusal=refusal)
    if not payment.allocated.amount:
        messages.success(request, _("Recorded. The invoice takes none of it: it is kept with the client's payments."))
        return redirect("billing:client-payments", public_id=one.organisation.public_id)
    return act(request, one, lambda: None, _("Recorded."))


@staff_required
@require_http_methods(READ_OR_WRITE)
def client_payments(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Everything that a client paid, with what no invoice took; and money that came for none of them."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), public_id=public_id)
    form = ReceivedForm(
        posted(request), currencies=queries.currencies_of(organisation), locale=organisation.locale
    )  # fmt: skip
    if request.method != "POST" or not form.is_valid():
        return _client_page(request, organisation, form=form)
    try:
        payments.record_advance(organisation=organisation, received=form.received(), actor=request.user)
    except DomainError as refusal:
        return _client_page(request, organisation, form=form, refusal=refusal)
    messages.success(request, _("Recorded."))
    return redirect("billing:client-payments", public_id=public_id)


@staff_required
@require_POST
def payment_clear(request: AuthedRequest, public_id: str) -> HttpResponse:
    payment, form = _payment(request, public_id), ClearForm(request.POST)
    if not form.is_valid():
        return _shown(request, payment, deed_form=form)
    day = form.cleaned_data["cleared_on"]
    return _act(request, payment, lambda: payments.clear_payment(payment=payment, on=day, actor=request.user))


@staff_required
@require_POST
def payment_fail(request: AuthedRequest, public_id: str) -> HttpResponse:
    payment, reason = _payment(request, public_id), request.POST.get("reason", "")
    return _act(request, payment, lambda: payments.fail_payment(payment=payment, reason=reason, actor=request.user))


@staff_required
@require_POST
def payment_reverse(request: AuthedRequest, public_id: str) -> HttpResponse:
    payment, reason = _payment(request, public_id), request.POST.get("reason", "")
    return _act(request, payment, lambda: payments.reverse_payment(payment=payment, reason=reason, actor=request.user))


@staff_required
@require_POST
def payment_refund(request: AuthedRequest, public_id: str) -> HttpResponse:
    payment = _payment(request, public_id)
    form = RefundForm(request.POST, payment=payment)
    if not form.is_valid():
        return _shown(request, payment, deed_form=form)
    values = form.cleaned_data
    return _act(
        request,
        payment,
        lambda: payments.refund(payment=payment, amount=values["amount"], reason=values["reason"], actor=request.user),
    )


def _payment(request: AuthedRequest, public_id: str) -> Payment:
    rows = Payment.objects.visible_to(request.user).select_related("organisation")
    return get_object_or_404(rows, public_id=public_id)


def _act(request: AuthedRequest, payment: Payment, deed: Callable[[], object]) -> HttpResponse:
    """Do it, and go back to where it was asked for."""
    invoice = _invoice(request, payment)
    try:
        deed()
    except DomainError as refusal:
        return _shown(request, payment, refusal=refusal)
    if invoice is None:
        return redirect("billing:client-payments", public_id=payment.organisation.public_id)
    return redirect("billing:invoice", public_id=invoice.public_id)


def _shown(
    request: AuthedRequest,
    payment: Payment,
    *,
    deed_form: RefundForm | ClearForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    invoice = _invoice(request, payment)
    if invoice is None:
        return _client_page(request, payment.organisation, deed_form=deed_form, refusal=refusal)
    return show(request, find(request, invoice.public_id), deed_form=deed_form, refusal=refusal)


def _invoice(request: AuthedRequest, payment: Payment) -> Invoice | None:
    """On whose page it was done: the first that it pays. None for the client's own page, where each has its place."""
    if request.POST.get("at") == "client":
        return None
    return Invoice.objects.filter(allocations__payment=payment).order_by("id").first()


def _client_page(
    request: AuthedRequest,
    organisation: Organisation,
    *,
    form: ReceivedForm | None = None,
    deed_form: RefundForm | ClearForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    currencies = queries.currencies_of(organisation)
    context = {
        "organisation": organisation,
        "page": Paginator(queries.payments_from(organisation), PAGE).get_page(request.GET.get("page")),
        "credits": queries.credits_of(organisation),
        "form": form or ReceivedForm(currencies=currencies, locale=organisation.locale),
        "deed_form": deed_form,
        "today": dates.today_on_page(),
        "error": refusal,
    }
    wrong = any(one is not None and one.errors for one in (form, deed_form))
    status = 422 if wrong else status_for(refusal)
    return render(request, "billing/client_payments.html", context, status=status)
