"""That a report was read. The client's own page says so; nothing that merely fetches an address does."""

from django.db import transaction

from core import events
from core.models import User
from portal.models import ReadReceipt, ReportRevision


@transaction.atomic
def record_receipt(*, revision: ReportRevision, user: User) -> bool:
    """Once a person and revision. False for staff, for a draft, and where it was recorded before."""
    if user.is_consultant or revision.is_draft:
        return False
    _receipt, made = ReadReceipt.objects.get_or_create(revision=revision, user=user)
    if made:
        events.record(revision, "report.read", actor=user, organisation=revision.engagement.organisation)
    return made
