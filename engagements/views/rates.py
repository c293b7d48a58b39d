"""What an hour costs and sells for. Staff alone; no client ever learns any of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.money import Money, format_money, is_known
from core.queries import practice_or_blank
from engagements import rates_queries
from engagements.models import CostBase
from engagements.rates_forms import CostForm, OtherCostsFormSet, RateForm, ShortCostForm
from engagements.services import rates as service
from outreach import dates
from outreach.views.common import READ_OR_WRITE, posted, refuse, status_of


@staff_required
@require_safe
def rates(request: AuthedRequest) -> HttpResponse:
    return _page(request)


@staff_required
@require_POST
def cost_base_short(request: AuthedRequest) -> HttpResponse:
    """From three fields; everything else is what is usual."""
    form = ShortCostForm(request.POST, currency=practice_or_blank().currency)
    if form.is_valid():
        base = service.add_cost_base(figures=form.figures(dates.today_on_page()), actor=request.user)
        messages.success(request, _said(base.loaded_cost))
        return redirect("engagements:rates")
    return _page(request, short_form=form)


@staff_required
@require_POST
def selling_rate(request: AuthedRequest) -> HttpResponse:
    form = RateForm(request.POST, currency=practice_or_blank().currency)
    if form.is_valid():
        service.set_selling_rate(**form.cleaned_data, actor=request.user)
        day = date_format(form.cleaned_data["valid_from"])
        messages.success(request, _("Saved. From %(day)s on prices are filled in from this rate.") % {"day": day})
        return redirect("engagements:rates")
    return _page(request, rate_form=form)


@staff_required
@require_http_methods(READ_OR_WRITE)
def cost_base_new(request: AuthedRequest) -> HttpResponse:
    return _cost_page(request, None)


@staff_required
@require_http_methods(READ_OR_WRITE)
def cost_base(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _cost_page(request, get_object_or_404(CostBase.objects.visible_to(request.user), public_id=public_id))


@staff_required
@require_POST
def reckon(request: AuthedRequest) -> HttpResponse:
    """The live figure beside either form: nothing is written."""
    currency = practice_or_blank().currency
    if "income" in request.POST:
        short = ShortCostForm(request.POST, currency=currency)
        figures = short.figures(dates.today_on_page()) if short.is_valid() else None
    else:
        sent = request.POST.get("currency", "")
        full, others = _cost_forms(request, None, sent if is_known(sent) else currency)
        figures = full.figures(others.costs()) if full.is_valid() and others.is_valid() else None
    try:
        reckoned = figures.unsaved() if figures else None
    except DomainError:
        reckoned = None
    return render(request, "engagements/_reckoned.html", {"base": reckoned})


def _page(request: AuthedRequest, **sent: Any) -> HttpResponse:
    today = dates.today_on_page()
    currency = practice_or_blank().currency
    board = rates_queries.rates_on(today)
    start = board.rate.rate if board.rate and str(board.rate.rate.currency) == currency else None
    initial = {"rate": start, "target_margin_percent": f"{board.target_percent.normalize():f}", "valid_from": today}
    forms = {"short_form": ShortCostForm(currency=currency), "rate_form": RateForm(currency=currency, initial=initial)}
    forms |= sent
    return render(request, "engagements/rates.html", {"board": board, **forms}, status=status_of(*forms.values()))


def _cost_page(request: AuthedRequest, base: CostBase | None) -> HttpResponse:
    form, others = _cost_forms(request, base, base.currency if base else practice_or_blank().currency)
    if form.is_bound and form.is_valid() and others.is_valid():
        figures = form.figures(others.costs())
        try:
            saved = (
                service.change_cost_base(base=base, figures=figures, actor=request.user)
                if base
                else service.add_cost_base(figures=figures, actor=request.user)
            )
        except DomainError as refusal:
            refuse(form, refusal, "pay")
        else:
            messages.success(request, _said(saved.loaded_cost))
            return redirect("engagements:rates")
    wrong = others.is_bound and not others.is_valid()
    context = {"form": form, "others": others, "base": base, "reckoned": base, "wrong_others": wrong}
    return render(request, "engagements/cost_base.html", context, status=422 if wrong else status_of(form))


def _cost_forms(request: AuthedRequest, base: CostBase | None, currency: str) -> tuple[CostForm, Any]:
    today = dates.today_on_page()
    initial = CostForm.values_of(base) if base else {"valid_from": today}
    if base and base.used_at:
        initial["valid_from"] = today
    named = [{"name": name, "amount": amount} for name, amount in base.named_costs] if base else []
    form = CostForm(posted(request), currency=currency, initial=initial)
    others = OtherCostsFormSet(posted(request), initial=named, prefix="others", form_kwargs={"currency": currency})
    return form, others


def _said(loaded_cost: Money) -> str:
    return _("Saved. An hour that you sell costs you %(cost)s.") % {"cost": format_money(loaded_cost)}
