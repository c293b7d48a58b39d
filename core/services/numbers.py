"""Numbers that people quote: without gaps, because each is drawn inside the transaction that uses it."""

from django.db import transaction

from core.models import NumberSeries


@transaction.atomic
def draw(kind: str, scope: str = "") -> int:
    """The next number of the series, from 1. Whoever draws next waits until this transaction ends."""
    NumberSeries.objects.get_or_create(kind=kind, scope=scope)
    series = NumberSeries.objects.select_for_update().get(kind=kind, scope=scope)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last
