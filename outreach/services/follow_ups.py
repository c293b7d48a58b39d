"""The next step with somebody: planned, done by a touch, put off or dropped.

An open lead always has one next step, or a reason why not: whatever closes a step here plans the next, two days on
where nobody says otherwise. Locks are taken lead first, then follow-up.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from core import events
from core.errors import DomainError
from core.models import User
from outreach import dates
from outreach.models import Contact, FollowUp, Lead, Touch


@dataclass(frozen=True)
class NextStep:
    """What to do next and when; without a date by the cadence; `none_because` says why there is no next step."""

    what: str = ""
    on: dt.date | None = None
    none_because: str = ""


BY_CADENCE = NextStep()


@dataclass(frozen=True)
class Said:
    """How one was in touch, and what was said. `on` is today where it is not given."""

    how: Touch.How = Touch.How.CALL
    said: str = ""
    on: dt.date | None = None


@transaction.atomic
def plan_next_step(*, lead: Lead, step: NextStep, actor: User) -> FollowUp | None:
    """Set the one next step of a lead, in place of the planned one; None where there shall be none, with its reason.

    Raises DomainError for a day that is past, and for a lead that is won or lost.
    """
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    if lead.status in {Lead.Status.WON, Lead.Status.LOST}:
        raise DomainError(_("This lead is closed. Reopen it to plan a next step."))
    if step.none_because:
        drop_planned(lead, step.none_because, actor=actor)
        _keep_reason(lead, step.none_because)
        return None
    _keep_reason(lead, "")
    return _plan(step, actor, lead=lead)


@transaction.atomic
def plan_contact_step(*, contact: Contact, step: NextStep, actor: User) -> FollowUp:
    """A next step with somebody there is no lead with, yet. Raises DomainError for a day that is past."""
    Contact.objects.select_for_update().get(pk=contact.pk)
    return _plan(step, actor, contact=contact)


@transaction.atomic
def record_touch(
    *, lead: Lead | None = None, contact: Contact | None = None, said: Said = Said(), actor: User
) -> Touch:
    """Having been in touch: a new lead becomes contacted, and the cadence starts again.

    A date that a person chose stays. Raises DomainError for a day still to come.
    """
    if lead:
        lead = Lead.objects.select_for_update().get(pk=lead.pk)
    touch = _touch(lead, contact, said, actor)
    today = dates.today()
    planned = FollowUp.objects.open().filter(lead=lead, contact=None if lead else contact, is_by_hand=False)
    planned.update(due_on=dates.next_by_cadence(touch.on, today))
    return touch


@transaction.atomic
def finish_follow_up(*, follow_up: FollowUp, said: Said = Said(), step: NextStep | None = None, actor: User) -> Touch:
    """Done, by a touch; then comes the next step: as said, or for an open lead by the cadence.

    Raises TransitionError where it is done or dropped already, DomainError for a day that cannot be.
    """
    follow_up, lead = _locked(follow_up)
    follow_up.move_to(FollowUp.Status.DONE)
    touch = _touch(lead, follow_up.contact, said, actor)
    follow_up.touch = touch
    follow_up.save(update_fields=["status", "touch", "closed_at"])
    events.record(follow_up, "follow_up.done", actor=actor)
    _plan_after(lead, follow_up.contact, step or NextStep(), touch, actor)
    return touch


@transaction.atomic
def snooze_follow_up(*, follow_up: FollowUp, until: dt.date, reason: str = "", actor: User) -> None:
    """Put it off to a later day; from the third time on only with a reason.

    Raises TransitionError where it is closed already, DomainError where the day or the reason is missing.
    """
    follow_up, _lead = _locked(follow_up)
    if until <= dates.today():
        raise DomainError(_("Choose a day after today."))
    if follow_up.asks_for_reason and not reason.strip():
        raise DomainError(_("Put off %(n)s times already: say why it waits again."), n=follow_up.snoozes)
    follow_up.move_to(FollowUp.Status.SNOOZED)
    was, follow_up.due_on = follow_up.due_on, until
    follow_up.is_by_hand, follow_up.reason = True, reason.strip()
    follow_up.snoozes += 1
    follow_up.save(update_fields=["status", "due_on", "is_by_hand", "reason", "snoozes"])
    events.record(follow_up, "follow_up.snoozed", actor=actor, was=was, until=until, times=follow_up.snoozes)


@transaction.atomic
def drop_follow_up(*, follow_up: FollowUp, reason: str, actor: User) -> None:
    """Never mind, and why: for a lead that is why it has no next step.

    Raises TransitionError where it is closed already, DomainError without a reason.
    """
    follow_up, lead = _locked(follow_up)
    if not reason.strip():
        raise DomainError(_("Say why it is dropped."))
    _drop(follow_up, reason.strip(), actor)
    if lead and lead.is_open:
        _keep_reason(lead, reason.strip())


def drop_planned(lead: Lead, reason: str, *, actor: User | None) -> None:
    """Close the planned step of a lead, where there is one. Call it with the lead locked."""
    for follow_up in FollowUp.objects.select_for_update().open().filter(lead=lead):
        _drop(follow_up, reason, actor)


def _plan(step: NextStep, actor: User, *, lead: Lead | None = None, contact: Contact | None = None) -> FollowUp:
    today = dates.today()
    if step.on and step.on < today:
        raise DomainError(_("A next step cannot be in the past."))
    touched_on = (lead.last_touch_on if lead else None) or today
    due_on = step.on or dates.next_by_cadence(touched_on, today)
    follow_up = FollowUp.objects.open().filter(lead=lead, contact=contact).first()
    if follow_up is None:
        follow_up = FollowUp(lead=lead, contact=contact, owner=lead.owner if lead else actor)
    follow_up.what, follow_up.due_on, follow_up.is_by_hand = step.what.strip(), due_on, step.on is not None
    follow_up.save()
    events.record(follow_up, "follow_up.planned", actor=actor, step=follow_up.what, due_on=due_on)
    return follow_up


def _plan_after(lead: Lead | None, contact: Contact | None, step: NextStep, touch: Touch, actor: User) -> None:
    if lead and lead.is_open:
        plan_next_step(lead=lead, step=step, actor=actor)
    elif step.on and lead and lead.status == Lead.Status.DORMANT:
        _plan(step, actor, lead=lead)
    elif step.on and contact:
        _plan(step, actor, contact=contact)


def _touch(lead: Lead | None, contact: Contact | None, said: Said, actor: User) -> Touch:
    today = dates.today()
    on = said.on or today
    if on > today:
        raise DomainError(_("That day is still to come. Plan it as a next step instead."))
    contact = contact or (lead.contact if lead else None)
    touch = Touch.objects.create(lead=lead, contact=contact, how=said.how, said=said.said.strip(), on=on, by=actor)
    events.record(lead or touch, "touch.recorded", actor=actor, how=said.how, on=on)
    if lead:
        _note_touch(lead, on, actor)
    return touch


def _note_touch(lead: Lead, on: dt.date, actor: User) -> None:
    lead.last_touch_on = max(on, lead.last_touch_on or on)
    fields = ["last_touch_on"]
    if lead.status == Lead.Status.NEW:
        lead.move_to(Lead.Status.CONTACTED)
        fields += ["status", "moved_at"]
        events.record(lead, "lead.moved", actor=actor, was=Lead.Status.NEW, then=Lead.Status.CONTACTED)
    lead.save(update_fields=fields)


def _drop(follow_up: FollowUp, reason: str, actor: User | None) -> None:
    follow_up.move_to(FollowUp.Status.DROPPED)
    follow_up.reason = reason
    follow_up.save(update_fields=["status", "reason", "closed_at"])
    events.record(follow_up, "follow_up.dropped", actor=actor, reason=reason)


def _keep_reason(lead: Lead, reason: str) -> None:
    lead.no_step_reason = reason
    lead.save(update_fields=["no_step_reason"])


def _locked(follow_up: FollowUp) -> tuple[FollowUp, Lead | None]:
    lead = Lead.objects.select_for_update().get(pk=follow_up.lead_id) if follow_up.lead_id else None
    return FollowUp.objects.select_for_update().get(pk=follow_up.pk), lead
