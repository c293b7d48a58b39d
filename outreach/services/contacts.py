"""Contacts: written down, changed, met at an occasion, deleted."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Organisation, User
from outreach import dates
from outreach.addresses import normalise
from outreach.models import Contact, ContactEmail, Encounter, Lead, Occasion, Tag
from outreach.services.follow_ups import NextStep
from outreach.services.leads import LeadParticulars, open_lead

SAME_OCCASION_DAYS = 30  # a meetup of that name within so many days is the same evening, later its next edition


class DuplicateError(DomainError):
    """Somebody with that address is known already."""

    def __init__(self, known: Contact) -> None:
        self.known = known
        super().__init__(_("%(name)s has this address already."), name=known.name)


@dataclass(frozen=True)
class ContactParticulars:
    """What is known of a contact. `emails` come as they are written; the first is the one to write to."""

    name: str
    company: str = ""
    job: str = ""
    emails: tuple[str, ...] = ()
    phone: str = ""
    where_met: str = ""
    is_peer: bool | None = None
    economic_buyer: bool = False
    notes: str = ""
    tags: tuple[str, ...] = ()

    def columns(self) -> dict[str, object]:
        """All but what lies in other tables."""
        return {name: value for name, value in vars(self).items() if name not in {"emails", "tags"}}


@dataclass(frozen=True)
class Meeting:
    """Where and when somebody was met; `occasion` is its name, empty for a meeting at none."""

    occasion: str = ""
    on: dt.date | None = None
    card_received: bool = False
    said: str = ""
    goes_to: str = ""


@transaction.atomic
def add_contact(*, particulars: ContactParticulars, actor: User) -> Contact:
    """Raises DuplicateError where an address is known already, ValidationError where it is none."""
    contact = Contact.objects.create(**particulars.columns(), organisation=_client_named(particulars.company))
    _set_emails(contact, particulars.emails)
    contact.tags.set(_tags(particulars.tags))
    events.record(contact, "contact.added", actor=actor, name=contact.name)
    return contact


@transaction.atomic
def change_contact(*, contact: Contact, particulars: ContactParticulars, actor: User) -> Contact:
    """Raises DuplicateError where an address is somebody else's, ValidationError where it is none."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    for name, value in particulars.columns().items():
        setattr(contact, name, value)
    contact.organisation = _client_named(particulars.company) or contact.organisation
    contact.changed_at = clock.now()
    contact.save()
    _set_emails(contact, particulars.emails)
    contact.tags.set(_tags(particulars.tags))
    events.record(contact, "contact.changed", actor=actor)
    return contact


@transaction.atomic
def tag_contact(*, contact: Contact, tags: Iterable[str], actor: User) -> None:
    """Put tags on them; one that is there in other letters is taken."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    added = _tags(tags)
    contact.tags.add(*added)
    _worked_with(contact)
    events.record(contact, "contact.tagged", actor=actor, tags=[tag.name for tag in added])


@transaction.atomic
def untag_contact(*, contact: Contact, tag: str, actor: User) -> None:
    """Take a tag off; one that they do not carry is off already."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if carried := contact.tags.filter(name=tag).first():
        contact.tags.remove(carried)
        _worked_with(contact)
        events.record(contact, "contact.untagged", actor=actor, tag=tag)


@transaction.atomic
def delete_contact(*, contact: Contact, actor: User) -> None:
    """With what was noted of them. Raises DomainError where a lead, or whatever came of it, needs them."""
    events.record(contact, "contact.deleted", actor=actor)
    try:
        with transaction.atomic():
            contact.delete()
    except ProtectedError as refusal:
        raise DomainError(
            _("%(name)s is part of a lead and what came of it, so the record stays."), name=contact.name
        ) from refusal


@transaction.atomic
def meet_contact(*, contact: Contact, meeting: Meeting, actor: User) -> Encounter:
    """Write down where and when they were met, what they said. Raises DomainError for a day still to come."""
    today = dates.today()
    on = meeting.on or today
    if on > today:
        raise DomainError(_("That day is still to come."))
    encounter = Encounter.objects.create(
        contact=contact,
        occasion=find_or_add_occasion(name=meeting.occasion, on=on, actor=actor) if meeting.occasion else None,
        on=on,
        card_received=meeting.card_received,
        said=meeting.said.strip(),
        goes_to=meeting.goes_to.strip(),
    )
    events.record(contact, "contact.met", actor=actor, occasion=meeting.occasion, on=on)
    return encounter


@transaction.atomic
def find_or_add_occasion(*, name: str, on: dt.date, actor: User) -> Occasion:
    """The occasion of that name nearest before or on the day; a new one where there was none within a month."""
    recent = Occasion.objects.filter(
        name__iexact=name, on__gt=on - dt.timedelta(days=SAME_OCCASION_DAYS), on__lte=on
    ).first()
    if recent:
        return recent
    occasion = Occasion.objects.create(name=name, on=on)
    events.record(occasion, "occasion.added", actor=actor, name=name)
    return occasion


@transaction.atomic
def quick_add(
    *, particulars: ContactParticulars, meeting: Meeting, step_on: dt.date | None, actor: User
) -> tuple[Contact, Lead | None]:
    """From a business card to a contact, the meeting, and with `step_on` a lead whose next step is that day.

    Raises as `add_contact`, `meet_contact` and `plan_next_step` do.
    """
    contact = add_contact(particulars=particulars, actor=actor)
    if meeting.occasion or meeting.said:
        meet_contact(contact=contact, meeting=meeting, actor=actor)
    if step_on is None:
        return contact, None
    lead = open_lead(particulars=LeadParticulars(), contact=contact, step=NextStep(on=step_on), actor=actor)
    return contact, lead


def _worked_with(contact: Contact) -> None:
    """Taking an import back leaves whom somebody has changed since."""
    contact.changed_at = clock.now()
    contact.save(update_fields=["changed_at"])


def _client_named(company: str) -> Organisation | None:
    return Organisation.objects.filter(name__iexact=company).order_by("id").first() if company else None


def _set_emails(contact: Contact, addresses: Sequence[str]) -> None:
    """The addresses in their order; of two spellings of one mailbox the first stays."""
    wanted: dict[str, str] = {}
    for address in addresses:
        wanted.setdefault(normalise(address), address.strip())
    taken = ContactEmail.objects.filter(normalised__in=wanted).exclude(contact=contact).select_related("contact")
    if known := taken.first():
        raise DuplicateError(known.contact)
    contact.emails.all().delete()
    rows = [ContactEmail(contact=contact, address=address, normalised=key) for key, address in wanted.items()]
    try:
        with transaction.atomic():
            ContactEmail.objects.bulk_create(rows)
    except IntegrityError as race:  # somebody wrote the same card down a moment ago
        raise DuplicateError(taken.all()[0].contact) from race


def _tags(names: Iterable[str]) -> list[Tag]:
    tags = []
    for name in names:
        tag = Tag.objects.filter(name__iexact=name).first()
        tags.append(tag or Tag.objects.create(name=name))
    return tags
