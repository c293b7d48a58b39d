"""The deposit gate: no work before the money has cleared, unless someone says why and answers for it."""

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError, TransitionError
from core.models import Event, User
from core.money import Money, format_money
from engagements import tasks
from engagements.models import Engagement


def require_open_gate(engagement: Engagement) -> None:
    """Raises TransitionError while the deposit has not cleared."""
    if not engagement.is_gate_open:
        raise TransitionError(
            _("%(missing)s of the deposit have not cleared. Record the payment, or open the gate and say why."),
            missing=format_money(engagement.deposit_missing, engagement.locale),
        )


@transaction.atomic
def set_deposit_cleared(*, engagement: Engagement, cleared: Money, actor: User | None) -> Engagement:
    """What of the deposit has cleared by now, told by billing. The gate opens with the last coin, and closes again
    where a payment was reversed: the owner is told, and work that began stays as it is. Whoever opened the gate before
    the money cleared answered for that alone: once it has, their word is used up."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    was_open, was_covered = engagement.is_gate_open, engagement.is_deposit_covered
    engagement.deposit_cleared = cleared
    engagement.save(update_fields=["deposit_cleared", "deposit_cleared_currency"])
    if engagement.gate_overridden_at and (was_covered or engagement.is_deposit_covered):
        _end_override(engagement)
    if engagement.is_deposit_covered and not was_covered:
        events.record(engagement, "deposit.cleared", actor=actor, audience=Event.Audience.CLIENT, amount=cleared)
    if was_open and not engagement.is_gate_open:
        events.record(engagement, "deposit.reversed", actor=actor, amount=cleared)
        transaction.on_commit(partial(tasks.tell_of_reversed_deposit.delay, engagement.pk))
    _activate(engagement, actor)
    return engagement


@transaction.atomic
def override_gate(*, engagement: Engagement, reason: str, actor: User) -> Engagement:
    """Begin before the deposit has cleared. Raises DomainError without a reason, TransitionError where it is open."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    if engagement.is_gate_open:
        raise TransitionError(_("The gate is open already."))
    engagement.gate_override_reason = _required(reason, _("Say why work begins before the deposit has cleared."))
    engagement.gate_overridden_by, engagement.gate_overridden_at = actor, clock.now()
    engagement.save(update_fields=["gate_override_reason", "gate_overridden_by", "gate_overridden_at"])
    events.record(engagement, "deposit.gate_overridden", actor=actor, reason=engagement.gate_override_reason)
    _activate(engagement, actor)
    return engagement


@transaction.atomic
def waive_deposit(*, engagement: Engagement, reason: str, actor: User) -> Engagement:
    """Ask for no deposit after all. Raises DomainError without a reason."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    engagement.deposit_waived_reason = _required(reason, _("Say why no deposit is asked for."))
    engagement.save(update_fields=["deposit_waived_reason"])
    events.record(engagement, "deposit.waived", actor=actor, reason=engagement.deposit_waived_reason)
    _activate(engagement, actor)
    return engagement


def _end_override(engagement: Engagement) -> None:
    """The record keeps who opened it, and why."""
    engagement.gate_override_reason, engagement.gate_overridden_by, engagement.gate_overridden_at = "", None, None
    engagement.save(update_fields=["gate_override_reason", "gate_overridden_by", "gate_overridden_at"])


def _activate(engagement: Engagement, actor: User | None) -> None:
    waiting = engagement.status in {Engagement.Status.AGREED, Engagement.Status.AWAITING_DEPOSIT}
    if waiting and engagement.is_gate_open:
        engagement.move_to(Engagement.Status.ACTIVE)
        engagement.save(update_fields=["status"])
        events.record(engagement, "engagement.activated", actor=actor, audience=Event.Audience.CLIENT)


def _required(reason: str, sentence: str) -> str:
    if not reason.strip():
        raise DomainError(sentence)
    return reason.strip()[:500]
