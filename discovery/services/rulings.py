"""Rulings on several findings at once."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.models import User
from discovery.models import Finding, Run
from discovery.services.findings import mark_false_positive, withdraw_false_positive

__all__ = ["rule_false", "rule_group_false", "withdraw_false_positive"]

MOST_AT_ONCE = 500


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


def rule_group_false(*, run: Run, check_id: str, reason: str, actor: User) -> int:
    """The same for everything bad that the run saw of one check."""
    behind = run.occurrences.bad().filter(finding__check_id=check_id).select_related("finding")
    return rule_false(
        findings=[occurrence.finding for occurrence in behind.order_by("pk")[: MOST_AT_ONCE + 1]],
        reason=reason,
        actor=actor,
    )
