"""Contacts from a file: looked at first, then brought in as a whole, and as a whole taken back.

Somebody is known already by any of their addresses, and without one by name and company. What is known is left as it
is: a file never overwrites what a person wrote.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import PurePath
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Organisation, User
from outreach import tasks
from outreach.addresses import normalise
from outreach.cards import Card, read_cards
from outreach.models import Contact, ContactEmail, Encounter, FollowUp, ImportBatch, Lead, Tag, Touch

AT_ONCE = 500  # rows a statement; SQLite takes so many parameters
MOST_REMARKS = 500
MOST_IN_REQUEST = 2_000  # contacts; a longer file is a worker's
STEP = 1_000  # contacts a worker brings in before it says how far it is
SAMPLE = 25  # cards shown
SILENCE = dt.timedelta(minutes=2)  # of a worker, before another takes over

T = TypeVar("T")


def check_import(*, name: str, content: bytes, actor: User) -> ImportBatch:
    """Read a file and say what importing it would do; no contact is made. A long file is read by a worker. What the
    same person looked at before and did not import is forgotten. Raises DomainError for a short file that cannot be
    read; of a long one the batch says so."""
    batch = ImportBatch(name=PurePath(name).name[:200], status=ImportBatch.Status.READING, by=actor)
    is_long = _rows_at_most(content) > MOST_IN_REQUEST
    if is_long:
        batch.content = content
    else:
        _look_at(batch, content)
    with transaction.atomic():
        ImportBatch.objects.filter(by=actor, status__in=ImportBatch.UNDECIDED).delete()
        batch.save()
        if is_long:
            _ring(batch)
    return batch


@transaction.atomic
def start_import(*, batch: ImportBatch, actor: User) -> None:
    """Bring a short file in at once, hand a long one to a worker. Raises TransitionError on a second time."""
    batch = ImportBatch.objects.light().select_for_update().get(pk=batch.pk)
    if batch.told.get("new", 0) <= MOST_IN_REQUEST:
        run_import(batch=batch, actor=actor)
        return
    batch.move_to(ImportBatch.Status.RUNNING)
    batch.started_by, batch.beat_at = actor, None
    batch.save(update_fields=["status", "started_by", "beat_at"])
    events.record(batch, "import.started", actor=actor, name=batch.name)
    _ring(batch)


@transaction.atomic
def run_import(*, batch: ImportBatch, actor: User) -> ImportBatch:
    """Make the contacts; whoever has become known since is left out. Raises TransitionError on a second time."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    batch.move_to(ImportBatch.Status.DONE)
    _bring_in(batch, batch.cards)
    _finish(batch, actor)
    return batch


def work_on_import(*, batch_id: int) -> None:
    """Read a long file, or bring it in. While one worker is at it, a second does nothing."""
    batch = _claim(batch_id)
    if batch is None:
        return
    if batch.status == ImportBatch.Status.READING:
        _read(batch)
    else:
        _run_in_steps(batch)


def resume_imports() -> None:
    """Ring again for what no worker gives a sign of life of."""
    left = ImportBatch.objects.filter(_unattended(), status__in=ImportBatch.WORKED_ON)
    for batch_id in left.values_list("pk", flat=True):
        tasks.work_on_import.delay(batch_id)


@transaction.atomic
def undo_import(*, batch: ImportBatch, actor: User) -> ImportBatch:
    """Take its contacts back, but for those that somebody has worked with since. Raises TransitionError where it is
    not done."""
    batch = ImportBatch.objects.light().select_for_update().get(pk=batch.pk)
    batch.move_to(ImportBatch.Status.UNDONE)
    _delete_untouched(batch)
    batch.told |= {"kept": batch.contacts.count()}
    batch.save(update_fields=["status", "told"])
    events.record(batch, "import.undone", actor=actor, name=batch.name, kept=batch.told["kept"])
    return batch


@transaction.atomic
def discard_import(*, batch: ImportBatch) -> None:
    """Forget a file that was only looked at."""
    ImportBatch.objects.filter(pk=batch.pk, status__in=ImportBatch.UNDECIDED).delete()


