"""Questions that someone must answer, and risks that someone watches."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError, TransitionError
from core.models import Event, User
from engagements.models import Decision, Engagement, Risk
from engagements.roles import require_acting


@transaction.atomic
def ask_for_decision(
    *,
    engagement: Engagement,
    question: str,
    wanted_by: dt.date,
    waiting_costs: str,
    is_clients: bool,
    actor: User,
) -> Decision:
    """Raises DomainError without a question."""
    if not question.strip():
        raise DomainError(_("Say what is to be decided."))
    decision = Decision.objects.create(
        engagement=engagement,
        question=question.strip()[:300],
        wanted_by=wanted_by,
        waiting_costs=waiting_costs.strip()[:300],
        is_clients=is_clients,
    )
    audience = Event.Audience.CLIENT if is_clients else Event.Audience.STAFF
    events.record(
        decision,
        "decision.wanted",
        actor=actor,
        organisation=engagement.organisation,
        audience=audience,
        question=decision.question,
    )
    return decision


@transaction.atomic
def decide(*, decision: Decision, answer: str, actor: User) -> Decision:
    """Staff note what was decided; of the client's own questions an owner answers too.

    Raises NotAllowedError for others, TransitionError where it is decided, DomainError without an answer.
    """
    decision = Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    if not actor.is_consultant:
        require_acting(actor, decision.engagement)
    if decision.decided_at:
        raise TransitionError(_("This is decided already: %(answer)s"), answer=decision.answer)
    if not answer.strip():
        raise DomainError(_("Say what was decided."))
    decision.answer, decision.decided_by, decision.decided_at = answer.strip()[:500], actor, clock.now()
    decision.save(update_fields=["answer", "decided_by", "decided_at"])
    audience = Event.Audience.CLIENT if decision.is_clients else Event.Audience.STAFF
    events.record(
        decision,
        "decision.made",
        actor=actor,
        organisation=decision.engagement.organisation,
        audience=audience,
        question=decision.question,
        answer=decision.answer,
    )
    return decision


@dataclass(frozen=True)
class RiskWords:
    title: str
    likelihood: int
    impact: int
    watched_by: str
    response: str = ""
    is_clients_to_see: bool = True


@transaction.atomic
def note_risk(*, engagement: Engagement, words: RiskWords, actor: User) -> Risk:
    risk = Risk.objects.create(
        engagement=engagement,
        title=words.title.strip()[:300],
        likelihood=words.likelihood,
        impact=words.impact,
        watched_by=words.watched_by.strip()[:200],
        response=words.response.strip()[:500],
        is_clients_to_see=words.is_clients_to_see,
    )
    events.record(risk, "risk.noted", actor=actor, organisation=engagement.organisation, title=risk.title)
    return risk


@transaction.atomic
def close_risk(*, risk: Risk, note: str, actor: User) -> Risk:
    """Raises TransitionError where it is closed."""
    risk = Risk.objects.select_for_update(of=("self",)).get(pk=risk.pk)
    if risk.closed_at:
        raise TransitionError(_("This risk is closed already."))
    risk.closed_at, risk.closing_note = clock.now(), note.strip()[:500]
    risk.save(update_fields=["closed_at", "closing_note"])
    events.record(risk, "risk.closed", actor=actor, organisation=risk.engagement.organisation, title=risk.title)
    return risk
