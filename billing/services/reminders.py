"""The late ladder: each rung once for each invoice, however often and whenever the scheduler calls.

An invoice's engagement is locked first, then the invoice, then its steps: of two schedulers the second sees what the
first one made. What holds is asked again under those locks when a mail is sent.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext as _

from billing.ladder import ACTS, LABELS, LADDER, POSITIONS, Rung, due_rung, pause_of, policy, values_for
from billing.ladder import unknown_names as names_unknown
from billing.models import Invoice, InvoiceSettings, ReminderPolicy, ReminderStep
from billing.services import mailing, posting
from core import clock, events
from core.errors import DomainError, StaleError, TransitionError
from core.models import User
from core.money import format_money
from core.queries import practice_name
from engagements.models import Engagement
from outreach import dates

logger = logging.getLogger(__name__)

FURTHEST_DAYS = 365


@dataclass(frozen=True)
class RungWords:
    """What the practice makes of a rung: days from the due date, and the text with its $names."""

    key: str
    days: int
    subject: str
    body: str
    is_enabled: bool = True


@dataclass(frozen=True)
class SentAll:
    """How many went out, and what was refused, in words."""

    sent: int
    refused: tuple[str, ...]


def climb_ladder() -> int:
    """Make the highest rung that each late invoice has reached, and pass over those below it; how many were made.

    They wait as drafts, unless the practice lets them go by themselves. Safe to run at any time, twice at once, after
    days of standing still, and with the clock set back. What goes wrong with one invoice costs no other its reminder.
    """
    rungs, goes = policy(), InvoiceSettings.get().reminders_go_by_themselves
    made = 0
    for invoice in _on_the_ladder(rungs):
        try:
            made += _climb(invoice.pk, rungs, goes=goes)
        except Exception:
            logger.exception("The reminder of invoice %s could not be made", invoice.pk)
    return made


@transaction.atomic
def edit_step(*, step: ReminderStep, subject: str, body: str, actor: User) -> ReminderStep:
    """The words of one that waits. Raises DomainError for empty ones, TransitionError where it waits no more."""
    invoice, row = _locked(step)
    subject, body = " ".join(subject.split())[:200], body.replace("\r\n", "\n").strip()
    if not subject or not body:
        raise DomainError(_("A reminder needs a subject and a text."))
    _require_waiting(row)
    row.subject, row.body, row.owed, row.edited_at = subject, body, invoice.balance, clock.now()
    row.save(update_fields=["subject", "body", "owed", "owed_currency", "edited_at"])
    events.record(row, "reminder.edited", actor=actor, organisation=invoice.organisation, invoice=invoice.reference)
    return row


def send_step(*, step: ReminderStep, actor: User) -> ReminderStep:
    """Mail one that waits to the client's owners and payers; of two who click at once, one sends.

    Raises TransitionError where nothing is owed any more (it is dropped then) or its time is over, DomainError while
    the ladder is paused or where nobody may be written to, StaleError for a text that a person wrote about another
    balance.
    """
    with transaction.atomic():
        invoice, row = _locked(step)
        if row.status != ReminderStep.Status.SENT:
            _send(invoice, row, actor)
    if row.was_settled:
        raise TransitionError(
            _("Nothing is owed on %(reference)s any more: the reminder was dropped."), reference=invoice.reference
        )
    if row.status == ReminderStep.Status.SUPERSEDED:
        raise TransitionError(_("This was a word ahead of the due date, and that day has come."))
    return row


def send_all(*, actor: User) -> SentAll:
    """Every one that waits; what is refused stays, and is told with the reason."""
    sent, refused = 0, []
    for step in waiting_steps():
        try:
            send_step(step=step, actor=actor)
            sent += 1
        except DomainError as refusal:
            refused.append(f"{step.invoice.reference}: {refusal}")
    return SentAll(sent, tuple(refused))


@transaction.atomic
def drop_step(*, step: ReminderStep, actor: User) -> ReminderStep:
    """It is not sent, now or later; a call that belongs to it remains. Twice is once."""
    invoice, row = _locked(step)
    if row.status != ReminderStep.Status.DROPPED:
        _require_waiting(row)
        row.move_to(ReminderStep.Status.DROPPED)
        row.save(update_fields=["status"])
        events.record(
            row, "reminder.dropped", actor=actor, organisation=invoice.organisation, invoice=invoice.reference
        )
    return row


@transaction.atomic
def note_call(*, step: ReminderStep, note: str, actor: User) -> ReminderStep:
    """Somebody called, and this is what was said. Raises TransitionError where no call waits."""
    invoice, row = _locked(step)
    if not row.wants_call:
        raise TransitionError(_("This call was noted already."))
    row.called_at, row.called_by, row.call_note = clock.now(), actor, note.strip()[:500]
    row.save(update_fields=["called_at", "called_by", "call_note"])
    events.record(
        row,
        "reminder.called",
        actor=actor,
        organisation=invoice.organisation,
        invoice=invoice.reference,
        note=row.call_note,
    )
    return row


def drop_settled(invoice: Invoice, actor: User | None) -> None:
    """Nothing is owed any more: what waits is never sent. Runs inside the transaction that settled it."""
    if owes(invoice):
        return
    for row in ReminderStep.objects.select_for_update().filter(invoice=invoice, status=ReminderStep.Status.DRAFT):
        _drop_as_settled(invoice, row, actor)


@transaction.atomic
def set_policy(*, words: Sequence[RungWords], goes_by_themselves: bool, actor: User) -> None:
    """Days and texts of every rung, and whether reminders wait for a click. Drafts that wait go on waiting.

    Raises DomainError where days are not in the ladder's order, or a text is empty or holds a $name for nothing.
    """
    _check(words)
    for one in words:
        values = {"days": one.days, "subject": one.subject, "body": one.body, "is_enabled": one.is_enabled}
        ReminderPolicy.objects.update_or_create(key=one.key, defaults=values)
    settings, _made = InvoiceSettings.objects.update_or_create(
        id=1, defaults={"reminders_go_by_themselves": goes_by_themselves}
    )
    events.record(
        settings,
        "reminders.policy_changed",
        actor=actor,
        days={one.key: one.days for one in words},
        off=[one.key for one in words if not one.is_enabled],
        goes_by_themselves=goes_by_themselves,
    )


def owes(invoice: Invoice) -> bool:
    """Money is owed on it: issued, no credit note, and something left."""
    return invoice.is_owed and invoice.kind != Invoice.Kind.CREDIT and invoice.balance.amount > 0


def waiting_steps() -> list[ReminderStep]:
    """Drafts of invoices on which something is owed, the one that is late the longest first."""
    rows = ReminderStep.objects.filter(status=ReminderStep.Status.DRAFT, invoice__in=Invoice.objects.open())
    return list(rows.select_related("invoice").order_by("invoice__due_on", "id"))


def _on_the_ladder(rungs: Sequence[Rung]) -> list[Invoice]:
    """Owed invoices for which there may be something to do; asked again under the locks."""
    today = dates.today()
    rows = Invoice.objects.open().exclude(kind=Invoice.Kind.CREDIT).filter(due_on__isnull=False)
    return [
        invoice
        for invoice in rows.prefetch_related("reminders").order_by("due_on", "id")
        if due_rung(invoice, rungs, invoice.reminders.all(), today)
        or any(_is_over(invoice, step, rungs) for step in invoice.reminders.all() if step.is_waiting)
    ]


@transaction.atomic
def _climb(invoice_id: int, rungs: Sequence[Rung], *, goes: bool) -> bool:
    invoice, today = _lock_invoice(invoice_id), dates.today()
    steps = {step.key: step for step in ReminderStep.objects.select_for_update().filter(invoice=invoice)}
    for step in steps.values():
        if step.is_waiting and _is_over(invoice, step, rungs):
            _pass_over(invoice, step)
    rung = due_rung(invoice, rungs, steps.values(), today) if owes(invoice) else None
    if rung is None or pause_of(invoice, today):
        return False
    _pass_over_lower(invoice, rung, steps)
    step = _make(invoice, rung, steps.get(rung.key))
    if goes and mailing.addresses(invoice.organisation) and invoice.pdf is not None:
        _send_or_leave(invoice, step)
    return True


def _send_or_leave(invoice: Invoice, step: ReminderStep) -> None:
    """What cannot go by itself waits as a draft, and says why to whoever sends it."""
    try:
        with transaction.atomic():
            _send(invoice, step, None)
    except DomainError as refusal:
        logger.warning("Reminder %s was left as a draft: %s", step.pk, refusal)


def _make(invoice: Invoice, rung: Rung, dropped: ReminderStep | None) -> ReminderStep:
    """A new step, or the one that was dropped when the invoice was settled, which it is no more."""
    step = dropped or ReminderStep(invoice=invoice, key=rung.key)
    if dropped:
        step.move_to(ReminderStep.Status.DRAFT)
        step.was_settled, step.edited_at = False, None
    _fill_in(invoice, step, rung)
    step.save()
    events.record(
        step,
        "reminder.drafted",
        actor=None,
        organisation=invoice.organisation,
        invoice=invoice.reference,
        step=rung.key,
    )
    return step


def _fill_in(invoice: Invoice, step: ReminderStep, rung: Rung) -> None:
    today = dates.today()
    values = values_for(invoice, practice=practice_name(), link=mailing.invoice_url(invoice), today=today)
    for act in rung.acts:
        ACTS[act](step, rung, values, today)
    step.owed = invoice.balance


def _pass_over_lower(invoice: Invoice, rung: Rung, steps: dict[str, ReminderStep]) -> None:
    """Rungs below the one that is made are never sent any more: after downtime, only the highest goes out."""
    for lower in LADDER[: POSITIONS[rung.key]]:
        step = steps.get(lower.key)
        if step is None:
            ReminderStep.objects.create(
                invoice=invoice, key=lower.key, owed=invoice.balance, status=ReminderStep.Status.SUPERSEDED
            )
        elif step.is_waiting:
            _pass_over(invoice, step)


def _pass_over(invoice: Invoice, step: ReminderStep) -> None:
    step.move_to(ReminderStep.Status.SUPERSEDED)
    step.save(update_fields=["status"])
    events.record(
        step, "reminder.passed_over", actor=None, organisation=invoice.organisation, invoice=invoice.reference
    )


def _is_over(invoice: Invoice, step: ReminderStep, rungs: Iterable[Rung]) -> bool:
    """A word ahead of the due date, when that day has come."""
    rung = next((one for one in rungs if one.key == step.key), None)
    return rung is not None and rung.days < 0 and invoice.due_on is not None and invoice.due_on <= dates.today()


def _send(invoice: Invoice, row: ReminderStep, actor: User | None) -> None:
    """Expects the rows locked. Leaves it dropped or passed over where it must not go out any more."""
    rungs = policy()
    if not owes(invoice) and row.is_waiting:
        return _drop_as_settled(invoice, row, actor)
    if row.is_waiting and _is_over(invoice, row, rungs):
        return _pass_over(invoice, row)
    if row.status == ReminderStep.Status.SUPERSEDED or row.was_settled:
        return None
    _require_waiting(row)
    if pause := pause_of(invoice, dates.today()):
        raise DomainError(_("%(why)s Until then nothing is sent about this invoice."), why=pause.why)
    _refresh(invoice, row, rungs)
    people = mailing.addresses(invoice.organisation)
    if not people or invoice.pdf is None:
        raise DomainError(
            _("Nobody of %(client)s may see invoices. Invite an owner or a payer first."),
            client=invoice.organisation.name,
        )
    posting.require_pdf(invoice)
    row.move_to(ReminderStep.Status.SENT)
    row.sent_to, row.sent_at, row.sent_by = people, clock.now(), actor
    row.save()
    events.record(
        row,
        "reminder.sent",
        actor=actor,
        organisation=invoice.organisation,
        invoice=invoice.reference,
        step=row.key,
        to=people,
    )
    posting.queue(invoice=invoice, people=people, step=row)
    return None


def _refresh(invoice: Invoice, row: ReminderStep, rungs: Iterable[Rung]) -> None:
    """What nobody edited speaks of today's balance; what somebody wrote is theirs to correct."""
    if row.edited_at is None:
        _fill_in(invoice, row, next(one for one in rungs if one.key == row.key))
    elif row.owed != invoice.balance:
        raise StaleError(
            _("Since this was written, what is owed has become %(balance)s. Look through the text again."),
            balance=format_money(invoice.balance, invoice.engagement.locale),
        )


