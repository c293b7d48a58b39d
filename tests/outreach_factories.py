"""Contacts, leads and follow-ups for tests."""

import datetime as dt

from outreach import dates
from outreach.models import FollowUp, Lead, Touch
from outreach.services import contacts, follow_ups, leads
from outreach.services.contacts import ContactParticulars, Meeting
from outreach.services.follow_ups import NextStep, Said
from outreach.services.leads import LeadParticulars


def day(offset=0):
    """So many days from today, in the practice's zone."""
    return dates.today() + dt.timedelta(days=offset)


def make_contact(actor, name="Mara Lind", *, emails=(), tags=(), **fields):
    particulars = ContactParticulars(name=name, emails=tuple(emails), tags=tuple(tags), **fields)
    return contacts.add_contact(particulars=particulars, actor=actor)


def make_lead(actor, *, contact=None, company="Tern & Tide", step_on=None, what="", status=Lead.Status.NEW, **fields):
    """With a next step two days on, or on another day; moved on to `status`."""
    step = NextStep(what=what, on=step_on)
    lead = leads.open_lead(
        particulars=LeadParticulars(company=company, **fields), contact=contact, step=step, actor=actor
    )
    return lead if status == Lead.Status.NEW else leads.move_lead(lead=lead, to=status, actor=actor)


def make_follow_up(actor, *, due=0, what="Call them", **fields):
    """Of a new lead; `due` is in days from today, which may be past: set behind the services' back."""
    lead = make_lead(actor, what=what, **fields)
    FollowUp.objects.filter(lead=lead).update(due_on=day(due))
    return FollowUp.objects.get(lead=lead)


def make_touch(actor, *, lead=None, contact=None, on=0, said="We spoke"):
    said = Said(how=Touch.How.CALL, said=said, on=day(on))
    return follow_ups.record_touch(lead=lead, contact=contact, said=said, actor=actor)


def make_encounter(actor, contact, *, on=0, occasion="Cloud evening", **fields):
    meeting = Meeting(occasion=occasion, on=day(on), **fields)
    return contacts.meet_contact(contact=contact, meeting=meeting, actor=actor)
