"""What a client answers to a finding that was told: agreed, disputed, mended. A claim is verified by the next run that
looks in the same place, never believed. What staff say to a dispute goes back to whoever raised it."""

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Event, User
from discovery import tasks
from discovery.models import Finding

MOST = 500  # characters


@transaction.atomic
def agree(*, finding: Finding, actor: User) -> Finding:
    """Raises TransitionError where it cannot become agreed any more."""
    return _answer(finding, Finding.Status.AGREED, "finding.agreed", "", actor)


@transaction.atomic
def dispute(*, finding: Finding, reason: str, actor: User) -> Finding:
    """Raises DomainError without a reason, TransitionError where it was answered already."""
    if not reason.strip():
        raise DomainError(_("Say why you see it differently."))
    return _answer(finding, Finding.Status.DISPUTED, "finding.disputed", reason, actor)


@transaction.atomic
def claim_fixed(*, finding: Finding, note: str, actor: User) -> Finding:
    """It is mended, and should be looked at again: the next run verifies it or brings it back."""
    return _answer(finding, Finding.Status.FIXED, "finding.retest_wanted", note, actor)


@transaction.atomic
def reply(*, finding: Finding, words: str, actor: User) -> Finding:
    """Say something to a dispute: the finding stands as it is, and whoever disputed it hears why.

    Raises DomainError without words, and where nothing was disputed.
    """
    if not words.strip():
        raise DomainError(_("Write what you say to it."))
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    if finding.status != Finding.Status.DISPUTED:
        raise DomainError(_("Nobody disputes this finding."))
    finding.reply, finding.replied_at = words.strip()[:MOST], clock.now()
    finding.save(update_fields=["reply", "replied_at"])
    events.record(finding, "finding.replied", actor=actor, audience=Event.Audience.CLIENT, reason=finding.reply)
    transaction.on_commit(partial(tasks.tell_of_reply.delay, finding.pk))
    return finding


def _answer(finding: Finding, status: Finding.Status, what: str, words: str, actor: User) -> Finding:
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    finding.move_to(status)
    finding.answer, finding.answered_by, finding.answered_at = words.strip()[:MOST], actor, clock.now()
    finding.reply, finding.replied_at = "", None
    finding.save(update_fields=["status", "answer", "answered_by", "answered_at", "reply", "replied_at"])
    events.record(finding, what, actor=actor, audience=Event.Audience.CLIENT, title=str(finding), reason=finding.answer)
    if status != Finding.Status.AGREED:
        transaction.on_commit(partial(tasks.tell_of_answer.delay, finding.pk))
    return finding
