"""The scope ledger: rows are only ever added, in order, each with the hash of the one before it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core import clock
from core.models import User
from core.money import Money, as_json
from core.snapshots import sha256_of
from engagements.models import ChangeSet, Engagement, ScopeEntry, ScopeItem

GENESIS = "0" * 64
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Row:
    """A change of scope: `effort_change` in likely hours, for staff alone."""

    kind: ScopeEntry.Kind
    item: ScopeItem
    value_change: Money
    effort_change: Decimal


def append(*, change_set: ChangeSet, rows: Iterable[Row], actor: User | None) -> list[ScopeEntry]:
    """Write rows at the end. The caller holds the engagement's row locked, so positions have no gap."""
    last = ScopeEntry.objects.filter(engagement=change_set.engagement).order_by("-position").first()
    position, previous = (last.position, last.hash) if last else (0, GENESIS)
    written = []
    for row in rows:
        position += 1
        entry = ScopeEntry(
            engagement=change_set.engagement,
            position=position,
            change_set=change_set,
            item=row.item,
            kind=row.kind,
            value_change=row.value_change,
            effort_change=row.effort_change.quantize(TENTH),
            actor=actor,
            at=clock.now(),
            previous_hash=previous,
        )
        entry.hash = previous = hash_of(entry)
        written.append(entry)
    return ScopeEntry.objects.bulk_create(written)


def hash_of(entry: ScopeEntry) -> str:
    """Over everything the row says and the hash of the row before it, in hexadecimal."""
    return sha256_of(
        {
            "engagement": entry.engagement_id,
            "position": entry.position,
            "change_set": entry.change_set_id,
            "item": entry.item_id,
            "kind": str(entry.kind),
            "value_change": as_json(entry.value_change),
            "effort_change": str(entry.effort_change.quantize(TENTH)),
            "actor": entry.actor_id,
            "at": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "previous": entry.previous_hash,
        }
    )


def first_broken(engagement: Engagement) -> ScopeEntry | None:
    """The first row that does not follow from the one before it, or does not match its own hash; None: all do."""
    previous = GENESIS
    entries = ScopeEntry.objects.filter(engagement=engagement).order_by("position").iterator(chunk_size=2000)
    for position, entry in enumerate(entries, start=1):
        if entry.position != position or entry.previous_hash != previous or entry.hash != hash_of(entry):
            return entry
        previous = entry.hash
    return None
