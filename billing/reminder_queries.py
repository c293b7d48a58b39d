"""What is late and what is done about it, as pages show it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)

from billing import ladder
from billing.ladder import Filled, Pause, Rung
from billing.models import Allocation, Dispute, Invoice, InvoiceMail, Payment, Promise, ReminderStep
from billing.models.invoice import SEES_MONEY
from billing.queries import unsent_mails
from billing.services import mailing, promises
from billing.services.reminders import owes
from core.models import Membership, User
from core.money import Money
from core.queries import practice_or_blank
from outreach import dates

MOST = 200


@dataclass(frozen=True)
class StepRow:
    """A reminder that waits, or a call, as it would go out now."""

    step: ReminderStep
    invoice: Invoice
    label: Any
    days_late: int  # below zero: so many days are left
    pause: Pause | None
    filled: Filled
    people: Sequence[str]

    @property
    def may_go(self) -> bool:
        return self.pause is None and bool(self.people)


@dataclass(frozen=True)
class PromiseRow:
    promise: Promise
    invoice: Invoice
    state: Promise.State


@dataclass(frozen=True)
class Board:
    """Everything about late money that waits for staff, or that they wait for."""

    drafts: Sequence[StepRow]
    calls: Sequence[StepRow]
    broken: Sequence[PromiseRow]
    standing: Sequence[PromiseRow]
    disputes: Sequence[Dispute]
    unsent: Sequence[InvoiceMail]
    goes_by_themselves: bool
    is_cut: bool

    @property
    def is_empty(self) -> bool:
        return not (self.drafts or self.calls or self.broken or self.standing or self.disputes or self.unsent)

    @property
    def sendable(self) -> int:
        return sum(1 for row in self.drafts if row.may_go)


@dataclass(frozen=True)
class LateCounts:
    """Clients behind each number, for Today."""

    drafts: Sequence[str]
    calls: Sequence[str]
    broken: Sequence[str]
    disputes: Sequence[str]

    @property
    def is_empty(self) -> bool:
        return not (self.drafts or self.calls or self.broken or self.disputes)


@dataclass(frozen=True)
class InvoiceReminders:
    """Of one invoice. `steps` and `next_on` are for staff alone."""

    steps: Sequence[tuple[Any, ReminderStep]]
    promises: Sequence[PromiseRow]
    disputes: Sequence[Dispute]
    pause: Pause | None
    next_label: Any
    next_on: dt.date | None
    may_promise: bool
    may_dispute: bool
    today: dt.date
    promise_until: dt.date

    @property
    def is_empty(self) -> bool:
        told = self.steps or self.promises or self.disputes or self.next_on
        return not (told or self.may_promise or self.may_dispute)


def watched(*, besides: Q | None = None) -> QuerySet[Any]:
    """Owed invoices with a reminder that waits, a call to make or a promise; any with an open dispute, which waits for
    an answer whatever became of the money; and those `besides`. How each stands is told as `waits`, `calls`,
    `promised_on`, `disputed` and `on_its_way`."""
    steps = ReminderStep.objects.filter(invoice=OuterRef("pk"))
    made = Promise.objects.filter(invoice=OuterRef("pk"))
    waits, calls = Exists(steps.filter(status=ReminderStep.Status.DRAFT)), Exists(_calls(steps))
    disputed = Exists(Dispute.objects.filter(invoice=OuterRef("pk"), resolved_at=None))
    owed = Q(status__in=Invoice.OWED) & ~Q(kind=Invoice.Kind.CREDIT)
    wanted = owed & (Q(waits) | Q(calls) | Q(Exists(made))) | Q(disputed)
    found: QuerySet[Any] = Invoice.objects.filter(wanted | besides if besides else wanted).annotate(
        waits=waits,
        calls=calls,
        disputed=disputed,
        promised_on=Subquery(made.order_by("-id").values("pays_on")[:1]),
        on_its_way=Exists(Allocation.objects.filter(invoice=OuterRef("pk"), payment__status=Payment.Status.PENDING)),
    )
    return found.select_related("organisation", "engagement").order_by("due_on", "id")


def late_counts(invoices: Iterable[Any], today: dt.date) -> LateCounts:
    """Of invoices as `watched` tells them. No query."""
    drafts, calls, broken, disputes = [], [], [], []
    for one in invoices:
        name, promised = one.organisation.name, one.promised_on
        if one.disputed:
            disputes.append(name)
        if not owes(one):
            continue
        is_paused = one.disputed or bool(promised and promised >= today) or one.on_its_way
        if one.waits and not is_paused:
            drafts.append(name)
        if one.calls and not is_paused:
            calls.append(name)
        if promised and promised < today:
            broken.append(name)
    return LateCounts(drafts, calls, broken, disputes)


def board(*, practice: str, goes_by_themselves: bool) -> Board:
    """Of at most 200 invoices, the longest overdue first; as many queries for one as for all."""
    found = list(_with_all(watched())[: MOST + 1])
    invoices, today = found[:MOST], dates.today_on_page()
    rows, owing = _Rows(invoices, today, practice), [one for one in invoices if owes(one)]
    promised = [(one, ladder.latest_promise(one)) for one in owing]
    latest = [PromiseRow(p, one, ladder.states_of([p], one, today)[0]) for one, p in promised if p]
    return Board(
        drafts=[rows.row(one, step) for one in owing for step in one.reminders.all() if step.is_waiting],
        calls=[rows.row(one, step) for one in owing for step in one.reminders.all() if _waits_for_call(step)],
        broken=[row for row in latest if row.state == Promise.State.BROKEN],
        standing=[row for row in latest if row.state == Promise.State.STANDING],
        disputes=[dispute for one in invoices if (dispute := ladder.open_dispute(one))],
        unsent=list(unsent_mails()[:MOST]),
        goes_by_themselves=goes_by_themselves,
        is_cut=len(found) > MOST,
    )


def step_row(step: ReminderStep, *, practice: str) -> StepRow:
    """One by itself, as it would go out now."""
    invoice = step.invoice
    _fetch([invoice])
    return _Rows([invoice], dates.today_on_page(), practice).row(invoice, step)


def reminders_of(invoice: Invoice, user: User) -> InvoiceReminders:
    """What the page of an invoice shows: to staff everything, to a client their own promises and disputes."""
    today = dates.today_on_page()
    _fetch_what_there_is(invoice)
    rows = list(invoice.promises.all())
    states = ladder.states_of(rows, invoice, today)
    told: list[tuple[Any, ReminderStep]] = []
    upcoming: tuple[Any, dt.date] | None = None
    if user.is_consultant:
        made = [step for step in invoice.reminders.all() if step.status != ReminderStep.Status.SUPERSEDED or step.body]
        told = [(ladder.LABELS.get(step.key, step.key), step) for step in made]
        upcoming = _upcoming(invoice, today)
    is_owed = owes(invoice)
    return InvoiceReminders(
        steps=told,
        promises=[PromiseRow(one, invoice, state) for one, state in zip(rows, states, strict=True)],
        disputes=list(invoice.disputes.all()),
        pause=ladder.pause_of(invoice, today) if user.is_consultant and is_owed else None,
        next_label=upcoming[0] if upcoming else "",
        next_on=upcoming[1] if upcoming else None,
        may_promise=promises.may_promise(invoice, user, today),
        may_dispute=is_owed and ladder.open_dispute(invoice) is None,
        today=today,
        promise_until=today + dt.timedelta(days=promises.furthest(user)),
    )


def example_values(rung: Rung, today: dt.date) -> dict[str, str]:
    """An invented invoice, for the preview of a text."""
    practice = practice_or_blank()
    invoice = Invoice(
        reference="INV-2026-0007",
        title="Backups that restore",
        due=Money(4800, practice.currency),
        paid=Money(1200, practice.currency),
        credited=Money(0, practice.currency),
        due_on=today - dt.timedelta(days=rung.days),
    )
    return ladder.values_in(
        invoice,
        client="Tern & Tide",
        locale="en_US",
        practice=practice.name,
        link="https://…/invoices/example/",
        today=today,
    )


class _Rows:
    """Steps of some invoices as rows; what all of them need is asked once."""

    def __init__(self, invoices: Sequence[Invoice], today: dt.date, practice: str) -> None:
        self.today, self.practice = today, practice
        self.rungs: Mapping[str, Rung] = {rung.key: rung for rung in ladder.policy()} if invoices else {}
        self.people = _people(one.organisation_id for one in invoices)

    def row(self, invoice: Invoice, step: ReminderStep) -> StepRow:
        return StepRow(
            step=step,
            invoice=invoice,
            label=ladder.LABELS.get(step.key, step.key),
            days_late=(self.today - invoice.due_on).days if invoice.due_on else 0,
            pause=ladder.pause_of(invoice, self.today),
            filled=self._filled(invoice, step),
            people=self.people.get(invoice.organisation_id, ()),
        )

    def _filled(self, invoice: Invoice, step: ReminderStep) -> Filled:
        rung = self.rungs.get(step.key)
        if rung is None or not step.is_waiting or step.edited_at:
            return Filled(step.subject, step.body)
        link = mailing.invoice_url(invoice)
        return ladder.fill(rung, ladder.values_for(invoice, practice=self.practice, link=link, today=self.today))


def _upcoming(invoice: Invoice, today: dt.date) -> tuple[Any, dt.date] | None:
    """The rung that comes next, and its day, which may have been yesterday: the scheduler calls once an hour."""
    if not owes(invoice) or invoice.due_on is None:
        return None
    highest = max((ladder.POSITIONS.get(step.key, -1) for step in invoice.reminders.all()), default=-1)
    for rung in ladder.policy():
        day = invoice.due_on + dt.timedelta(days=rung.days)
        if ladder.POSITIONS[rung.key] > highest and rung.is_enabled and day >= today:
            return rung.label, day
    return None


def _waits_for_call(step: ReminderStep) -> bool:
    return step.wants_call and step.status != ReminderStep.Status.SUPERSEDED


def _calls(steps: QuerySet[ReminderStep]) -> QuerySet[ReminderStep]:
    open_ones = steps.filter(call_on__isnull=False, called_at=None, was_settled=False)
    return open_ones.exclude(status=ReminderStep.Status.SUPERSEDED)


def _told_by_client() -> "tuple[Prefetch[Any], ...]":
    return (
        Prefetch("promises", Promise.objects.select_related("made_by")),
        Prefetch("disputes", Dispute.objects.select_related("opened_by", "resolved_by")),
    )


def _all_of_it() -> "tuple[Prefetch[Any], ...]":
    return (
        *_told_by_client(),
        Prefetch("allocations", Allocation.objects.select_related("payment")),
        Prefetch("reminders", ReminderStep.objects.select_related("sent_by", "called_by")),
    )


def _with_all(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    return invoices.prefetch_related(*_all_of_it())


def _fetch(invoices: Sequence[Invoice]) -> None:
    prefetch_related_objects(list(invoices), *_all_of_it())


def _fetch_what_there_is(invoice: Invoice) -> None:
    """Most invoices have nothing of it, and their page asks once."""
    told = {
        "promises": Exists(Promise.objects.filter(invoice=OuterRef("pk"))),
        "disputes": Exists(Dispute.objects.filter(invoice=OuterRef("pk"))),
        "reminders": Exists(ReminderStep.objects.filter(invoice=OuterRef("pk"))),
        "allocations": Exists(Allocation.objects.filter(invoice=OuterRef("pk"))),
    }
    marked = {f"has_{name}": there for name, there in told.items()}
    row = Invoice.objects.filter(pk=invoice.pk).annotate(**marked).values(*marked).get()
    wanted = {one.prefetch_through: one for one in _all_of_it()}
    prefetch_related_objects([invoice], *(one for name, one in wanted.items() if row[f"has_{name}"]))
    cache: dict[str, Any] = invoice.__dict__.setdefault("_prefetched_objects_cache", {})
    for name, one in wanted.items():
        if not row[f"has_{name}"]:
            cache[name] = one.queryset.none()  # type: ignore[union-attr]


def _people(organisations: Iterable[int]) -> dict[int, list[str]]:
    """Addresses of owners and payers who can sign in, by client."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = Membership.objects.filter(
        organisation__in=set(organisations), role__in=SEES_MONEY, user__is_active=True
    ).order_by("user__email")
    for organisation, email in rows.values_list("organisation", "user__email").distinct():
        found[organisation].append(email)
    return found
