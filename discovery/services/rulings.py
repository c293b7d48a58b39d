"""Rulings on findings: several at once that they are none, and one that its risk is taken."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Event, Practice, User
from discovery.models import Finding
from discovery.one_account import Seen
from discovery.services.findings import mark_false_positive, withdraw_false_positive

__all__ = ["accept_risk", "rule_false", "rule_group_false", "withdraw_false_positive"]

MOST_AT_ONCE = 500


@transaction.atomic
def accept_risk(*, finding: Finding, accepted_by: str, until: dt.date, reason: str, actor: User) -> Finding:
    """Record that somebody of the client takes the risk until a day: until then it stays out of the counts, and the
    first audit after it brings it back. Raises DomainError without a name or a reason, and for a day that is over.
    """
    if not (accepted_by.strip() and reason.strip()):
        raise DomainError(_("Say who of the client takes the risk, and why."))
    if until <= clock.today(Practice.get().zone):
        raise DomainError(_("Choose a day after today: a risk is taken for a time."))
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    finding.move_to(Finding.Status.ACCEPTED_RISK)
    finding.accepted_by, finding.accepted_until = accepted_by.strip()[:200], until
    finding.ruling_reason, finding.ruled_by, finding.ruled_at = reason.strip()[:500], actor, clock.now()
    finding.save(update_fields=["status", "accepted_by", "accepted_until", "ruling_reason", "ruled_by", "ruled_at"])
    events.record(
        finding,
        "finding.risk_accepted",
        actor=actor,
        audience=Event.Audience.CLIENT,
        by=finding.accepted_by,
        until=until.isoformat(),
        reason=finding.ruling_reason,
    )
    return finding


@transaction.atomic
def rule_false(*, findings: Sequence[Finding], reason: str, actor: User) -> int:
    """Rule that each of `findings` is none, all of them or nothing; says how many were not ruled so before.

    Raises DomainError without a finding or a reason, or for too many at once.
    """
    if not findings:
        raise DomainError(_("Choose at least one finding."))
    if len(findings) > MOST_AT_ONCE:
        raise DomainError(
            _("At most %(most)d findings can be marked at once; this is %(n)d. Hide the whole group instead."),
            most=MOST_AT_ONCE,
            n=len(findings),
        )
    new = [finding for finding in findings if finding.status != Finding.Status.FALSE_POSITIVE]
    for finding in new:
        mark_false_positive(finding=finding, reason=reason, actor=actor)
    return len(new)


def rule_group_false(*, run: Seen, check_id: str, reason: str, actor: User) -> int:
    """The same for everything bad that the run saw of one check."""
    behind = run.occurrences.bad().filter(finding__check_id=check_id).select_related("finding")
    return rule_false(
        findings=[occurrence.finding for occurrence in behind.order_by("pk")[: MOST_AT_ONCE + 1]],
        reason=reason,
        actor=actor,
    )
