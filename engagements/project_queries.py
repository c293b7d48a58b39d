"""Reads for the pages of a running engagement."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from core.models import Event, User
from core.money import Money, total
from engagements.ledger_queries import contract_values, items_with_values
from engagements.models import (
    ChangeSet,
    Decision,
    Deliverable,
    Engagement,
    Risk,
    ScopeItem,
    SwapWish,
    WorkLog,
)
from engagements.roles import roles_of

EVENTS_SHOWN = 40
Status = ScopeItem.Status
BOARD = (Status.PLANNED, Status.IN_PROGRESS, Status.DELIVERED, Status.ACCEPTED)
# What each recorded event says to a reader. An event that is not here is not shown.
WORDS = {
    "engagement.opened": _("The agreement was signed"),
    "deposit.cleared": _("The deposit cleared"),
    "deposit.reversed": _("The deposit was reversed"),
    "deposit.gate_overridden": _("Work may begin before the deposit"),
    "deposit.waived": _("No deposit is asked for"),
    "engagement.activated": _("Work may begin"),
    "engagement.paused": _("Paused"),
    "engagement.resumed": _("Taken up again"),
    "engagement.closing": _("Everything is accepted; closing began"),
    "engagement.closed": _("Closed"),
    "engagement.reopened": _("Taken up again"),
    "engagement.cancelled": _("Cancelled"),
    "change.offered": _("Offered"),
    "change.approved": _("Approved"),
    "change.rejected": _("Rejected"),
    "change.withdrawn": _("Withdrawn"),
    "change.expired": _("Ran out"),
    "swap.wished": _("A swap was proposed"),
    "swap.answered": _("The proposed swap was answered"),
    "item.started": _("Started"),
    "item.put_back": _("Put back"),
    "item.delivered": _("Delivered"),
    "item.accepted": _("Accepted"),
    "item.deemed_accepted": _("Counts as accepted, as agreed"),
    "item.sent_back": _("Sent back"),
    "decision.wanted": _("A decision is wanted"),
    "decision.made": _("Decided"),
    "risk.noted": _("A risk was noted"),
    "risk.closed": _("A risk is gone"),
}
GOOD = frozenset({"deposit.cleared", "change.approved", "item.accepted", "engagement.closed", "item.deemed_accepted"})
BAD = frozenset({"deposit.reversed", "change.rejected", "item.sent_back", "engagement.cancelled"})


@dataclass(frozen=True)
class Happening:
    """An event as the timeline shows it."""

    when: dt.datetime
    text: str
    who: str
    tone: str


@dataclass(frozen=True)
class EngagementLine:
    """A line of the list: what it is worth by now, and what waits."""

    engagement: Engagement
    value: Money
    accepted: int
    items: int
    waits_for_client: int
    next_decision: dt.date | None


@dataclass(frozen=True)
class ItemRow:
    item: ScopeItem
    value: Money
    traded: Money
    deliverable: Deliverable | None


@dataclass(frozen=True)
class Column:
    status: ScopeItem.Status
    rows: tuple[ItemRow, ...]


@dataclass(frozen=True)
class Project:
    """Everything the engagement's page says; money is None for who may not see it."""

    engagement: Engagement
    rows: tuple[ItemRow, ...]
    value: Money | None
    signed: Money | None
    balance: Money | None
    changes: tuple[ChangeSet, ...]
    decisions: tuple[Decision, ...]
    risks: tuple[Risk, ...]
    wishes: tuple[SwapWish, ...]
    happenings: tuple[Happening, ...]
    acts: bool  # whether the reader may approve, accept and decide for the client
    names_items: bool  # an overview says how many there are, and no more

    @property
    def live(self) -> tuple[ItemRow, ...]:
        return tuple(row for row in self.rows if row.item.status not in ScopeItem.GONE)

    @property
    def gone(self) -> tuple[ItemRow, ...]:
        return tuple(row for row in self.rows if row.item.status in ScopeItem.GONE)

    @property
    def delivered(self) -> tuple[ItemRow, ...]:
        return tuple(row for row in self.rows if row.item.status == Status.DELIVERED)

    @property
    def offered(self) -> tuple[ChangeSet, ...]:
        return tuple(one for one in self.changes if one.status == ChangeSet.Status.OFFERED)

    @property
    def drafts(self) -> tuple[ChangeSet, ...]:
        return tuple(one for one in self.changes if one.status == ChangeSet.Status.DRAFT)

    @property
    def open_decisions(self) -> tuple[Decision, ...]:
        return tuple(one for one in self.decisions if not one.decided_at)

    @property
    def open_wishes(self) -> tuple[SwapWish, ...]:
        return tuple(one for one in self.wishes if not one.answered_at)

    @property
    def waits_for_client(self) -> int:
        questions = sum(1 for one in self.open_decisions if one.is_clients)
        return len(self.offered) + (len(self.delivered) if self.names_items else 0) + questions

    @property
    def accepted(self) -> int:
        return sum(1 for row in self.live if row.item.status == Status.ACCEPTED)


