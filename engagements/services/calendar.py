"""What a day brings by itself. Safe to run at any time, twice, and after days of standing still."""

from django.db import transaction

from core import clock
from engagements.models import ScopeItem
from engagements.services import changes, items, telling


def keep_the_calendar() -> None:
    """Offered changes that run out, deliveries that count as accepted, and a reminder before they do."""
    changes.expire_changes()
    items.deem_accepted()
    for item in items.waiting_for_a_reminder():
        with transaction.atomic():
            waits = ScopeItem.objects.filter(
                pk=item.pk, status=ScopeItem.Status.DELIVERED, deemed_reminded_at__isnull=True
            )
            if waits.update(deemed_reminded_at=clock.now()):
                transaction.on_commit(lambda waiting=item: telling.remind_of_delivery(waiting))  # type: ignore[misc]
