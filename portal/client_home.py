"""What a client's person sees first: what is wanted of them, what happened, what it cost. A fixed number of queries."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, DateField, F, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Invoice
from core.models import Organisation, User
from core.money import Money, format_money
from discovery.models import Finding
from engagements.models import ChangeSet, Decision, Engagement, ScopeItem
from engagements.reading import SentLine, latest_sent
from engagements.roles import Roles, roles_of
from outreach import dates

Row = tuple[str, str, str, int, dt.date | None, str]  # kind, text, public id, engagement, by when, what waiting costs
OVER = (Engagement.Status.CLOSED, Engagement.Status.CANCELLED)
NAMES_ITEMS = (Engagement.Visibility.FULL, Engagement.Visibility.READ_ONLY)


@dataclass(frozen=True)
class Wanted:
    """One thing that waits for the client: what it is, where it is done, and by when."""

    text: str
    note: str
    act: str
    url: str
    by: dt.date | None
    is_late: bool


@dataclass(frozen=True)
class ProjectLine:
    """A project's state in one sentence."""

    engagement: Engagement
    sentence: str


@dataclass(frozen=True)
class ClientMoney:
    """In one currency, tax included: asked for, paid, owed by now and how much of that is late."""

    invoiced: Money
    paid: Money
    owed: Money
    overdue: Money


@dataclass(frozen=True)
class FindingsTold:
    """How many findings were told. What the client says is mended counts as such once an audit has seen it."""

    open: int
    claimed: int
    mended: int
    accepted: int

    @property
    def all(self) -> int:
        return self.open + self.claimed + self.mended + self.accepted


@dataclass(frozen=True)
class ClientHome:
    wanted: Sequence[Wanted]
    projects: Sequence[ProjectLine]
    earlier: Sequence[ProjectLine]  # closed and cancelled ones
    money: Sequence[ClientMoney]
    findings: FindingsTold
    roles: Roles


def client_home(organisation: Organisation, user: User) -> ClientHome:
    """Six queries, four for whoever may not see money. Staff see what an owner does, hidden projects left out."""
    today = dates.today_on_page()
    roles = roles_of(user, organisation)
    rows = Engagement.objects.visible_to(user).filter(organisation=organisation)
    shown = rows.exclude(visibility=Engagement.Visibility.HIDDEN).order_by("-pk")
    engagements = {one.pk: one for one in _with_counts(shown)}
    wanted = _of_projects(roles, engagements, acts=roles.is_owner or user.is_consultant)
    invoices = list(_issued(organisation)) if roles.sees_money else []
    sent = [line for line in latest_sent(organisation) if line.revision.is_open] if roles.sees_money else []
    wanted = [*_proposals(sent), *wanted, *_due(invoices)]
    lines = [ProjectLine(one, sentence_of(one)) for one in engagements.values()]
    return ClientHome(
        wanted=sorted((_late(one, today) for one in wanted), key=lambda one: (one.by or dt.date.max, one.text)),
        projects=[line for line in lines if line.engagement.status not in OVER],
        earlier=[line for line in lines if line.engagement.status in OVER],
        money=_money(invoices, today),
        findings=_findings(organisation),
        roles=roles,
    )


def sentence_of(engagement: Engagement) -> str:
    """Its state and its date, as one would say it on the phone. Expects `items_left` and `items_done` annotated."""
    left, done = getattr(engagement, "items_left", 0), getattr(engagement, "items_done", 0)
    status = Engagement.Status(engagement.status)
    states = {
        Engagement.Status.AGREED: _("Signed; work begins soon."),
        Engagement.Status.AWAITING_DEPOSIT: _("Signed; work begins once the deposit has cleared."),
        Engagement.Status.CLOSING: _("Everything is delivered; it is being closed."),
        Engagement.Status.CLOSED: _("Done and closed."),
        Engagement.Status.CANCELLED: _("Cancelled."),
    }
    if status == Engagement.Status.PAUSED:
        return _("%(why)s since %(day)s.") % {"why": engagement.get_pause_display(), "day": _day(engagement.paused_on)}
    if status in states:
        return states[status]
    words = _("%(done)d of %(all)d done") % {"done": done, "all": done + left}
    return _("%(words)s, finish %(day)s.") % {"words": words, "day": _day(engagement.finishes_on)}


def _with_counts(rows: QuerySet[Engagement]) -> QuerySet[Engagement]:
    alive = ~Q(items__status__in=[*ScopeItem.GONE, ScopeItem.Status.ACCEPTED])
    done = Q(items__status=ScopeItem.Status.ACCEPTED)
    return rows.annotate(
        items_left=Count("items", filter=alive & Q(items__isnull=False)), items_done=Count("items", filter=done)
    )


