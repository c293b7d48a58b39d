"""Engagements: opened by a signature, paused and taken up again, closed."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError, TransitionError
from core.models import Event, User
from core.money import Money
from engagements.models import Acceptance, ChangeSet, Engagement, ProposalLine, ScopeEntry, ScopeItem
from engagements.offer import Offer
from engagements.services import changes, ledger
from engagements.services.deposits import require_open_gate
from engagements.signals import engagement_ended
from outreach import dates


@transaction.atomic
def open_engagement(*, acceptance: Acceptance, actor: User | None) -> Engagement:
    """What a signature begins: the engagement, its items, and the baseline of its ledger.

    It waits for the deposit; where the agreement asks for none, that is written down as a waiver.
    """
    revision = acceptance.revision
    offer = Offer.of(revision)
    engagement = Engagement.objects.create(
        acceptance=acceptance,
        organisation=acceptance.organisation,
        title=offer.title,
        kind=offer.kind,
        owner=revision.proposal.owner,
        currency=offer.currency,
        locale=offer.locale,
        starts_on=offer.starts_on,
        promised_on=offer.finishes_on,
        finishes_on=offer.finishes_on,
        trade_tolerance=offer.trade_tolerance,
        acceptance_days=offer.terms.acceptance_days if offer.terms else 5,
        deposit_required=acceptance.deposit,
        deposit_cleared=Money(0, offer.currency),
        deposit_waived_reason="" if acceptance.deposit.amount else _("The agreement asks for no deposit."),
    )
    events.record(engagement, "engagement.opened", actor=actor, audience=Event.Audience.CLIENT)
    _write_baseline(engagement, offer, actor)
    free = bool(engagement.deposit_waived_reason)
    engagement.move_to(Engagement.Status.ACTIVE if free else Engagement.Status.AWAITING_DEPOSIT)
    engagement.save(update_fields=["status"])
    return engagement


def _write_baseline(engagement: Engagement, offer: Offer, actor: User | None) -> None:
    """An item and a ledger row for each line that was bought; the hours stay with staff."""
    acceptance = engagement.acceptance
    hours = {str(line.key): line for line in ProposalLine.objects.filter(revision=acceptance.revision)}
    baseline = ChangeSet.objects.create(
        engagement=engagement,
        kind=ChangeSet.Kind.BASELINE,
        number=1,
        status=ChangeSet.Status.APPROVED,
        title=_("What was agreed"),
        value_change=acceptance.price,
        made_by=engagement.owner,
        answered_at=acceptance.signed_at,
        answered_by=acceptance.signer,
    )
    rows = []
    for position, line in enumerate(offer.lines_with(acceptance.picked), start=1):
        known = hours[line.key]
        item = ScopeItem.objects.create(
            engagement=engagement,
            key=line.key,
            position=position,
            title=line.title,
            outcome=line.outcome,
            done_when=line.done_when,
            topic=line.topic,
            low_hours=known.low_hours,
            likely_hours=known.likely_hours,
            high_hours=known.high_hours,
        )
        rows.append(ledger.Row(ScopeEntry.Kind.BASE, item, line.price, known.likely_hours or Decimal(0)))
    ledger.append(change_set=baseline, rows=rows, actor=actor)


@transaction.atomic
def pause(*, engagement: Engagement, why: Engagement.Pause, reason: str, actor: User) -> Engagement:
    """Raises TransitionError where it is not active, DomainError without a reason."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    if not reason.strip():
        raise DomainError(_("Say why work is paused: the client reads it."))
    engagement.move_to(Engagement.Status.PAUSED)
    engagement.pause, engagement.pause_reason, engagement.paused_on = why, reason.strip()[:500], dates.today()
    engagement.save(update_fields=["status", "pause", "pause_reason", "paused_on"])
    events.record(
        engagement,
        "engagement.paused",
        actor=actor,
        audience=Event.Audience.CLIENT,
        why=why,
        reason=engagement.pause_reason,
    )
    return engagement