def _drop_as_settled(invoice: Invoice, row: ReminderStep, actor: User | None) -> None:
    row.move_to(ReminderStep.Status.DROPPED)
    row.was_settled = True
    row.save(update_fields=["status", "was_settled"])
    events.record(row, "reminder.settled", actor=actor, organisation=invoice.organisation, invoice=invoice.reference)


def _require_waiting(row: ReminderStep) -> None:
    if not row.is_waiting:
        raise TransitionError(_("This reminder does not wait any more: %(now)s."), now=row.get_status_display())


def _check(words: Sequence[RungWords]) -> None:
    if [one.key for one in words] != [rung.key for rung in LADDER]:
        raise DomainError(_("Every step of the ladder is set, in its order."))
    days = [one.days for one in words]
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise DomainError(_("Each step comes after the one above it: mind the days."))
    for one, rung in zip(words, LADDER, strict=True):
        if abs(one.days) > FURTHEST_DAYS or (one.days < 0) != (rung.days < 0) or not one.days:
            raise DomainError(_("“%(step)s”: such days cannot be."), step=LABELS[one.key])
        if not one.subject.strip() or not one.body.strip():
            raise DomainError(_("“%(step)s” needs a subject and a text."), step=LABELS[one.key])
        if unknown := names_unknown(one.subject) + names_unknown(one.body):
            raise DomainError(_("$%(name)s stands for nothing."), name=unknown[0])


def _lock_invoice(invoice_id: int) -> Invoice:
    engagement = Invoice.objects.values_list("engagement", flat=True).get(pk=invoice_id)
    Engagement.objects.select_for_update().get(pk=engagement)
    rows = Invoice.objects.select_for_update(of=("self",)).select_related("organisation", "engagement", "pdf")
    return rows.get(pk=invoice_id)


def _locked(step: ReminderStep) -> tuple[Invoice, ReminderStep]:
    invoice = _lock_invoice(step.invoice_id)
    return invoice, ReminderStep.objects.select_for_update().get(pk=step.pk)
