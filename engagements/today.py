"""What the day brings from promising: engagements with what is next, and proposals that wait."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from core.models import User
from engagements import project_queries
from engagements.models import Decision, Engagement, ProposalRevision, ScopeItem, SwapWish
from engagements.project_queries import EngagementLine

MOST = 12


@dataclass(frozen=True)
class EngagementsToday:
    """Running engagements, what waits for us in them, and how many gates were opened without the money."""

    lines: Sequence[EngagementLine]
    decisions: Sequence[Decision]
    wishes: Sequence[SwapWish]
    sent_back: Sequence[ScopeItem]
    overridden: int
    more: int


def engagements_today(user: User) -> EngagementsToday | None:
    """Eight queries."""
    running = project_queries.engagements().order_by("finishes_on", "id")
    first = list(running[: MOST + 1])
    if not first:
        return None
    live = Engagement.objects.exclude(status__in=[Engagement.Status.CLOSED, Engagement.Status.CANCELLED])
    ours = Decision.objects.filter(engagement__in=live, decided_at=None, is_clients=False)
    returned = ScopeItem.objects.filter(engagement__in=live, status=ScopeItem.Status.IN_PROGRESS)
    returned = returned.filter(deliverables__sent_back_at__isnull=False).distinct()
    return EngagementsToday(
        lines=project_queries.engagement_lines(first[:MOST]),
        decisions=list(ours.select_related("engagement")[:MOST]),
        wishes=list(SwapWish.objects.filter(engagement__in=live, answered_at=None).select_related("engagement")[:MOST]),
        sent_back=list(returned.select_related("engagement")[:MOST]),
        overridden=sum(1 for one in live.filter(gate_overridden_at__isnull=False) if one.deposit_missing.amount),
        more=max(len(first) - MOST, 0),
    )


def proposals_today(user: User) -> list[ProposalRevision] | None:
    """Sent and not answered, the one that runs out first on top. One query."""
    waiting = ProposalRevision.objects.filter(status=ProposalRevision.Status.SENT)
    rows = waiting.select_related("proposal__organisation").order_by("valid_until", "id")[:MOST]
    return list(rows) or None


def work_under_way() -> QuerySet[Engagement]:
    """Engagements that take the days of whoever delivers them."""
    return Engagement.objects.filter(status=Engagement.Status.ACTIVE)
