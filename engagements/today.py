"""What the day brings from promising: engagements with what is next, and proposals that wait."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DateField,
    Exists,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse

from core.models import User
from engagements.models import (
    ChangeSet,
    Decision,
    Deliverable,
    Engagement,
    ProposalRevision,
    ScopeItem,
    SwapWish,
)

MOST = 12


@dataclass(frozen=True)
class ProjectToday:
    """A running engagement: how much waits for the client, and the next decision."""

    engagement: Engagement
    waits_for_client: int
    next_decision: dt.date | None


@dataclass(frozen=True)
class ForUs:
    """Something in an engagement that waits for us: `kind` is "sent_back", "wish" or "decision"."""

    kind: str
    text: str
    url: str
    engagement: str
    by: dt.date | None


@dataclass(frozen=True)
class EngagementsToday:
    """Running engagements, what waits for us in them, and how many gates were opened without the money."""

    lines: Sequence[ProjectToday]
    for_us: Sequence[ForUs]
    overridden: int
    more: int


def engagements_today(user: User) -> EngagementsToday | None:
    """Two queries."""
    live = Engagement.objects.exclude(status__in=[Engagement.Status.CLOSED, Engagement.Status.CANCELLED])
    first = list(_with_what_waits(live).select_related("organisation").order_by("finishes_on", "id")[: MOST + 1])
    if not first:
        return None
    return EngagementsToday(
        lines=[_line(one) for one in first[:MOST]],
        for_us=_for_us(live),
        overridden=getattr(first[0], "overridden", 0) or 0,
        more=max(len(first) - MOST, 0),
    )


def _with_what_waits(live: QuerySet[Engagement]) -> QuerySet[Engagement]:
    """Each with what waits for the client in it; and, the same in every row, how many gates were overridden."""
    mine = {"engagement": OuterRef("pk")}
    offered = ChangeSet.objects.filter(**mine, status=ChangeSet.Status.OFFERED)
    delivered = ScopeItem.objects.filter(**mine, status=ScopeItem.Status.DELIVERED)
    open_questions = Decision.objects.filter(**mine, decided_at=None)
    unpaid = live.filter(gate_overridden_at__isnull=False, deposit_cleared__lt=F("deposit_required"))
    return live.annotate(
        offered=_count(offered),
        delivered=_count(delivered),
        asked=_count(open_questions.filter(is_clients=True)),
        next_decision=Subquery(open_questions.order_by("wanted_by").values("wanted_by")[:1]),
        overridden=_count(unpaid.annotate(one=Value(1)), by="one"),
    )


def _count(rows: QuerySet[Any], by: str = "engagement") -> Coalesce:
    """How many rows, as a subquery."""
    counted = rows.order_by().values(by).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def _line(row: Engagement) -> ProjectToday:
    waits = sum(getattr(row, name) for name in ("offered", "delivered", "asked"))
    return ProjectToday(engagement=row, waits_for_client=waits, next_decision=getattr(row, "next_decision", None))


def _for_us(live: QuerySet[Engagement]) -> list[ForUs]:
    """What was sent back, swaps they propose and decisions that are ours, in one query."""
    back = ScopeItem.objects.filter(engagement__in=live, status=ScopeItem.Status.IN_PROGRESS)
    back = back.filter(Exists(Deliverable.objects.filter(item=OuterRef("pk"), sent_back_at__isnull=False)))
    wishes = SwapWish.objects.filter(engagement__in=live, answered_at=None)
    ours = Decision.objects.filter(engagement__in=live, decided_at=None, is_clients=False)
    nothing = Cast(Value(None), DateField())
    rows = _told(back, "sent_back", "title", nothing).union(
        _told(wishes, "wish", "body", nothing), _told(ours, "decision", "question", F("wanted_by")), all=True
    )
    places = {"wish": "#swap", "decision": "#decisions"}
    found = [
        ForUs(
            kind=kind,
            text=text,
            url=reverse("engagements:engagement", args=[engagement]) + places.get(kind, f"#item-{public_id}"),
            engagement=title,
            by=by,
        )
        for kind, text, public_id, engagement, title, by in rows.order_by("told_kind", "public_id")[: 3 * MOST]
    ]
    return sorted(found, key=lambda one: ("sent_back", "wish", "decision").index(one.kind))


def _told(rows: QuerySet[Any], kind: str, text: str, by: Combinable) -> QuerySet[Any, Any]:
    """The columns that all three have in common, so that the database can put them under one another."""
    named = rows.order_by().annotate(
        told_kind=Value(kind, CharField()),
        told=Cast(F(text), TextField()),
        project=F("engagement__public_id"),
        project_title=F("engagement__title"),
        told_by=by,
    )
    told: QuerySet[Any, Any] = named.values_list(
        "told_kind", "told", "public_id", "project", "project_title", "told_by"
    )
    return told


def proposals_today(user: User) -> list[ProposalRevision] | None:
    """Sent and not answered, the one that runs out first on top. One query."""
    waiting = ProposalRevision.objects.filter(status=ProposalRevision.Status.SENT)
    rows = waiting.select_related("proposal__organisation").order_by("valid_until", "id")[:MOST]
    return list(rows) or None


def deposits_taken_back() -> QuerySet[Engagement]:
    """Engagements that had begun when the money for their deposit went away again, the oldest first."""
    rows = Engagement.objects.filter(status__in=Engagement.BEGUN, deposit_cleared__lt=F("deposit_required"))
    closed = rows.filter(gate_overridden_at=None, deposit_waived_reason="")
    return closed.select_related("organisation").order_by("id")


def work_under_way() -> QuerySet[Engagement]:
    """Engagements that take the days of whoever delivers them."""
    return Engagement.objects.filter(status=Engagement.Status.ACTIVE)
