"""Today, and what one does with a follow-up: done, put off, dropped; in its line, or on a page of its own."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import today as today_blocks
from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import User
from outreach import dates, queries
from outreach.forms import DoneForm, DropForm, SnoozeForm
from outreach.models import FollowUp
from outreach.services import follow_ups as service

MOST_ROWS = 100
KINDS: dict[str, type[forms.Form]] = {"done": DoneForm, "snooze": SnoozeForm, "drop": DropForm}


@dataclass(frozen=True)
class Later:
    """A day to put something off to, by one click."""

    day: dt.date
    label: str


@dataclass(frozen=True)
class Row:
    """A follow-up with the forms that its line shows; `open` is the one to show unfolded, `error` what was refused."""

    follow_up: FollowUp
    today: dt.date
    forms: dict[str, forms.Form]
    open: str = ""
    error: str = ""
    first: bool = False

    @property
    def days_late(self) -> int:
        return max((self.today - self.follow_up.due_on).days, 0)

    @property
    def laters(self) -> list[Later]:
        monday = self.today + dt.timedelta(days=7 - self.today.weekday())
        return [
            Later(self.today + dt.timedelta(days=1), _("Tomorrow")),
            Later(self.today + dt.timedelta(days=3), _("In 3 days")),
            Later(monday, _("Next Monday")),
        ]


@dataclass(frozen=True)
class Today:
    """The follow-ups of the day, as the block of a page shows them."""

    overdue: list[Row]
    due: list[Row]
    more: int
    without_step: list[Any]
    rate: queries.Rate
    cold: queries.Cold | None
    everyone: bool


def row_of(follow_up: FollowUp, today: dt.date, *, first: bool = False) -> Row:
    blank = {kind: form(auto_id=f"{kind}-{follow_up.public_id}-%s") for kind, form in KINDS.items()}
    return Row(follow_up, today, blank, first=first)


def todays(user: User, *, everyone: bool = False) -> Today:
    """Of this consultant, or of all; five queries."""
    day = dates.today_on_page()
    owner = None if everyone else user
    due = list(queries.follow_ups_due(day, owner)[: MOST_ROWS + 1])
    rows = [row_of(one, day, first=at == 0) for at, one in enumerate(due[:MOST_ROWS])]
    return Today(
        overdue=[row for row in rows if row.follow_up.due_on < day],
        due=[row for row in rows if row.follow_up.due_on == day],
        more=len(due) - len(rows),
        without_step=list(queries.leads_without_step(owner).select_related("contact", "organisation")[:12]),
        rate=queries.follow_up_rate(day),
        cold=queries.pipeline_cold(day),
        everyone=everyone,
    )


@staff_required
@require_safe
def today(request: AuthedRequest) -> HttpResponse:
    everyone = request.GET.get("whose") == "everyone"
    context = {"today": todays(request.user, everyone=everyone), "blocks": today_blocks.blocks_for(request.user)}
    return render(request, "outreach/today.html", context)


@staff_required
@require_safe
def follow_up(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, row_of(_find(request, public_id), dates.today_on_page()))


@staff_required
@require_POST
def done(request: AuthedRequest, public_id: str) -> HttpResponse:
    def act(one: FollowUp, form: Any) -> None:
        said, step = form.what_was_said(), form.step()
        service.finish_follow_up(follow_up=one, said=said, step=step, actor=request.user)

    return _act(request, public_id, "done", act)


@staff_required
@require_POST
def snooze(request: AuthedRequest, public_id: str) -> HttpResponse:
    def act(one: FollowUp, form: Any) -> None:
        service.snooze_follow_up(follow_up=one, **form.cleaned_data, actor=request.user)

    return _act(request, public_id, "snooze", act)


@staff_required
@require_POST
def drop(request: AuthedRequest, public_id: str) -> HttpResponse:
    def act(one: FollowUp, form: Any) -> None:
        service.drop_follow_up(follow_up=one, **form.cleaned_data, actor=request.user)

    return _act(request, public_id, "drop", act)


def _find(request: AuthedRequest, public_id: str) -> FollowUp:
    rows = FollowUp.objects.visible_to(request.user).select_related(
        "lead__contact", "lead__organisation", "contact__organisation", "owner"
    )
    return get_object_or_404(rows, public_id=public_id)


def _act(
    request: AuthedRequest, public_id: str, kind: str, act: Callable[[FollowUp, forms.Form], None]
) -> HttpResponse:
    """In the line with htmx; otherwise back to where one came from, or to the follow-up's own page with the reason."""
    one = _find(request, public_id)
    form = KINDS[kind](_first_values(request, "until"), auto_id=f"{kind}-{public_id}-%s")
    error, status = "", 422
    if form.is_valid():
        try:
            act(one, form)
        except DomainError as refusal:
            error, status = str(refusal), 409
        else:
            return _after(request, _find(request, public_id))
    one = _find(request, public_id)
    blank = row_of(one, dates.today_on_page())
    row = Row(one, blank.today, blank.forms | {kind: form}, open=kind, error=error)
    return _page(request, row, status=status)


def _first_values(request: AuthedRequest, name: str) -> Any:
    """What was sent; of a button and a field of one name, the one that says something counts."""
    values = request.POST.copy()
    values[name] = next(filter(None, request.POST.getlist(name)), "")
    return values


def _after(request: AuthedRequest, one: FollowUp) -> HttpResponse:
    if request.htmx:
        planned: Iterable[FollowUp] = FollowUp.objects.open().filter(lead=one.lead, contact=one.contact)
        row = row_of(one, dates.today_on_page())
        return render(request, "outreach/_follow_up.html", {"row": row, "next": next(iter(planned), None)})
    back = request.POST.get("back", "")
    if back == "lead" and one.lead:
        return redirect("outreach:lead", public_id=one.lead.public_id)
    if back == "contact" and one.contact:
        return redirect("outreach:contact", public_id=one.contact.public_id)
    return redirect("outreach:today")


def _page(request: AuthedRequest, row: Row, status: int = 200) -> HttpResponse:
    template = "outreach/_follow_up.html" if request.htmx and request.method == "POST" else "outreach/follow_up.html"
    return render(request, template, {"row": row}, status=status)