def engagements(words: str = "", status: str = "live") -> QuerySet[Engagement]:
    """For the staff's list: newest first; `status` is a status, "live", or "" for all."""
    rows = Engagement.objects.select_related("organisation", "owner")
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(organisation__name__icontains=words))
    if status == "live":
        return rows.exclude(status__in=[Engagement.Status.CLOSED, Engagement.Status.CANCELLED])
    return rows.filter(status=status) if status else rows


def engagement_lines(page: Sequence[Engagement]) -> list[EngagementLine]:
    """Four queries for a page of any length."""
    ids = [one.pk for one in page]
    values = contract_values(page)
    counted = {
        row["engagement"]: row
        for row in ScopeItem.objects.filter(engagement__in=ids)
        .exclude(status__in=ScopeItem.GONE)
        .order_by()
        .values("engagement")
        .annotate(
            items=Count("id"),
            accepted=Count("id", filter=Q(status=Status.ACCEPTED)),
            delivered=Count("id", filter=Q(status=Status.DELIVERED)),
        )
    }
    offered = Counter(
        ChangeSet.objects.filter(engagement__in=ids, status=ChangeSet.Status.OFFERED).values_list(
            "engagement", flat=True
        )
    )
    questions: dict[int, list[Decision]] = {}
    for decision in Decision.objects.filter(engagement__in=ids, decided_at=None).order_by("wanted_by"):
        questions.setdefault(decision.engagement_id, []).append(decision)
    lines = []
    for one in page:
        row = counted.get(one.pk, {})
        asked = questions.get(one.pk, [])
        lines.append(
            EngagementLine(
                engagement=one,
                value=values[one.pk],
                accepted=row.get("accepted", 0),
                items=row.get("items", 0),
                waits_for_client=offered[one.pk]
                + row.get("delivered", 0)
                + sum(1 for each in asked if each.is_clients),
                next_decision=asked[0].wanted_by if asked else None,
            )
        )
    return lines


def project(engagement: Engagement, user: User, *, with_talk: bool = True) -> Project:
    """A fixed number of queries, whatever happened in it: two fewer without wishes and what happened."""
    roles = roles_of(user, engagement.organisation)
    money = roles.sees_money
    rows = item_rows(engagement)
    changes = ChangeSet.objects.visible_to(user).filter(engagement=engagement).exclude(kind=ChangeSet.Kind.BASELINE)
    wishes = SwapWish.objects.filter(engagement=engagement).select_related("wished_by", "change_set")
    decisions = Decision.objects.filter(engagement=engagement).select_related("decided_by")
    risks = Risk.objects.filter(engagement=engagement, closed_at=None)
    if not user.is_consultant:
        decisions, risks = decisions.filter(is_clients=True), risks.filter(is_clients_to_see=True)
        if engagement.visibility == Engagement.Visibility.OVERVIEW:
            risks = risks.none()
    writes = engagement.visibility == Engagement.Visibility.FULL
    return Project(
        engagement=engagement,
        rows=rows,
        value=total((row.value for row in rows), engagement.currency) if money else None,
        signed=engagement.acceptance.price if money else None,
        balance=total((row.traded for row in rows), engagement.currency) if money else None,
        changes=tuple(changes.order_by("-id")),
        decisions=tuple(decisions),
        risks=tuple(risks),
        wishes=tuple(wishes) if with_talk else (),
        happenings=tuple(happenings(engagement, staff=user.is_consultant, money=money)) if with_talk else (),
        names_items=user.is_consultant or engagement.visibility != Engagement.Visibility.OVERVIEW,
        acts=roles.is_owner and writes,
    )


