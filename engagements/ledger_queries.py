"""What the ledger says: sums of approved change sets, never of drafts or offers."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import DecimalField, Q, Sum

from core.models.staff_only import StaffOnlyQuerySet
from core.money import Money
from engagements.models import ChangeSet, Engagement, ScopeEntry, ScopeItem

AMOUNT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=20, decimal_places=3)
TRADES = (ScopeEntry.Kind.TRADE_IN, ScopeEntry.Kind.TRADE_OUT)
THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True)
class ValueStep:
    """The contract's value from a moment on, and which change set made it so."""

    at: dt.datetime
    reference: str
    title: str
    value: Money


def contract_value(engagement: Engagement) -> Money:
    """The sum of the rows of approved change sets."""
    return Money(_sum(_approved(engagement)), engagement.currency)


def contract_values(engagements: Iterable[Engagement]) -> dict[int, Money]:
    """The same for many at once, by primary key, in one query."""
    known = {one.pk: one.currency for one in engagements}
    rows = (
        ScopeEntry.objects.filter(engagement__in=known, change_set__status=ChangeSet.Status.APPROVED)
        .order_by()
        .values("engagement")
        .annotate(sum=Sum("value_change", output_field=AMOUNT))
    )
    sums = {row["engagement"]: row["sum"] for row in rows}
    return {pk: Money(_exact(sums.get(pk)), currency) for pk, currency in known.items()}


def item_values(engagement: Engagement) -> dict[int, Money]:
    """What each item is worth by now, by primary key."""
    rows = _approved(engagement).order_by().values("item").annotate(sum=Sum("value_change", output_field=AMOUNT))
    return {row["item"]: Money(_exact(row["sum"]), engagement.currency) for row in rows}


def items_with_values(engagement: Engagement) -> list[tuple[ScopeItem, Money, Money]]:
    """Each item with what it is worth by now, and what trades changed of it. One query; the values add up to the
    contract's, what trades changed to the trade balance, because every row of the ledger is about an item."""
    approved = Q(entries__change_set__status=ChangeSet.Status.APPROVED)
    trades = approved & Q(entries__kind__in=TRADES)
    rows = (
        ScopeItem.objects.filter(engagement=engagement)
        .select_related("accepted_by")
        .annotate(
            worth=Sum("entries__value_change", filter=approved, output_field=AMOUNT),
            traded=Sum("entries__value_change", filter=trades, output_field=AMOUNT),
        )
    )
    currency = engagement.currency
    return [(row, Money(_exact(row.worth), currency), Money(_exact(row.traded), currency)) for row in rows]


def value_of(item: ScopeItem) -> Money:
    return Money(_sum(_approved(item.engagement).filter(item=item)), item.engagement.currency)


def effort(engagement: Engagement) -> Decimal:
    """Likely hours of what is agreed by now; for staff alone."""
    found = _approved(engagement).aggregate(sum=Sum("effort_change"))["sum"]
    return Decimal(found or 0)


def trade_balance(engagement: Engagement) -> Money:
    """What the approved trades were off level, added up. Above zero: the client got more than it gave."""
    return Money(_sum(_approved(engagement).filter(kind__in=TRADES)), engagement.currency)


def value_over_time(engagement: Engagement) -> list[ValueStep]:
    """One step a change set, in the order of the ledger."""
    rows = (
        _approved(engagement)
        .order_by()
        .values("change_set", "change_set__kind", "change_set__number", "change_set__title")
        .annotate(sum=Sum("value_change", output_field=AMOUNT))
    )
    sums = {row["change_set"]: row["sum"] for row in rows}
    value, steps = Decimal(0), []
    for change in ChangeSet.objects.filter(pk__in=sums).order_by("answered_at", "id"):
        value += _exact(sums[change.pk])
        steps.append(
            ValueStep(
                at=change.answered_at or change.created_at,
                reference=change.reference,
                title=change.title,
                value=Money(value, engagement.currency),
            )
        )
    return steps


def _approved(engagement: Engagement) -> StaffOnlyQuerySet[ScopeEntry]:
    return ScopeEntry.objects.filter(engagement=engagement, change_set__status=ChangeSet.Status.APPROVED)


def _sum(rows: StaffOnlyQuerySet[ScopeEntry]) -> Decimal:
    return _exact(rows.aggregate(sum=Sum("value_change", output_field=AMOUNT))["sum"])


def _exact(found: Decimal | None) -> Decimal:
    """SQLite adds in binary; to the thousandth the sum is exact for every amount that a column can hold."""
    return Decimal(found or 0).quantize(THOUSANDTH)
