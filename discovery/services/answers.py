"""What a client answers to a finding that was told: agreed, disputed, mended. A claim is verified by the next run that
looks in the same place, never believed."""

from django.db import transaction
from django.utils.translation import gettext as _

from core import events
from core.errors import DomainError
from core.models import Event, User
from discovery.models import Finding


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


def _answer(finding: Finding, status: Finding.Status, what: str, words: str, actor: User) -> Finding:
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    finding.move_to(status)
    finding.save(update_fields=["status"])
    reason = words.strip()[:500]
    events.record(finding, what, actor=actor, audience=Event.Audience.CLIENT, title=str(finding), reason=reason)
    return finding
