"""The practice's ladder: days and texts, whether reminders wait for a click, and how they read."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing import ladder, reminder_queries
from billing.forms_reminders import GoForm, RungForm
from billing.ladder import Filled, Rung
from billing.models import InvoiceSettings
from billing.services import reminders as service
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from engagements.views.common import READ_OR_WRITE, posted, status_of
from outreach import dates


@dataclass(frozen=True)
class Preview:
    rung: Rung
    filled: Filled


@staff_required
@require_http_methods(READ_OR_WRITE)
def policy(request: AuthedRequest) -> HttpResponse:
    rows = [RungForm(posted(request), rung=rung) for rung in ladder.policy()]
    go, refusal = GoForm.of(InvoiceSettings.get(), posted(request)), None
    if request.method == "POST" and all([go.is_valid(), *(row.is_valid() for row in rows)]):
        try:
            words = [row.words() for row in rows]
            service.set_policy(words=words, goes_by_themselves=go.cleaned_data["goes"], actor=request.user)
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Saved."))
            return redirect("billing:reminder-policy")
    return _page(request, rows, go, refusal)


@staff_required
@require_POST
def preview(request: AuthedRequest) -> HttpResponse:
    """How the texts that stand in the form read. Nothing is kept."""
    rows = [RungForm(request.POST, rung=rung) for rung in ladder.policy()]
    if request.htmx:
        return render(request, "billing/_reminder_previews.html", {"previews": _previews(rows)})
    return _page(request, rows, GoForm.of(InvoiceSettings.get(), request.POST), None)


def _page(
    request: AuthedRequest, rows: Sequence[RungForm], go: GoForm, refusal: DomainError | None
) -> HttpResponse:  # fmt: skip
    context = {
        "rows": rows,
        "go": go,
        "error": refusal,
        "previews": _previews(rows),
        "names": ladder.PLACEHOLDERS.items(),
    }
    return render(request, "billing/reminder_policy.html", context, status=422 if refusal else status_of(go, *rows))


def _previews(rows: Sequence[RungForm]) -> list[Preview]:
    today = dates.today_on_page()
    return [Preview(row.rung, _filled(row, today)) for row in rows if row["is_enabled"].value()]


def _filled(row: RungForm, today: dt.date) -> Filled:
    typed = replace(row.rung, subject=row.typed("subject"), body=row.typed("body"))
    return ladder.fill(typed, reminder_queries.example_values(_with_days(row), today))


def _with_days(row: RungForm) -> Rung:
    days = row.typed("days")
    if not re.fullmatch(r"[1-9]\d{0,2}", days, re.ASCII):
        return row.rung
    return replace(row.rung, days=-int(days) if row.rung.days < 0 else int(days))
