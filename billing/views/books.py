"""What is owed and since when, a client's statement, and the books for an accountant."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from billing import ageing as ages
from billing import books as bookkeeping
from billing import sheets, statements
from billing.periods import PeriodForm
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation
from core.pdf import PdfError
from engagements.roles import sees_money
from engagements.views.common import status_for, status_of
from outreach import dates


@staff_required
@require_safe
def ageing(request: AuthedRequest) -> HttpResponse:
    today = dates.today_on_page()
    context = {"found": ages.ageing(today), "labels": ages.labels(), "today": today}
    return render(request, "billing/ageing.html", context)


@login_required
@require_safe
def ageing_csv(request: AuthedRequest) -> HttpResponseBase:
    _require_staff(request)
    today = dates.today_on_page()
    lines = sheets.csv_lines(ages.header(), ages.rows(ages.ageing(today)), raw=_raw(request))
    return sheets.download(lines, f"owed-{today.isoformat()}.csv")


@login_required
@require_safe
def statement(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _statement_page(request, _client(request, public_id))


@login_required
@require_safe
def statement_pdf(request: AuthedRequest, public_id: str) -> HttpResponse:
    organisation, form = _client(request, public_id), _form(request)
    if status_of(form) != 200:
        return _statement_page(request, organisation)
    told = statements.statement_of(organisation, form.period(), dates.today_on_page())
    try:
        content = statements.statement_pdf(told)
    except PdfError as refusal:
        return _statement_page(request, organisation, refusal)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="statement-{told.period.name}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def statement_csv(request: AuthedRequest, public_id: str) -> HttpResponseBase:
    organisation, form = _client(request, public_id), _form(request)
    if status_of(form) != 200:
        return _statement_page(request, organisation)
    told = statements.statement_of(organisation, form.period(), dates.today_on_page())
    lines = sheets.csv_lines(statements.header(), statements.rows(told), raw=_raw(request))
    return sheets.download(lines, f"statement-{told.period.name}.csv")


@staff_required
@require_safe
def books(request: AuthedRequest) -> HttpResponse:
    form = _form(request)
    period = form.period()
    context = {
        "form": form,
        "period": period,
        "invoices": bookkeeping.invoices_in(period),
        "payments": bookkeeping.payments_in(period),
        "series": bookkeeping.series_of(period),
    }
    return render(request, "billing/books.html", context, status=status_of(form))


@login_required
@require_safe
def books_csv(request: AuthedRequest, what: str) -> HttpResponseBase:
    """`what`: invoices or payments."""
    _require_staff(request)
    form = _form(request)
    if status_of(form) != 200:
        return books(request)
    period = form.period()
    if what == "invoices":
        lines = sheets.csv_lines(bookkeeping.invoice_header(), bookkeeping.invoice_rows(period), raw=_raw(request))
    else:
        lines = sheets.csv_lines(bookkeeping.payment_header(), bookkeeping.payment_rows(period), raw=_raw(request))
    return sheets.download(lines, f"{what}-{period.name}.csv")


def _statement_page(
    request: AuthedRequest, organisation: Organisation, refusal: DomainError | None = None
) -> HttpResponse:
    form = _form(request)
    context = {
        "form": form,
        "statement": statements.statement_of(organisation, form.period(), dates.today_on_page()),
        "error": refusal,
    }
    return render(
        request, "billing/statement.html", context, status=status_for(refusal) if refusal else status_of(form)
    )


def _client(request: AuthedRequest, public_id: str) -> Organisation:
    """Whoever may not see its money gets the answer of somebody who does not know it."""
    found = get_object_or_404(Organisation.objects.visible_to(request.user), public_id=public_id)
    if not sees_money(request.user, found):
        raise Http404
    return found


def _form(request: AuthedRequest) -> PeriodForm:
    return PeriodForm(request.GET, today=dates.today_on_page())


def _require_staff(request: AuthedRequest) -> None:
    """As `staff_required`, for what is streamed."""
    if not request.user.is_consultant:
        raise Http404


def _raw(request: AuthedRequest) -> bool:
    return request.GET.get("raw") == "1"
