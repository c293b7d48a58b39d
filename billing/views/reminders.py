"""Late money, for staff: reminders that wait, calls to make, promises and disputes."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import reminder_queries
from billing.forms_reminders import StepForm
from billing.models import InvoiceSettings, ReminderStep
from billing.services import reminders as service
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Practice
from core.queries import practice_name
from engagements.views.common import READ_OR_WRITE, posted, status_for, status_of


@staff_required
@require_safe
def reminders(request: AuthedRequest) -> HttpResponse:
    return _board(request)


@staff_required
@require_POST
def send_all(request: AuthedRequest) -> HttpResponse:
    told = service.send_all(actor=request.user)
    if told.refused:
        return _board(request, DomainError(" ".join(told.refused)), said=_said_sent(told.sent) if told.sent else "")
    return _done(request, _said_sent(told.sent))


@staff_required
@require_http_methods(READ_OR_WRITE)
def reminder(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The words of one, to be edited while it waits."""
    step = _find(request, public_id)
    row, refusal = reminder_queries.step_row(step, practice=_practice(request)), None
    form = StepForm(posted(request), initial={"subject": row.filled.subject, "body": row.filled.body})
    if form.is_valid():
        try:
            service.edit_step(step=step, **form.cleaned_data, actor=request.user)
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Saved. It has not been sent yet."))
            return redirect("billing:reminder", public_id=public_id)
    context = {"row": row, "form": form, "error": refusal}
    return render(request, "billing/reminder.html", context, status=status_for(refusal) if refusal else status_of(form))


@staff_required
@require_POST
def reminder_send(request: AuthedRequest, public_id: str) -> HttpResponse:
    step = _find(request, public_id)
    return _act(request, lambda: service.send_step(step=step, actor=request.user), _said_sent(1))


@staff_required
@require_POST
def reminder_drop(request: AuthedRequest, public_id: str) -> HttpResponse:
    step = _find(request, public_id)
    return _act(request, lambda: service.drop_step(step=step, actor=request.user), _("Dropped."))


@staff_required
@require_POST
def reminder_called(request: AuthedRequest, public_id: str) -> HttpResponse:
    step, note = _find(request, public_id), request.POST.get("note", "")
    return _act(
        request, lambda: service.note_call(step=step, note=note, actor=request.user), _("Noted."), called=(step, note)
    )


def _find(request: AuthedRequest, public_id: str) -> ReminderStep:
    rows = ReminderStep.objects.visible_to(request.user).select_related(
        "invoice__organisation", "invoice__engagement", "sent_by", "called_by"
    )
    return get_object_or_404(rows, public_id=public_id)


def _act(
    request: AuthedRequest, act: Callable[[], object], said: str, *, called: tuple[ReminderStep, str] | None = None
) -> HttpResponse:
    try:
        act()
    except DomainError as refusal:
        return _board(request, refusal, called=called)
    return _done(request, said)


def _practice(request: AuthedRequest) -> str:
    """The name that stands under a mail; the request has it already."""
    practice: Practice | None = getattr(request, "practice", None)
    return practice.name if practice else practice_name()


def _done(request: AuthedRequest, said: str) -> HttpResponse:
    if request.htmx:
        return _board(request, said=said)
    messages.success(request, said)
    return redirect("billing:reminders")


def _said_sent(sent: int) -> str:
    return ngettext("%(n)d reminder sent.", "%(n)d reminders sent.", sent) % {"n": sent}


def _board(
    request: AuthedRequest,
    refusal: DomainError | None = None,
    *,
    said: str = "",
    called: tuple[ReminderStep, str] | None = None,
) -> HttpResponse:
    settings = InvoiceSettings.get()
    context = {
        "board": reminder_queries.board(
            practice=_practice(request), goes_by_themselves=settings.reminders_go_by_themselves
        ),
        "error": refusal,
        "said": said,
        "called": called,
    }
    template = "billing/_reminder_board.html" if request.htmx else "billing/reminders.html"
    return render(request, template, context, status=status_for(refusal))