def _of_projects(roles: Roles, engagements: dict[int, Engagement], *, acts: bool) -> list[Wanted]:
    """Changes to approve, deliveries to accept and questions to answer, in one query. Who does not act reads."""
    named = [pk for pk, one in engagements.items() if one.visibility in NAMES_ITEMS]
    changes = ChangeSet.objects.filter(engagement__in=named, status=ChangeSet.Status.OFFERED)
    items = ScopeItem.objects.filter(engagement__in=named, status=ScopeItem.Status.DELIVERED)
    questions = Decision.objects.filter(engagement__in=named, decided_at=None, is_clients=True)
    nothing = Cast(Value(None), DateField())
    parts = [
        _rows(items, "item", "title", nothing, Value("", CharField())),
        _rows(questions, "question", "question", F("wanted_by"), F("waiting_costs")),
    ]
    if roles.sees_money:  # a reader gets to see no offer
        parts.append(_rows(changes, "change", "title", F("valid_until"), Value("", CharField())))
    rows = parts[0].union(*parts[1:], all=True)
    return [_wanted(engagements, acts, *row) for row in rows]


def _rows(rows: QuerySet[Any], kind: str, title: str, by: Combinable, costs: Combinable) -> QuerySet[Any, Row]:
    """The columns that all three have in common, so that the database can put them under one another."""
    named = rows.order_by().annotate(told_kind=Value(kind, CharField()), told=F(title), told_by=by, told_costs=costs)
    told: QuerySet[Any, Row] = named.values_list(
        "told_kind", "told", "public_id", "engagement_id", "told_by", "told_costs"
    )
    return told


def _wanted(
    engagements: dict[int, Engagement],
    acts: bool,
    kind: str,
    text: str,
    public_id: str,
    engagement_id: int,
    by: dt.date | None,
    costs: str,
) -> Wanted:
    engagement = engagements[engagement_id]
    home = reverse("engagements:engagement", args=[engagement.public_id])
    match kind:
        case "change":
            where, act = reverse("engagements:change", args=[public_id]), _("read and approve")
        case "item":
            where, act = f"{home}#item-{public_id}", _("look and accept")
        case _:
            where, act = f"{home}#decisions", _("decide")
    if not acts or engagement.visibility != Engagement.Visibility.FULL:
        act = _("look")
    return Wanted(text, costs or engagement.title, act, where, by, is_late=False)


def _proposals(sent: Sequence[SentLine]) -> list[Wanted]:
    return [
        Wanted(
            text=line.offer.title,
            note=format_money(line.offer.price, line.offer.locale),
            act=_("read and sign"),
            url=reverse("engagements:client-proposal", args=[line.revision.public_id]),
            by=line.offer.valid_until,
            is_late=False,
        )
        for line in sent
    ]


def _issued(organisation: Organisation) -> QuerySet[Invoice]:
    rows = Invoice.objects.issued().filter(organisation=organisation).select_related("engagement")
    return rows.defer("snapshot").order_by("due_on", "id")


def _due(invoices: Sequence[Invoice]) -> list[Wanted]:
    return [
        Wanted(
            text=str(one),
            note=format_money(one.balance, one.engagement.locale),
            act=_("see where to pay"),
            url=reverse("billing:invoice", args=[one.public_id]),
            by=one.due_on,
            is_late=False,
        )
        for one in invoices
        if one.is_owed
    ]


def _late(wanted: Wanted, today: dt.date) -> Wanted:
    late = wanted.by is not None and wanted.by < today
    return Wanted(wanted.text, wanted.note, wanted.act, wanted.url, wanted.by, is_late=late)


def _money(invoices: Sequence[Invoice], today: dt.date) -> list[ClientMoney]:
    """One for each currency. What was written off is not owed."""
    sums: dict[str, dict[str, Money]] = {}
    for one in invoices:
        currency = str(one.due.currency)
        row = sums.setdefault(currency, dict.fromkeys(("invoiced", "paid", "owed", "overdue"), Money(0, currency)))
        row["invoiced"] += one.due
        if one.kind != Invoice.Kind.CREDIT:
            row["paid"] += one.paid
        if one.is_owed:
            row["owed"] += one.balance
        if one.is_overdue(today):
            row["overdue"] += one.balance
    return [ClientMoney(**row) for row in sums.values()]


def _findings(organisation: Organisation) -> FindingsTold:
    told = Finding.objects.published().filter(organisation=organisation)
    counts: Counter[str] = Counter(dict(told.order_by().values_list("status").annotate(Count("pk"))))
    claimed, mended = counts[Finding.Status.FIXED], counts[Finding.Status.VERIFIED]
    accepted = counts[Finding.Status.ACCEPTED_RISK]
    rest = counts.total() - claimed - mended - accepted
    return FindingsTold(open=rest, claimed=claimed, mended=mended, accepted=accepted)


def _day(day: dt.date | None) -> str:
    return f"{day.day} {day:%B}" if day else "–"
