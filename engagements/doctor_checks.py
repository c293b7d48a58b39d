"""What the doctor looks at in the room of promises."""

from core.doctor import Told, check, fault, ok
from engagements.models import Engagement
from engagements.services import ledger


@check("ledgers", needs=("database", "migrations"), thorough=True, after_restoring=True)
def ledgers() -> Told:
    """Every row of every scope ledger follows from the one before it."""
    count = Engagement.objects.count()
    for engagement in Engagement.objects.order_by("pk").iterator():
        if bad := ledger.first_broken(engagement):
            return fault(
                f"row {bad.position} of {engagement.public_id} does not follow from the one before it",
                "Restore a backup from before; manage.py verify_ledger lists every broken one.",
            )
    return ok(f"{count} checked, none broken")
