"""What the system drafts of a report, from what happened in an engagement. Staff reword, hide and order it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Invoice
from core.models import User
from engagements.models import ChangeSet, Engagement, ScopeItem, WorkLog
from engagements.project_queries import ItemRow, Project, project
from engagements.templatetags.offers import day_in
from portal.models import Block
from portal.money_block import owed_invoices

LIMITS = {
    Block.STATUS: 1,
    Block.NEEDED: 3,
    Block.DONE: 5,
    Block.NEXT: 5,
    Block.DATES: 1,
    Block.FINDINGS: 2,
    Block.SCOPE: 2,
    Block.MONEY: 2,
    Block.RISKS: 3,
}
LONGEST = 500
MOST_NOTES = 20  # of the work log
DEPOSIT, CHANGE, INVOICE = "deposit", "change:", "invoice:"  # keys, or how they begin, of what is for money
Status = ScopeItem.Status


@dataclass(frozen=True)
class Drafted:
    """A line as the system would write it; `key` is the same each time it is drafted from the same thing."""

    block: Block
    key: str
    text: str
    note: str = ""
    who: str = ""
    on: dt.date | None = None
    about: str = ""
    private: str = ""
    is_for_money: bool = False
    is_hidden: bool = False


def drafted(engagement: Engagement, since: dt.datetime | None, today: dt.date, reader: User) -> list[Drafted]:
    """Every line, block by block; what goes beyond a block's limit is hidden. `reader` is one of staff."""
    told = project(engagement, reader, with_talk=False)
    owed = owed_invoices(engagement)
    logs = _notes_by_item(engagement, since)
    lines = [
        Drafted(Block.STATUS, "status", status_sentence(told, today)),
        *_needed(told, owed),
        *_done(told, since, logs),
        *_next(told),
        *_risks(told),
    ]
    return [_fitted(line) for line in _limited(lines)]


def still_open(told: Project) -> frozenset[str]:
    """Keys of what is needed and of risks as it is now: what was drafted and is not among them has been settled."""
    owed = owed_invoices(told.engagement)
    invoices = (f"{INVOICE}{one.public_id}" for one in owed)  # each of them, though one alone is drafted
    return frozenset([*(line.key for line in (*_needed(told, owed), *_risks(told))), *invoices])


def is_about_money(key: str) -> bool:
    """Whether what was drafted by that key is nothing for readers."""
    return key == DEPOSIT or key.startswith((CHANGE, INVOICE))


def status_sentence(told: Project, today: dt.date) -> str:
    """Facts alone, and no money: everybody of the client reads it, in an overview too."""
    one = told.engagement
    counted = ngettext("%(n)d of %(m)d items is accepted", "%(n)d of %(m)d items are accepted", told.accepted) % {
        "n": told.accepted,
        "m": len(told.live),
    }
    if one.status == Engagement.Status.AWAITING_DEPOSIT:
        return _("The work begins as soon as the deposit has arrived.")
    if one.status == Engagement.Status.PAUSED:
        since = _(" since %(day)s") % {"day": day_in(one.paused_on, one.locale)} if one.paused_on else ""
        return _("The work is paused%(since)s; %(counted)s.") % {"since": since, "counted": counted}
    if one.status in {Engagement.Status.CLOSING, Engagement.Status.CLOSED}:
        return _("Everything is delivered: %(counted)s.") % {"counted": counted}
    if one.status == Engagement.Status.CANCELLED:
        return _("The project was cancelled.")
    looked_at = len(told.delivered)
    waiting = ngettext(", %(n)d waits for you", ", %(n)d wait for you", looked_at) % {"n": looked_at}
    return f"{counted}{waiting if looked_at else ''}{_finish(one, today)}."


def _finish(one: Engagement, today: dt.date) -> str:
    if one.finishes_on is None:
        return ""
    day = day_in(one.finishes_on, one.locale)
    if one.finishes_on < today:
        return _("; the agreed finish, %(day)s, has passed") % {"day": day}
    if one.promised_on and one.promised_on != one.finishes_on:
        return _("; the finish has moved to %(day)s") % {"day": day}
    return _("; the finish stays %(day)s") % {"day": day}


def _needed(told: Project, owed: Sequence[Invoice]) -> Iterator[Drafted]:
    """What waits for the client, the most urgent first. Of the invoices, `owed` in their order, the first due."""
    waits = told.engagement.status == Engagement.Status.AWAITING_DEPOSIT
    asked = [one for one in owed if one.kind == Invoice.Kind.DEPOSIT] if waits else []
    others = [one for one in owed if one not in asked]
    lines = [*_questions(told), *_offers(told), *_deliveries(told), *map(_invoice, others[:1])]
    lines.sort(key=lambda line: (line.on is None, line.on or dt.date.max, line.key))
    if waits:
        yield _deposit(asked)
    yield from lines


def _deposit(asked: Sequence[Invoice]) -> Drafted:
    """With the way to its invoice, once that is out."""
    about, on = (f"{INVOICE}{asked[0].public_id}", asked[0].due_on) if asked else ("", None)
    text, note = _("The deposit has not arrived yet."), _("The work begins when it has.")
    return Drafted(Block.NEEDED, DEPOSIT, text, note, on=on, about=about, is_for_money=True)


