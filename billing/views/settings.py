"""What invoices print, which taxes there are, and whom a client's invoices are made out to."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.forms import ParticularsForm, PrintedForm, TaxForm
from billing.models import BillingParticulars, InvoiceSettings, TaxRate
from billing.services import settings as service
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation
from engagements.views.common import READ_OR_WRITE, posted, status_of
from outreach.views.common import refuse


@staff_required
@require_http_methods(READ_OR_WRITE)
def invoicing(request: AuthedRequest) -> HttpResponse:
    form = PrintedForm.of(InvoiceSettings.get(), posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            service.set_printed(printed=form.printed(), actor=request.user)
        except DomainError as refusal:
            refuse(form, refusal, "credit_prefix")
        else:
            messages.success(request, _("Saved. Invoices issued from now on print it."))
            return redirect("billing:settings")
    return _page(request, form=form)


@staff_required
@require_POST
def tax_new(request: AuthedRequest) -> HttpResponse:
    form = TaxForm(request.POST)
    if form.is_valid():
        try:
            service.add_tax(tax=form.tax(), actor=request.user)
        except DomainError as refusal:
            refuse(form, refusal, "name")
        else:
            return redirect("billing:settings")
    return _page(request, tax_form=form)


@staff_required
@require_POST
def tax_retire(request: AuthedRequest, public_id: str) -> HttpResponse:
    rate = get_object_or_404(TaxRate.objects.visible_to(request.user), public_id=public_id)
    service.retire_tax(rate=rate, actor=request.user)
    messages.success(request, _("Retired: %(name)s. Lines that carry it keep it.") % {"name": rate.name})
    return redirect("billing:settings")


@staff_required
@require_http_methods(READ_OR_WRITE)
def particulars(request: AuthedRequest, public_id: str) -> HttpResponse:
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), public_id=public_id)
    row = BillingParticulars.objects.filter(organisation=organisation).first()
    form = ParticularsForm(posted(request), particulars=row or BillingParticulars(organisation=organisation))
    if request.method == "POST" and form.is_valid():
        service.set_particulars(organisation=organisation, particulars=form.particulars(), actor=request.user)
        messages.success(request, _("Saved. Drafts made from now on carry it."))
        return redirect("billing:particulars", public_id=public_id)
    context = {"organisation": organisation, "form": form}
    return render(request, "billing/particulars.html", context, status=status_of(form))


def _page(request: AuthedRequest, *, form: PrintedForm | None = None, tax_form: TaxForm | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form or PrintedForm.of(InvoiceSettings.get()),
        "tax_form": tax_form or TaxForm(),
        "taxes": TaxRate.objects.filter(retired_at=None),
    }
    return render(request, "billing/settings.html", context, status=status_of(form, tax_form))
