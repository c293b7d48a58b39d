"""The ladder of what is done about money that is late: its rungs, when each is reached, and what pauses it.

Rungs are data. A rung names what it does by keys of ACTS, each a small function that fills in the new step. What is
not built yet finds its place so: the notice that names the day of stop-work, the late fee, the demand with its
evidence file and the decision at the end are further rungs of LADDER; what they do besides mail and call is an act
beside those two.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing.models import Dispute, Invoice, Payment, Promise, ReminderPolicy, ReminderStep
from core.money import format_money
from engagements.templatetags.offers import day_in

# What a person may write in a text, as $name, and what it stands for. Nothing else is filled in.
PLACEHOLDERS = {
    "client": _("the client"),
    "reference": _("the invoice's number"),
    "title": _("its title"),
    "total": _("what it asks for"),
    "balance": _("what of it is still owed"),
    "due_date": _("the day it is due"),
    "days": _("how far that day is, as “3 days”"),
    "practice": _("your name"),
    "link": _("the address of its page"),
}


@dataclass(frozen=True)
class Rung:
    """`days` from the due date; below zero it is for before that day alone. `acts` are keys of ACTS."""

    key: str
    label: Any
    days: int
    acts: tuple[str, ...]
    subject: Any
    body: Any
    is_enabled: bool = True

    @property
    def calls(self) -> bool:
        return "call" in self.acts

    def is_reached(self, invoice: Invoice, today: dt.date) -> bool:
        """A word before the due date needs days that lie between issuing and it."""
        if invoice.due_on is None or invoice.issued_on is None:
            return False
        comes = invoice.due_on + dt.timedelta(days=self.days)
        if self.days < 0:
            return invoice.issued_on < comes <= today < invoice.due_on
        return comes <= today


LADDER = (
    Rung(
        key="courtesy",
        label=_("Courtesy"),
        days=-3,
        acts=("mail",),
        subject=_("Due in $days: invoice $reference"),
        body=_(
            "Hello,\n\n"
            "A word ahead of time: invoice $reference, $title, is due on $due_date. $balance of it is open.\n\n"
            "If it is on its way already, thank you; there is nothing to do. Where to pay is on the invoice, which is "
            "attached. It is also here:\n$link\n\n"
            "$practice"
        ),
    ),
    Rung(
        key="friendly",
        label=_("Friendly"),
        days=1,
        acts=("mail",),
        subject=_("Invoice $reference was due on $due_date"),
        body=_(
            "Hello,\n\n"
            "Invoice $reference, $title, was due on $due_date, and $balance of it has not reached us. It may have "
            "slipped through: would you have a look?\n\n"
            "The invoice is attached. Here you can tell us the day on which you will pay, or what is wrong with it:\n"
            "$link\n\n"
            "$practice"
        ),
    ),
    Rung(
        key="firm",
        label=_("Firm, and a call"),
        days=7,
        acts=("mail", "call"),
        subject=_("Overdue for $days: invoice $reference"),
        body=_(
            "Hello,\n\n"
            "Invoice $reference, $title, has been due since $due_date. $balance are overdue for $days.\n\n"
            "Please pay it now. If you cannot, or if something about it is wrong, say so here, with a day or a "
            "reason:\n$link\n\n"
            "We will call you to hear what is in the way. The invoice is attached.\n\n"
            "$practice"
        ),
    ),
)
POSITIONS = {rung.key: position for position, rung in enumerate(LADDER)}
LABELS = {rung.key: rung.label for rung in LADDER}


@dataclass(frozen=True)
class Filled:
    """A text with its names filled in."""

    subject: str
    body: str


def _mail(step: ReminderStep, rung: Rung, values: Mapping[str, str], today: dt.date) -> None:
    filled = fill(rung, values)
    step.subject, step.body = filled.subject, filled.body


def _call(step: ReminderStep, rung: Rung, values: Mapping[str, str], today: dt.date) -> None:
    step.call_on = step.call_on or today


ACTS: dict[str, Callable[[ReminderStep, Rung, Mapping[str, str], dt.date], None]] = {"mail": _mail, "call": _call}


def policy() -> list[Rung]:
    """The ladder as the practice has it, lowest first. One query."""
    rows = {row.key: row for row in ReminderPolicy.objects.all()}
    return [_as_set(rung, rows.get(rung.key)) for rung in LADDER]


def _as_set(rung: Rung, row: ReminderPolicy | None) -> Rung:
    if row is None:
        return rung
    return replace(rung, days=row.days, subject=row.subject, body=row.body, is_enabled=row.is_enabled)


def due_rung(
    invoice: Invoice, rungs: Iterable[Rung], steps: Iterable[ReminderStep], today: dt.date
) -> Rung | None:  # fmt: skip
    """The rung to be made now: the highest that is reached, unless it or a higher one was made before. One that was
    dropped because the invoice was settled, and is owed again, counts as not made."""
    reached = [rung for rung in rungs if rung.is_enabled and rung.is_reached(invoice, today)]
    if not reached:
        return None
    rung = reached[-1]
    made = {step.key for step in steps if not step.was_settled}
    highest = max((POSITIONS.get(key, -1) for key in made), default=-1)
    return rung if POSITIONS[rung.key] > highest else None


def values_for(invoice: Invoice, *, practice: str, link: str, today: dt.date) -> dict[str, str]:
    """What PLACEHOLDERS stand for."""
    client, locale = invoice.organisation.name, invoice.engagement.locale
    return values_in(invoice, client=client, locale=locale, practice=practice, link=link, today=today)


def values_in(
    invoice: Invoice, *, client: str, locale: str, practice: str, link: str, today: dt.date
) -> dict[str, str]:  # fmt: skip
    """The same from plain words: for an invoice that is only an example."""
    days = abs((today - invoice.due_on).days) if invoice.due_on else 0
    return {
        "client": client,
        "reference": invoice.reference,
        "title": invoice.title,
        "total": format_money(invoice.due, locale),
        "balance": format_money(invoice.balance, locale),
        "due_date": day_in(invoice.due_on, locale),
        "days": ngettext("%(n)d day", "%(n)d days", days) % {"n": days},
        "practice": practice,
        "link": link,
    }


def fill(rung: Rung, values: Mapping[str, str]) -> Filled:
    """Names that are none stay as they were written, as does everything else. A subject is one line."""
    subject = Template(str(rung.subject)).safe_substitute(values)
    body = Template(str(rung.body)).safe_substitute(values)
    return Filled(" ".join(subject.split())[:200], body.replace("\r\n", "\n"))


def unknown_names(text: str) -> list[str]:
    """$names in a text that stand for nothing."""
    return [name for name in Template(text).get_identifiers() if name not in PLACEHOLDERS]


@dataclass(frozen=True)
class Pause:
    """Why nothing is sent, in words, and until when where a day is known."""

    why: str
    until: dt.date | None = None


def pause_of(invoice: Invoice, today: dt.date) -> Pause | None:
    """Three queries, none where promises, disputes and allocations with their payments are prefetched."""
    if open_dispute(invoice):
        return Pause(str(_("A dispute is open.")))
    promise = latest_promise(invoice)
    if promise and promise.stands(today):
        return Pause(str(_("A payment is promised.")), promise.pays_on)
    if is_on_its_way(invoice):
        return Pause(str(_("A payment is on its way.")))
    return None


def open_dispute(invoice: Invoice) -> Dispute | None:
    return next((one for one in invoice.disputes.all() if one.is_open), None)


def latest_promise(invoice: Invoice) -> Promise | None:
    return max(invoice.promises.all(), key=lambda one: one.pk, default=None)


def is_on_its_way(invoice: Invoice) -> bool:
    """Money for it that has not cleared, be it a part: whoever pays is not reminded."""
    return any(one.payment.status == Payment.Status.PENDING for one in invoice.allocations.all())


def states_of(promises: Sequence[Promise], invoice: Invoice, today: dt.date) -> list[Promise.State]:
    """What became of each, in their order. Expects allocations with their payments prefetched."""
    return [_state(one, invoice, today, is_latest=one is promises[-1]) for one in promises]


def _state(promise: Promise, invoice: Invoice, today: dt.date, *, is_latest: bool) -> Promise.State:
    if not is_latest:
        return Promise.State.REPLACED
    if invoice.is_owed:
        return Promise.State.STANDING if promise.stands(today) else Promise.State.BROKEN
    if invoice.status == Invoice.Status.WRITTEN_OFF:
        return Promise.State.BROKEN
    days = [one.payment.cleared_on for one in invoice.allocations.all() if one.payment.status == "cleared"]
    late = [day for day in days if day and day > promise.pays_on]
    return Promise.State.BROKEN if late else Promise.State.KEPT