def _invoice(one: Invoice) -> Drafted:
    """Without its amount, which changes with each payment: the money block has it."""
    about = f"{INVOICE}{one.public_id}"
    text = _("Pay the invoice: %(invoice)s") % {"invoice": one}
    return Drafted(Block.NEEDED, about, text, on=one.due_on, about=about, is_for_money=True)


def _questions(told: Project) -> Iterator[Drafted]:
    for one in told.open_decisions:
        if one.is_clients:
            about = f"decision:{one.public_id}"
            yield Drafted(Block.NEEDED, about, one.question, one.waiting_costs, on=one.wanted_by, about=about)


def _offers(told: Project) -> Iterator[Drafted]:
    for one in told.offered:
        words = _("Approve the trade") if one.kind == ChangeSet.Kind.HORSE_TRADE else _("Sign the change order")
        about = f"{CHANGE}{one.public_id}"
        yield Drafted(Block.NEEDED, about, f"{words}: {one}", on=one.valid_until, about=about, is_for_money=True)


def _deliveries(told: Project) -> Iterator[Drafted]:
    for row in told.delivered:
        item = row.item
        accepted_on = None
        if item.delivered_at:
            accepted_on = timezone.localdate(item.delivered_at) + dt.timedelta(days=told.engagement.acceptance_days)
        about = f"item:{item.public_id}"
        text = _("Look at “%(title)s” and accept it") % {"title": item.title}
        note = _("After that it counts as accepted, as agreed.")
        yield Drafted(Block.NEEDED, f"accept:{item.public_id}", text, note, on=accepted_on, about=about)


def _done(told: Project, since: dt.datetime | None, logs: dict[int | None, str]) -> Iterator[Drafted]:
    """Outcomes with their proof: accepted, handed over, worked on. Hours are in none of them."""
    rows = [row for row in told.rows if row.item.status not in ScopeItem.GONE]
    locale = told.engagement.locale
    for row in rows:
        if row.item.status == Status.ACCEPTED and _is_within(row.item.accepted_at, since):
            yield _outcome(row, "accepted", _accepted(row.item, locale), logs)
    for row in rows:
        if row.item.status == Status.DELIVERED and _is_within(row.item.delivered_at, since):
            proof = row.deliverable.title if row.deliverable else row.item.title
            yield _outcome(row, "delivered", _("Handed over: %(proof)s") % {"proof": proof}, logs)
    for row in rows:
        begun = _is_within(row.item.started_at, since)
        if row.item.status == Status.IN_PROGRESS and (begun or row.item.pk in logs):
            yield _outcome(row, "worked", _("Begun") if begun else _("Under way"), logs)
    if logs.get(None):
        yield Drafted(
            Block.DONE, "worked", _("Work that belongs to no single item"), private=logs[None], is_hidden=True
        )


def _outcome(row: ItemRow, what: str, proof: str, logs: dict[int | None, str]) -> Drafted:
    item = row.item
    about = f"item:{item.public_id}"
    return Drafted(
        Block.DONE, f"{what}:{item.public_id}", item.title, proof, about=about, private=logs.get(item.pk, "")
    )


def _accepted(item: ScopeItem, locale: str) -> str:
    day = day_in(timezone.localdate(item.accepted_at) if item.accepted_at else None, locale)
    if item.is_deemed_accepted or item.accepted_by is None:
        return _("Counts as accepted since %(day)s, as agreed") % {"day": day}
    return _("Accepted by %(who)s on %(day)s") % {"who": item.accepted_by, "day": day}


def _next(told: Project) -> Iterator[Drafted]:
    """What goes on, then what comes. The system promises no day: staff name it."""
    for status, note in ((Status.IN_PROGRESS, _("Goes on")), (Status.PLANNED, _("Begins"))):
        for row in told.live:
            if row.item.status == status:
                about = f"item:{row.item.public_id}"
                yield Drafted(Block.NEXT, f"next:{row.item.public_id}", row.item.title, note, about=about)


def _risks(told: Project) -> Iterator[Drafted]:
    for risk in told.risks:
        if risk.is_clients_to_see:
            yield Drafted(Block.RISKS, f"risk:{risk.public_id}", risk.title, risk.response, who=risk.watched_by)


def _notes_by_item(engagement: Engagement, since: dt.datetime | None) -> dict[int | None, str]:
    """What was written down while working, by item: for staff, who make an outcome of it."""
    logs = WorkLog.objects.filter(engagement=engagement, minutes__isnull=False)
    if since:
        logs = logs.filter(created_at__gt=since)
    notes: dict[int | None, list[str]] = defaultdict(list)
    for item, note in logs.order_by("on", "id").values_list("item_id", "note"):
        if note not in notes[item] and len(notes[item]) < MOST_NOTES:
            notes[item].append(note)
    return {item: " · ".join(filter(None, said)) for item, said in notes.items()}


def _is_within(moment: dt.datetime | None, since: dt.datetime | None) -> bool:
    return moment is not None and (since is None or moment > since)


def _limited(lines: list[Drafted]) -> Iterator[Drafted]:
    kept: dict[Block, int] = defaultdict(int)
    for line in lines:
        if not line.is_hidden and kept[line.block] >= LIMITS[line.block]:
            line = replace(line, is_hidden=True)
        kept[line.block] += not line.is_hidden
        yield line


def _fitted(line: Drafted) -> Drafted:
    """Cut to what the columns hold."""
    return replace(line, text=line.text[:LONGEST], note=line.note[:LONGEST], who=line.who[:200])
