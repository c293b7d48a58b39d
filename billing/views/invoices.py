"""Invoices: the list, one of them for staff and for the client's people, its PDF, and what is done with it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing import queries
from billing.document import InvoiceDocument, invoice_pdf
from billing.forms import ClearForm, PaymentForm, RefundForm
from billing.models import Invoice, InvoiceSettings
from billing.services import drafting, issuing, mailing, payments, posting
from billing.views.common import find
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation
from core.money import format_money
from core.pdf import PdfError
from engagements.roles import sees_money
from engagements.views.common import PAGE, as_attachment, status_for
from outreach import dates


@staff_required
@require_safe
def invoices(request: AuthedRequest) -> HttpResponse:
    words, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    options = [("open", _("Owed")), *Invoice.Status.choices]
    rows = queries.invoices_for(request.user, words, state if state in dict(options) else "")
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "query": words,
        "filters": [{"name": "state", "label": _("All"), "value": state, "options": options}],
        "narrowed": bool(words or state),
        "today": dates.today_on_page(),
    }
    return render(request, "billing/invoices.html", context)


@login_required
@require_safe
def client_invoices(request: AuthedRequest, public_id: str) -> HttpResponse:
    """What a client was sent, for whoever of it may see money."""
    visible = Organisation.objects.visible_to(request.user)
    organisation = get_object_or_404(visible, public_id=public_id)
    if not sees_money(request.user, organisation):
        organisation = get_object_or_404(visible.none(), public_id=public_id)
    rows = Invoice.objects.visible_to(request.user).issued().filter(organisation=organisation)
    context = {
        "organisation": organisation,
        "page": Paginator(rows.select_related("engagement"), PAGE).get_page(request.GET.get("page")),
        "credits": queries.credits_of(organisation),
        "today": dates.today_on_page(),
    }
    return render(request, "billing/client_invoices.html", context)


@login_required
@require_safe
def invoice(request: AuthedRequest, public_id: str) -> HttpResponse:
    return show(request, find(request, public_id))


def show(
    request: AuthedRequest,
    one: Invoice,
    *,
    form: PaymentForm | None = None,
    deed_form: RefundForm | ClearForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    """Staff and the client's people look at the same document, each on a page of their own."""
    context: dict[str, Any] = {
        "invoice": one,
        "document": InvoiceDocument.of(one),
        "allocations": queries.payments_of(one),
        "notes": list(one.credit_notes.issued()),
        "today": dates.today_on_page(),
        "error": refusal,
    }
    if not request.user.is_consultant:
        return render(request, "billing/client_invoice.html", context, status=status_for(refusal))
    is_asked = payments.takes_money(one) and one.balance.amount > 0
    context |= {
        "form": form or (PaymentForm(invoice=one) if is_asked else None),
        "deed_form": deed_form,
        "unsent": queries.unsent_mails().filter(invoice=one) if one.is_issued else (),
        "credit": payments.credit_of(one.organisation, str(one.total.currency)),
    }
    if one.status == Invoice.Status.DRAFT:
        context |= {"settings": InvoiceSettings.get(), "addresses": mailing.addresses(one.organisation)}
    wrong = any(one is not None and one.errors for one in (form, deed_form))
    return render(request, "billing/invoice.html", context, status=422 if wrong else status_for(refusal))


def act(request: AuthedRequest, one: Invoice, deed: Callable[[], object], said: str = "") -> HttpResponse:
    """Do it and show the invoice, or show it with what was refused."""
    try:
        deed()
    except DomainError as refusal:
        return show(request, find(request, one.public_id), refusal=refusal)
    if said:
        messages.success(request, said)
    return redirect("billing:invoice", public_id=one.public_id)


@login_required
@require_safe
def pdf(request: AuthedRequest, public_id: str) -> HttpResponseBase:
    return as_attachment(find(request, public_id).pdf)


@staff_required
@require_safe
def draft_pdf(request: AuthedRequest, public_id: str) -> HttpResponse:
    """As it would be, with DRAFT across it; what is issued has its own."""
    one = find(request, public_id)
    if one.is_issued:
        return redirect("billing:invoice-pdf", public_id=public_id)
    try:
        content = invoice_pdf(InvoiceDocument.of(one), draft=True)
    except PdfError as refusal:
        return show(request, one, refusal=refusal)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="draft.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@staff_required
@require_POST
def issue(request: AuthedRequest, public_id: str) -> HttpResponse:
    one, mail = find(request, public_id), request.POST.get("how") == "mail"
    said = _("It is being issued. The number appears here in a moment.")
    return act(request, one, lambda: issuing.issue_invoice(invoice=one, mail=mail, actor=request.user), said)


@staff_required
@require_POST
def mail(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = find(request, public_id)
    said = _("It is being mailed to %(people)s.") % {"people": ", ".join(mailing.addresses(one.organisation))}
    return act(request, one, lambda: posting.mail_invoice(invoice=one, actor=request.user), said)


@staff_required
@require_POST
def discard(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = find(request, public_id)
    return act(request, one, lambda: drafting.discard_draft(invoice=one, actor=request.user))


@staff_required
@require_POST
def restore(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = find(request, public_id)
    return act(request, one, lambda: drafting.restore_draft(invoice=one, actor=request.user))


@staff_required
@require_POST
def write_off(request: AuthedRequest, public_id: str) -> HttpResponse:
    one, reason = find(request, public_id), request.POST.get("reason", "")
    return act(request, one, lambda: issuing.write_off(invoice=one, reason=reason, actor=request.user))


@staff_required
@require_POST
def use_credit(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = find(request, public_id)
    try:
        used = payments.use_credit(invoice=one, actor=request.user)
    except DomainError as refusal:
        return show(request, find(request, public_id), refusal=refusal)
    amount = format_money(used, one.engagement.locale)
    messages.success(request, _("%(amount)s of the client's credit are used for it.") % {"amount": amount})
    return redirect("billing:invoice", public_id=public_id)
