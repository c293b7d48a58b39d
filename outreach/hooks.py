"""What rooms above know that courting can use. They register themselves when they start; without them it is nothing."""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, Q, QuerySet

_busy: list[Callable[[], QuerySet[Any]]] = []


def tell_busy(teller: Callable[[], QuerySet[Any]]) -> None:
    """`teller` gives the work for clients that is under way, unevaluated: it becomes part of a query."""
    if teller not in _busy:
        _busy.append(teller)


def is_delivery_busy() -> Q:
    """A condition that holds in every row while anything is under way, and else in none."""
    busy = Q(pk__in=[])
    for teller in _busy:
        busy |= Q(Exists(teller()))
    return busy
