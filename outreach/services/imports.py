"""Contacts from a file: looked at first, then brought in as a whole, and as a whole taken back.

Somebody is known already by any of their addresses, and without one by name and company. What is known is left as it
is: a file never overwrites what a person wrote.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from core import clock, events
from core.models import Organisation, User
from outreach.addresses import normalise
from outreach.cards import Card, read_cards
from outreach.models import Contact, ContactEmail, Encounter, FollowUp, ImportBatch, Lead, Tag, Touch

AT_ONCE = 500  # rows a statement; SQLite takes so many parameters
MOST_REMARKS = 500

T = TypeVar("T")


@transaction.atomic
def check_import(*, name: str, content: bytes, actor: User) -> ImportBatch:
    """Read a file and say what importing it would do; no contact is made. What the same person looked at before and
    did not import is forgotten. Raises DomainError for a file that cannot be read."""
    reading = read_cards(content)
    new, known = _split(reading.cards)
    remarks = [[place, text] for place, text in reading.remarks]
    remarks += [[card.place, _("%(name)s is known already.") % {"name": card.name}] for card in known]
    ImportBatch.objects.filter(by=actor, status=ImportBatch.Status.CHECKED).delete()
    return ImportBatch.objects.create(
        name=PurePath(name).name[:200],
        cards=[card.as_json() for card in new],
        remarks=sorted(remarks)[:MOST_REMARKS],
        told={"rows": reading.rows, "new": len(new), "known": len(known), "remarks": len(remarks)},
        by=actor,
    )


@transaction.atomic
def run_import(*, batch: ImportBatch, actor: User) -> ImportBatch:
    """Make the contacts; whoever has become known since is left out. Raises TransitionError on a second time."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    batch.move_to(ImportBatch.Status.DONE)
    new, known = _split([Card.from_json(stored) for stored in batch.cards])
    contacts = _make_contacts(batch, new)
    batch.told |= {"made": len(contacts), "known_since": len(known)}
    batch.cards, batch.done_at = [], clock.now()
    batch.save()
    events.record(batch, "import.done", actor=actor, name=batch.name, made=len(contacts))
    return batch


@transaction.atomic
def undo_import(*, batch: ImportBatch, actor: User) -> ImportBatch:
    """Take its contacts back, but for those that somebody has worked with since. Raises TransitionError where it is
    not done."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    batch.move_to(ImportBatch.Status.UNDONE)
    _delete_untouched(batch)
    batch.told |= {"kept": batch.contacts.count()}
    batch.save(update_fields=["status", "told"])
    events.record(batch, "import.undone", actor=actor, name=batch.name, kept=batch.told["kept"])
    return batch


@transaction.atomic
def discard_import(*, batch: ImportBatch) -> None:
    """Forget a file that was only looked at."""
    ImportBatch.objects.filter(pk=batch.pk, status=ImportBatch.Status.CHECKED).delete()


def _delete_untouched(batch: ImportBatch) -> None:
    """In three statements, however many there are: row by row it would take the time that a page has."""
    used = [rows.objects.filter(contact=OuterRef("pk")) for rows in (Lead, Encounter, Touch, FollowUp)]
    untouched = Contact.objects.filter(*(~Exists(rows) for rows in used), batch=batch, changed_at=None)
    ContactEmail.objects.filter(contact__in=untouched).delete()
    Contact.tags.through.objects.filter(contact__in=untouched).delete()
    untouched.order_by()._raw_delete(untouched.db)  # nothing hangs on them any more, and the database holds us to it


def _split(cards: Sequence[Card]) -> tuple[list[Card], list[Card]]:
    """New ones, and those that are here already or stand above in the same file."""
    addresses = _known_addresses({key for card in cards for key in _keys(card)})
    names = _known_names([card for card in cards if not card.emails])
    new, known = [], []
    for card in cards:
        keys, name = _keys(card), _name_key(card.name, card.company)
        if addresses.intersection(keys) or (not keys and name in names):
            known.append(card)
        else:
            new.append(card)
        addresses.update(keys)
        names.add(name)
    return new, known


def _keys(card: Card) -> list[str]:
    return [normalise(address) for address in card.emails]


def _name_key(name: str, company: str) -> tuple[str, str]:
    return name.lower(), company.lower()


def _known_addresses(keys: Iterable[str]) -> set[str]:
    rows = ContactEmail.objects.values_list("normalised", flat=True)
    return {found for some in _chunks(list(keys)) for found in rows.filter(normalised__in=some)}


def _known_names(cards: Sequence[Card]) -> set[tuple[str, str]]:
    """Name and company of contacts of those names, in small letters."""
    names = list({card.name for card in cards})
    rows = Contact.objects.values_list("name", "company")
    return {_name_key(*found) for some in _chunks(names) for found in rows.filter(name__in=some)}


def _make_contacts(batch: ImportBatch, cards: Sequence[Card]) -> list[Contact]:
    clients = {name.lower(): pk for pk, name in Organisation.objects.order_by("-id").values_list("pk", "name")}
    rows = [
        Contact(
            name=card.name,
            company=card.company,
            job=card.job,
            phone=card.phone,
            where_met=card.where_met,
            notes=card.notes,
            organisation_id=clients.get(card.company.lower()),
            batch=batch,
        )
        for card in cards
    ]
    contacts = Contact.objects.bulk_create(rows, batch_size=AT_ONCE)
    pairs = list(zip(contacts, cards, strict=True))
    emails = [
        ContactEmail(contact=contact, address=address, normalised=normalise(address))
        for contact, card in pairs
        for address in card.emails
    ]
    ContactEmail.objects.bulk_create(emails, batch_size=AT_ONCE)
    _tag(pairs)
    return contacts


def _tag(pairs: Sequence[tuple[Contact, Card]]) -> None:
    """Tags are few, so all are read: the database knows small letters in ASCII only."""
    wanted = {tag.lower(): tag for _contact, card in pairs for tag in card.tags}
    known = {tag.name.lower() for tag in Tag.objects.all()}
    Tag.objects.bulk_create([Tag(name=tag) for key, tag in wanted.items() if key not in known])
    tags = {tag.name.lower(): tag.pk for tag in Tag.objects.all()}
    through = Contact.tags.through
    links = {(contact.pk, tags[tag.lower()]) for contact, card in pairs for tag in card.tags}
    rows = [through(contact_id=contact, tag_id=tag) for contact, tag in links]
    through.objects.bulk_create(rows, batch_size=AT_ONCE)


def _chunks(rows: Sequence[T]) -> Iterable[Sequence[T]]:
    return (rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE))
