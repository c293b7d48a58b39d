"""Which checks a run makes, and what it need not read for them. Ids that are none mean the whole catalogue."""

from collections.abc import Iterable, Sequence

from infra_audit.chosen import operations_for
from infra_audit.collectors.registry import collectors
from infra_audit.registry import Check, catalogue
from infra_audit.repositories import known_operations


def checks_of(ids: Sequence[str]) -> list[Check]:
    """In the catalogue's order; what it does not know (any more) is passed over."""
    return [one for one in catalogue().values() if not ids or one.id in ids]


def known(ids: Iterable[str]) -> list[str]:
    """Those of the ids that the catalogue knows, in its order; none are none."""
    asked = set(ids)
    return [one for one in catalogue() if one in asked]


def unknown(ids: Iterable[str]) -> list[str]:
    return [one for one in ids if one not in catalogue()]


def left_out(ids: Sequence[str]) -> frozenset[str]:
    """The operations that no chosen check needs."""
    if not ids:
        return frozenset()
    return frozenset({*collectors(), *known_operations()}) - operations_for(checks_of(ids))


def reads_accounts(ids: Sequence[str]) -> bool:
    return not left_out(ids).issuperset(collectors())


def reads_repositories(ids: Sequence[str]) -> bool:
    return not left_out(ids).issuperset(known_operations())