@transaction.atomic
def resume(*, engagement: Engagement, actor: User) -> Engagement:
    """Take work up again; the finish moves by as many days as it lay still. Raises TransitionError where it is not
    paused, and while the deposit has not cleared: a payment may have been reversed."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    if engagement.status != Engagement.Status.PAUSED:
        raise TransitionError(_("This engagement is not paused."))
    require_open_gate(engagement)
    engagement.move_to(Engagement.Status.ACTIVE)
    days = max((dates.today() - (engagement.paused_on or dates.today())).days, 0)
    if engagement.finishes_on:
        engagement.finishes_on += dt.timedelta(days=days)
    engagement.pause, engagement.pause_reason, engagement.paused_on = "", "", None
    engagement.save(update_fields=["status", "pause", "pause_reason", "paused_on", "finishes_on"])
    events.record(engagement, "engagement.resumed", actor=actor, audience=Event.Audience.CLIENT, days=days)
    return engagement


@transaction.atomic
def begin_closing(*, engagement: Engagement, actor: User) -> Engagement:
    """Raises TransitionError while an item is neither accepted nor gone, or a change is still offered."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    done = {ScopeItem.Status.ACCEPTED, *ScopeItem.GONE}
    left = engagement.items.exclude(status__in=done).count()
    if left:
        raise TransitionError(_("%(n)d items are not accepted yet. Deliver, trade or remove them first."), n=left)
    if engagement.change_sets.filter(status=ChangeSet.Status.OFFERED).exists():
        raise TransitionError(_("A change is still offered. Withdraw it, or wait for the answer."))
    engagement.move_to(Engagement.Status.CLOSING)
    engagement.save(update_fields=["status"])
    events.record(engagement, "engagement.closing", actor=actor, audience=Event.Audience.CLIENT)
    return engagement


@transaction.atomic
def close(*, engagement: Engagement, lessons: str, actor: User) -> Engagement:
    """The work is done and looked back on. Raises TransitionError where it is not closing."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    engagement.move_to(Engagement.Status.CLOSED)
    engagement.lessons, engagement.closed_at = lessons.strip(), clock.now()
    engagement.save(update_fields=["status", "lessons", "closed_at"])
    events.record(engagement, "engagement.closed", actor=actor, audience=Event.Audience.CLIENT)
    engagement_ended.send(sender=Engagement, engagement=engagement, actor=actor)
    return engagement


@transaction.atomic
def reopen(*, engagement: Engagement, actor: User) -> Engagement:
    """From closing back to work. Raises TransitionError from anywhere else."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    if engagement.status != Engagement.Status.CLOSING:
        raise TransitionError(_("Only an engagement that is closing can be taken up again."))
    engagement.move_to(Engagement.Status.ACTIVE)
    engagement.save(update_fields=["status"])
    events.record(engagement, "engagement.reopened", actor=actor, audience=Event.Audience.CLIENT)
    return engagement


@transaction.atomic
def cancel(*, engagement: Engagement, reason: str, actor: User | None) -> Engagement:
    """Ends without an end. Raises TransitionError where it is over already, DomainError without a reason."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    if not reason.strip():
        raise DomainError(_("Say why it is cancelled."))
    engagement.move_to(Engagement.Status.CANCELLED)
    engagement.closed_at = clock.now()
    engagement.save(update_fields=["status", "closed_at"])
    for offered in engagement.change_sets.filter(status=ChangeSet.Status.OFFERED).order_by("id"):
        changes.withdraw_change(change_set=offered, reason=reason, actor=actor)
    events.record(
        engagement, "engagement.cancelled", actor=actor, audience=Event.Audience.CLIENT, reason=reason.strip()[:500]
    )
    engagement_ended.send(sender=Engagement, engagement=engagement, actor=actor)
    return engagement


@transaction.atomic
def set_visibility(*, engagement: Engagement, visibility: Engagement.Visibility, actor: User) -> Engagement:
    """How much of it the client's people see."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    was, engagement.visibility = engagement.visibility, visibility
    engagement.save(update_fields=["visibility"])
    events.record(engagement, "engagement.visibility_changed", actor=actor, was=was, then=visibility)
    return engagement
