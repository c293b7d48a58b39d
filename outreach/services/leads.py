"""Leads: opened, moved from stage to stage, won, lost, put to rest and taken up again."""

import datetime as dt
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from core import events
from core.errors import DomainError, TransitionError
from core.models import Organisation, User
from core.services.organisations import find_or_add_organisation
from outreach import dates
from outreach.models import Contact, FollowUp, Lead
from outreach.services.follow_ups import BY_CADENCE, NextStep, drop_planned, plan_next_step


@dataclass(frozen=True)
class LeadParticulars:
    """What is known of a lead besides its stage."""

    title: str = ""
    company: str = ""
    channel: str = Lead.Channel.DIRECT
    came_through: str = ""
    size: str = Lead.Size.UNKNOWN
    work: str = Lead.Work.UNKNOWN
    is_defence: bool = False
    fit_note: str = ""


@transaction.atomic
def open_lead(
    *,
    particulars: LeadParticulars,
    actor: User,
    contact: Contact | None = None,
    organisation: Organisation | None = None,
    step: NextStep = BY_CADENCE,
) -> Lead:
    """A new lead of `actor`, with its next step. Company and client are the contact's where they are not given.

    Raises DomainError where there is nobody it could be of.
    """
    values = asdict(particulars)
    if contact:
        values["company"] = values["company"] or contact.company
        organisation = organisation or contact.organisation
    if not (contact or organisation or values["company"]):
        raise DomainError(_("Say whose lead it is: a company or a contact."))
    lead = Lead.objects.create(**values, contact=contact, organisation=organisation, owner=actor)
    events.record(lead, "lead.opened", actor=actor, who=lead.who)
    plan_next_step(lead=lead, step=step, actor=actor)
    return lead


@transaction.atomic
def change_lead(*, lead: Lead, particulars: LeadParticulars, owner: User, actor: User) -> Lead:
    """What is known of it, and whose it is: the planned step goes with it. Raises DomainError as `open_lead` does."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    changed = [name for name, value in asdict(particulars).items() if getattr(lead, name) != value]
    for name in changed:
        setattr(lead, name, getattr(particulars, name))
    if not (lead.contact_id or lead.organisation_id or lead.company):
        raise DomainError(_("Say whose lead it is: a company or a contact."))
    if lead.owner_id != owner.pk:
        changed.append("owner")
        lead.owner = owner
        FollowUp.objects.open().filter(lead=lead).update(owner=owner)
    lead.save(update_fields=changed)
    events.record(lead, "lead.changed", actor=actor, fields=changed)
    return lead


@transaction.atomic
def move_lead(*, lead: Lead, to: Lead.Status, actor: User | None) -> Lead:
    """Forward to a stage, or to won; each stage passed on the way is recorded as a move of its own.

    Raises TransitionError for a way back, and for a lead that is not open.
    """
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    ahead = [*lead.next_stages, Lead.Status.WON]
    if not lead.is_open or to not in ahead:
        raise TransitionError(
            _("This lead is “%(now)s”, so it cannot become “%(then)s”."),
            now=lead.get_status_display(),
            then=to.label,
        )
    for stage in ahead[: ahead.index(to) + 1]:
        _move(lead, stage, actor)
    if to == Lead.Status.WON:
        _drop_planned(lead, _("The lead was won."), actor)
    return lead


@transaction.atomic
def lose_lead(*, lead: Lead, reason: str, actor: User) -> Lead:
    """Raises TransitionError where it is not open, DomainError without a reason."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    if not reason.strip():
        raise DomainError(_("Say why it was lost: the next offer learns from it."))
    lead.lost_reason = reason.strip()
    _move(lead, Lead.Status.LOST, actor, reason=lead.lost_reason)
    _drop_planned(lead, _("The lead was lost."), actor)
    return lead


@transaction.atomic
def rest_lead(*, lead: Lead, until: dt.date, actor: User) -> Lead:
    """Dormant until a day, on which its next step comes up again. Raises DomainError for a day not after today."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    if until <= dates.today():
        raise DomainError(_("Choose a day after today."))
    lead.dormant_until = until
    _move(lead, Lead.Status.DORMANT, actor, until=until)
    planned = FollowUp.objects.open().filter(lead=lead).first()
    plan_next_step(lead=lead, step=NextStep(planned.what if planned else "", until), actor=actor)
    lead.no_step_reason = ""
    return lead


@transaction.atomic
def reopen_lead(*, lead: Lead, actor: User) -> Lead:
    """Take a lost or dormant lead up where it was left. Raises TransitionError for another."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    if lead.is_open:
        raise TransitionError(_("This lead is open already."))
    lead.lost_reason, lead.dormant_until = "", None
    _move(lead, Lead.Status(lead.stage_left or Lead.Status.CONTACTED), actor)
    plan_next_step(lead=lead, step=BY_CADENCE, actor=actor)
    return lead


@transaction.atomic
def make_client(*, lead: Lead, actor: User) -> Organisation:
    """The client that the lead's company becomes, or is already. Raises DomainError where no company is known."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    if lead.organisation:
        return lead.organisation
    name = lead.company or (lead.contact.company if lead.contact else "")
    if not name:
        raise DomainError(_("Name the company first."))
    organisation = find_or_add_organisation(name=name, actor=actor)
    lead.organisation = organisation
    lead.save(update_fields=["organisation"])
    Contact.objects.filter(leads=lead, organisation=None).update(organisation=organisation)
    events.record(lead, "lead.became_client", actor=actor)
    return organisation


def _move(lead: Lead, to: Lead.Status, actor: User | None, **why: str | dt.date) -> None:
    was = lead.status
    lead.move_to(to)
    lead.save(update_fields=["status", "stage_left", "moved_at", "lost_reason", "dormant_until"])
    events.record(
        lead, "lead.moved", actor=actor, was=was, then=to, why={name: str(said) for name, said in why.items()}
    )


def _drop_planned(lead: Lead, reason: str, actor: User | None) -> None:
    drop_planned(lead, reason, actor=actor)
    lead.no_step_reason = ""
    lead.save(update_fields=["no_step_reason"])