def _rows_at_most(content: bytes) -> int:
    """How many contacts a file may hold, without reading it: cards, or lines of any ending."""
    if b"BEGIN:VCARD" in content[:5000].upper():
        return content.upper().count(b"BEGIN:VCARD")
    return max(content.count(b"\n"), content.count(b"\r"))


def _ring(batch: ImportBatch) -> None:
    transaction.on_commit(partial(tasks.work_on_import.delay, batch.pk))


def _unattended() -> Q:
    return Q(beat_at=None) | Q(beat_at__lt=clock.now() - SILENCE)


def _claim(batch_id: int) -> ImportBatch | None:
    """The batch, for the one worker that may be at it; a worker that fell silent loses it."""
    mine = ImportBatch.objects.filter(_unattended(), pk=batch_id, status__in=ImportBatch.WORKED_ON)
    if not mine.update(beat_at=clock.now()):
        return None
    return ImportBatch.objects.select_related("started_by").get(pk=batch_id)


def _look_at(batch: ImportBatch, content: bytes) -> None:
    """Fill the batch, in memory, with what a file holds. Raises DomainError for one that cannot be read."""
    reading = read_cards(content)
    new, known = _split(reading.cards)
    remarks = [[place, text] for place, text in reading.remarks]
    remarks += [[card.place, _("%(name)s is known already.") % {"name": card.name}] for card in known]
    batch.cards = [card.as_json() for card in new]
    batch.sample = batch.cards[:SAMPLE]
    batch.remarks = sorted(remarks)[:MOST_REMARKS]
    batch.told = {"rows": reading.rows, "new": len(new), "known": len(known), "remarks": len(remarks)}
    batch.move_to(ImportBatch.Status.CHECKED)


def _read(batch: ImportBatch) -> None:
    """The file is read outside of a transaction: it takes seconds."""
    try:
        _look_at(batch, bytes(batch.content or b""))
    except DomainError as refusal:
        batch.told = {"refused": str(refusal)}
        batch.move_to(ImportBatch.Status.FAILED)
    batch.content, batch.beat_at = None, None
    with transaction.atomic():
        still = ImportBatch.objects.select_for_update().filter(pk=batch.pk, status=ImportBatch.Status.READING)
        if still.values_list("pk").first():  # not forgotten, and not read by another worker
            batch.save()


def _run_in_steps(batch: ImportBatch) -> None:
    """Some cards a transaction, so that nobody waits long for the database, and the page sees how far it is."""
    actor, cards = batch.started_by or batch.by, batch.cards
    for at in range(batch.taken, len(cards), STEP):
        if not _take_step(batch.pk, at, cards[at : at + STEP]):
            return
    with transaction.atomic():
        last = ImportBatch.objects.light().select_for_update().get(pk=batch.pk)
        if last.status == ImportBatch.Status.RUNNING and last.taken == len(cards):
            last.move_to(ImportBatch.Status.DONE)
            _finish(last, actor)


@transaction.atomic
def _take_step(batch_id: int, at: int, cards: Sequence[dict[str, Any]]) -> bool:
    """Whether these cards were ours to take: another worker that took over is ahead of us."""
    batch = ImportBatch.objects.light().select_for_update().get(pk=batch_id)
    if batch.status != ImportBatch.Status.RUNNING or batch.taken != at:
        return False
    _bring_in(batch, cards)
    batch.taken, batch.beat_at = at + len(cards), clock.now()
    batch.save(update_fields=["taken", "beat_at", "told"])
    return True


def _bring_in(batch: ImportBatch, stored: Sequence[dict[str, Any]]) -> None:
    """Make contacts of some cards, and count them."""
    new, known = _split([Card.from_json(one) for one in stored])
    made = len(_make_contacts(batch, new))
    batch.told |= {
        "made": batch.told.get("made", 0) + made,
        "known_since": batch.told.get("known_since", 0) + len(known),
    }


def _finish(batch: ImportBatch, actor: User) -> None:
    batch.cards, batch.sample, batch.beat_at, batch.done_at = [], [], None, clock.now()
    batch.save(update_fields=["status", "cards", "sample", "beat_at", "done_at", "told"])
    events.record(batch, "import.done", actor=actor, name=batch.name, made=batch.told["made"])


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