def item_rows(engagement: Engagement) -> tuple[ItemRow, ...]:
    """Each with what it is worth and what was last handed over. Two queries."""
    latest = {
        one.item_id: one
        for one in Deliverable.objects.filter(engagement=engagement).select_related("file").order_by("id")
    }
    return tuple(
        ItemRow(item, value, traded, latest.get(item.pk)) for item, value, traded in items_with_values(engagement)
    )


def columns(engagement: Engagement) -> tuple[Column, ...]:
    """The board, from left to right."""
    rows = item_rows(engagement)
    return tuple(Column(status, tuple(row for row in rows if row.item.status == status)) for status in BOARD)


def happenings(engagement: Engagement, *, staff: bool, money: bool) -> list[Happening]:
    """The latest of what was recorded, newest first. A client's reader is told what was recorded for clients.

    Without `money` nothing of changes: why an offer was rejected may name what it costs.
    """
    about = Q(subject_type="engagements.engagement", subject_id=engagement.pk)
    for kind, model in (
        ("changeset", ChangeSet),
        ("scopeitem", ScopeItem),
        ("decision", Decision),
        ("risk", Risk),
        ("swapwish", SwapWish),
    ):
        ids = model._default_manager.filter(engagement=engagement).values("pk")
        about |= Q(subject_type=f"engagements.{kind}", subject_id__in=ids)
    rows = Event.objects.filter(about, what__in=list(WORDS)).select_related("actor")
    if not staff:
        rows = rows.filter(audience=Event.Audience.CLIENT)
        if engagement.visibility == Engagement.Visibility.OVERVIEW:
            rows = rows.exclude(subject_type__in=["engagements.scopeitem", "engagements.changeset", "engagements.risk"])
        if not money:
            rows = rows.exclude(subject_type__in=["engagements.changeset", "engagements.swapwish"])
    return [_told(event) for event in rows[:EVENTS_SHOWN]]


def _told(event: Event) -> Happening:
    about = event.data.get("reference") or event.data.get("title") or event.data.get("question") or ""
    reason = event.data.get("reason") or event.data.get("answer") or event.data.get("refusal") or ""
    words = str(WORDS[event.what])
    after = f" {words}" if str(about).endswith("?") else f": {words[0].lower()}{words[1:]}"
    text = f"{about}{after}" if about else words
    tone = "good" if event.what in GOOD else "bad" if event.what in BAD else ""
    return Happening(
        when=event.at, text=f"{text} ({reason})" if reason else text, who=str(event.actor or ""), tone=tone
    )


# For staff alone: hours


@dataclass(frozen=True)
class Spent:
    """Minutes that went into an item, against what was thought likely."""

    item: ScopeItem | None
    minutes: int
    likely_minutes: int | None

    @property
    def hours(self) -> str:
        return as_hours(self.minutes)

    @property
    def likely(self) -> str:
        return as_hours(self.likely_minutes) if self.likely_minutes is not None else "–"

    @property
    def is_over(self) -> bool:
        return self.likely_minutes is not None and self.minutes > self.likely_minutes


def as_hours(minutes: int) -> str:
    """ "7:30" """
    return f"{minutes // 60}:{minutes % 60:02}"


def spent(engagement: Engagement) -> list[Spent]:
    """Each item with its minutes, and what belongs to none. Two queries."""
    rows = WorkLog.objects.filter(engagement=engagement).order_by().values("item").annotate(sum=Sum("minutes"))
    minutes = {row["item"]: row["sum"] or 0 for row in rows}
    lines = [
        Spent(item, minutes.get(item.pk, 0), _minutes(item.likely_hours))
        for item in ScopeItem.objects.filter(engagement=engagement)
    ]
    return [*lines, Spent(None, minutes[None], None)] if minutes.get(None) else lines


def hours_really_taken(topics: Iterable[str]) -> dict[str, list[Decimal]]:
    """What accepted items of a topic really took, by topic: the next estimate begins there."""
    rows = (
        WorkLog.objects.filter(item__topic__in=[one for one in topics if one], item__status=Status.ACCEPTED)
        .order_by()
        .values("item", "item__topic")
        .annotate(sum=Sum("minutes"))
    )
    taken: dict[str, list[Decimal]] = {}
    for row in rows:
        taken.setdefault(row["item__topic"], []).append((Decimal(row["sum"] or 0) / 60).quantize(Decimal("0.1")))
    return taken


def _minutes(hours: Decimal | None) -> int | None:
    return int(hours * 60) if hours is not None else None
