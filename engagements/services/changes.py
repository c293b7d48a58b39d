"""Scope that changes by trade or change order: drafted and offered by staff, answered by the client."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError, StaleError, TransitionError
from core.models import Event, User
from core.money import Money, as_json, format_money, total
from core.services import numbers
from core.snapshots import sha256_of
from engagements.ledger_queries import contract_value, item_values
from engagements.models import ChangeLine, ChangeSet, Engagement, ScopeEntry, ScopeItem, SwapWish
from engagements.roles import require_acting
from engagements.services import ledger
from engagements.signals import change_approved
from outreach import dates

OPEN_FOR_CHANGE = frozenset({Engagement.Status.AWAITING_DEPOSIT, Engagement.Status.ACTIVE, Engagement.Status.PAUSED})
CONSENT_VERSION = "1"


@dataclass(frozen=True)
class NewWork:
    """Work that comes in. The hours are for staff alone."""

    title: str
    value: Money
    outcome: str = ""
    done_when: str = ""
    topic: str = ""
    low_hours: Decimal | None = None
    likely_hours: Decimal | None = None
    high_hours: Decimal | None = None


@dataclass(frozen=True)
class Change:
    """What a draft says: items that go out, work that comes in, and why."""

    title: str
    out: Sequence[ScopeItem] = ()
    incoming: Sequence[NewWork] = ()
    reason: str = ""
    days_change: int = 0
    broken_assumption: str = ""
    valid_until: dt.date | None = None


@dataclass(frozen=True)
class ChangeSignature:
    """What proves an approval: the name as typed, and from where."""

    name: str
    email: str
    consent_text: str
    ip: str = ""
    user_agent: str = ""


@transaction.atomic
def draft_change(
    *,
    engagement: Engagement,
    kind: ChangeSet.Kind,
    change: Change,
    actor: User,
    answers: SwapWish | None = None,
) -> ChangeSet:
    """A trade or an order that nobody but staff sees yet, perhaps in answer to a client's wish.

    Raises DomainError for what can never be offered, and TransitionError where the wish was answered.
    """
    _require_open(engagement)
    change_set = ChangeSet.objects.create(
        engagement=engagement,
        kind=kind,
        title=_title(change),
        value_change=Money(0, engagement.currency),
        made_by=actor,
    )
    events.record(change_set, "change.drafted", actor=actor, organisation=engagement.organisation, kind=kind)
    if answers:
        answer_wish(wish=answers, change_set=change_set, refusal="", actor=actor)
    return _write(change_set, change)


@transaction.atomic
def revise_draft(*, change_set: ChangeSet, change: Change, actor: User) -> ChangeSet:
    """Say it anew. Raises TransitionError once it was offered."""
    change_set = _locked(change_set)
    _require_draft(change_set)
    change_set.title = _title(change)
    change_set.lines.all().delete()
    return _write(change_set, change)


@transaction.atomic
def make_order(*, change_set: ChangeSet, actor: User) -> ChangeSet:
    """A trade that is not level becomes a change order for the difference, with the same lines."""
    change_set = _locked(change_set)
    _require_draft(change_set)
    change_set.kind = ChangeSet.Kind.CHANGE_ORDER
    change_set.save(update_fields=["kind"])
    events.record(change_set, "change.became_order", actor=actor, organisation=change_set.engagement.organisation)
    return change_set


@transaction.atomic
def offer_change(*, change_set: ChangeSet, actor: User) -> ChangeSet:
    """Freeze it and show it to the client: the consultant's own approval.

    Raises DomainError where something is missing or a trade is not level, TransitionError where an item may no
    longer go out.
    """
    engagement = _lock_engagement(change_set.engagement)
    change_set = _locked(change_set)
    _require_open(engagement)
    lines = list(change_set.lines.select_related("item"))
    _require_offerable(change_set, lines)
    _require_still_there(lines, item_values(engagement), TransitionError)
    change_set.move_to(ChangeSet.Status.OFFERED)
    change_set.number = numbers.draw(change_set.kind, engagement.public_id)
    change_set.offered_at, change_set.offered_by = clock.now(), actor
    change_set.snapshot = _snapshot(change_set, lines)
    change_set.snapshot_sha256 = sha256_of(change_set.snapshot)
    change_set.save()
    change_set.lines.update(frozen_at=change_set.offered_at)
    events.record(
        change_set,
        "change.offered",
        actor=actor,
        organisation=engagement.organisation,
        audience=Event.Audience.CLIENT,
        reference=change_set.reference,
    )
    return change_set


@transaction.atomic
def approve_change(
    *, change_set: ChangeSet, seen_sha256: str, signature: ChangeSignature | None, actor: User
) -> ChangeSet:
    """The client's yes: ledger rows are written, items go and come, the finish moves, or nothing of it happens.

    A second click finds it approved and changes nothing. Raises NotAllowedError for everyone but an owner, StaleError
    where what was read is not what is stored or the scope has moved on since, TransitionError where it is no longer
    offered, DomainError where a change order is not signed.
    """
    engagement = _lock_engagement(change_set.engagement)
    change_set = _locked(change_set)
    require_acting(actor, engagement)
    if change_set.status == ChangeSet.Status.APPROVED and change_set.answered_by_id == actor.pk:
        return change_set
    if change_set.status != ChangeSet.Status.OFFERED:
        change_set.move_to(ChangeSet.Status.APPROVED)  # says what it is now
    if seen_sha256 != change_set.snapshot_sha256:
        raise StaleError(_("A newer version of this change exists. Read it again before you approve it."))
    if change_set.valid_until and change_set.valid_until < dates.today():
        raise TransitionError(_("This offer has expired. Ask for it to be offered again."))
    _require_open(engagement)
    if change_set.kind != ChangeSet.Kind.HORSE_TRADE:
        signature = _signed(signature)
    lines = list(change_set.lines.select_related("item"))
    _require_still_there(lines, item_values(engagement), StaleError)
    change_set.move_to(ChangeSet.Status.APPROVED)
    change_set.answered_at, change_set.answered_by = clock.now(), actor
    change_set.signature = asdict(signature) | {"consent_version": CONSENT_VERSION} if signature else {}
    change_set.save(update_fields=["status", "answered_at", "answered_by", "signature"])
    rows = [_carry_out(change_set, line) for line in lines]
    ledger.append(change_set=change_set, rows=rows, actor=actor)
    if engagement.finishes_on and change_set.days_change:
        engagement.finishes_on += dt.timedelta(days=change_set.days_change)
        engagement.save(update_fields=["finishes_on"])
    events.record(
        change_set,
        "change.approved",
        actor=actor,
        organisation=engagement.organisation,
        audience=Event.Audience.CLIENT,
        reference=change_set.reference,
        sha256=change_set.snapshot_sha256,
    )
    change_approved.send(sender=ChangeSet, change_set=change_set, actor=actor)
    return change_set


@transaction.atomic
def reject_change(*, change_set: ChangeSet, reason: str, actor: User) -> ChangeSet:
    """The client's no. Raises NotAllowedError for everyone but an owner, DomainError without a reason."""
    change_set = _locked(change_set)
    require_acting(actor, change_set.engagement)
    if not reason.strip():
        raise DomainError(_("Say in a few words what speaks against it."))
    return _answer(change_set, ChangeSet.Status.REJECTED, "change.rejected", actor, reason)


@transaction.atomic
def withdraw_change(*, change_set: ChangeSet, reason: str, actor: User | None) -> ChangeSet:
    """Take a draft or an offer back."""
    return _answer(_locked(change_set), ChangeSet.Status.WITHDRAWN, "change.withdrawn", actor, reason)


def expire_changes() -> int:
    """Close every offer whose day has passed; how many. Safe to run at any time and twice."""
    late = ChangeSet.objects.filter(status=ChangeSet.Status.OFFERED, valid_until__lt=dates.today())
    expired = 0
    for change_set in late:
        with transaction.atomic():
            row = _locked(change_set)
            if row.status == ChangeSet.Status.OFFERED:
                _answer(row, ChangeSet.Status.EXPIRED, "change.expired", None, "")
                expired += 1
    return expired


@transaction.atomic
def wish_swap(*, engagement: Engagement, body: str, actor: User) -> SwapWish:
    """A client's own words for a swap. Raises DomainError where nothing is said."""
    require_acting(actor, engagement)
    _require_open(engagement)
    if not body.strip():
        raise DomainError(_("Say what you would give, and what you would rather have."))
    wish = SwapWish.objects.create(engagement=engagement, body=body.strip()[:2000], wished_by=actor)
    events.record(
        wish, "swap.wished", actor=actor, organisation=engagement.organisation, audience=Event.Audience.CLIENT
    )
    return wish


@transaction.atomic
def answer_wish(*, wish: SwapWish, change_set: ChangeSet | None, refusal: str, actor: User) -> SwapWish:
    """With a change set that takes it up, or with words that say why not. Raises DomainError without either,
    TransitionError where it was answered."""
    wish = SwapWish.objects.select_for_update(of=("self",)).select_related("engagement__organisation").get(pk=wish.pk)
    if wish.answered_at:
        raise TransitionError(_("This wish was answered already."))
    if not (change_set or refusal.strip()):
        raise DomainError(_("Say why it cannot be done, or draft the trade."))
    wish.change_set, wish.refusal, wish.answered_at = change_set, refusal.strip()[:500], clock.now()
    wish.save(update_fields=["change_set", "refusal", "answered_at"])
    events.record(
        wish,
        "swap.answered",
        actor=actor,
        organisation=wish.engagement.organisation,
        audience=Event.Audience.CLIENT,
        refusal=wish.refusal,
    )
    return wish


def off_level(change_set: ChangeSet) -> bool:
    """Whether a trade's sides differ by more than the agreement tolerates."""
    return bool(abs(change_set.value_change.amount) > change_set.engagement.trade_tolerance.amount)


def read_draft(change_set: ChangeSet) -> dict[str, Any]:
    """A draft in the form it would be frozen in."""
    return _snapshot(change_set, list(change_set.lines.all()))


def consent_text(change_set: ChangeSet) -> str:
    """What an owner agrees to by typing their name."""
    return _("I agree to %(reference)s as shown on this page, for %(client)s.") % {
        "reference": change_set.reference,
        "client": change_set.engagement.organisation.name,
    }


def _write(change_set: ChangeSet, change: Change) -> ChangeSet:
    """Lines and sum of a draft. An item that goes out is worth what the ledger says."""
    engagement = change_set.engagement
    values = item_values(engagement)
    for item in change.out:
        if item.engagement_id != engagement.pk:
            raise DomainError(_("“%(title)s” is not part of this engagement."), title=item.title)
    if len({item.pk for item in change.out}) != len(change.out):
        raise DomainError(_("An item can go out once only."))
    nothing = Money(0, engagement.currency)
    out = [_out(change_set, item, values.get(item.pk, nothing), at) for at, item in enumerate(change.out, start=1)]
    first_in = len(out) + 1
    incoming = [_in(change_set, work, at) for at, work in enumerate(change.incoming, start=first_in)]
    ChangeLine.objects.bulk_create([*out, *incoming])
    change_set.value_change = total((line.value for line in incoming), engagement.currency) - total(
        (line.value for line in out), engagement.currency
    )
    change_set.reason, change_set.days_change = change.reason.strip(), change.days_change
    change_set.broken_assumption, change_set.valid_until = change.broken_assumption.strip()[:500], change.valid_until
    change_set.save()
    return change_set


def _out(change_set: ChangeSet, item: ScopeItem, value: Money, position: int) -> ChangeLine:
    return ChangeLine(
        change_set=change_set,
        direction=ChangeLine.Direction.OUT,
        item=item,
        position=position,
        title=item.title,
        outcome=item.outcome,
        done_when=item.done_when,
        topic=item.topic,
        value=value,
        low_hours=item.low_hours,
        likely_hours=item.likely_hours,
        high_hours=item.high_hours,
    )


def _in(change_set: ChangeSet, work: NewWork, position: int) -> ChangeLine:
    if not work.title.strip():
        raise DomainError(_("Name what comes in."))
    if work.value.amount < 0:
        raise DomainError(_("“%(title)s” cannot be worth less than nothing."), title=work.title)
    words = asdict(work) | {"value": work.value}
    return ChangeLine(change_set=change_set, direction=ChangeLine.Direction.IN, position=position, **words)


def _require_offerable(change_set: ChangeSet, lines: list[ChangeLine]) -> None:
    """Raises DomainError with what is missing."""
    sides = {line.direction for line in lines}
    if change_set.kind == ChangeSet.Kind.HORSE_TRADE:
        if sides != {ChangeLine.Direction.IN, ChangeLine.Direction.OUT}:
            raise DomainError(_("A trade has two sides: choose what goes out and what comes in."))
        if off_level(change_set):
            raise DomainError(
                _("The trade is off level by %(off)s. Level it, or make it a change order for the difference."),
                off=format_money(change_set.value_change, change_set.engagement.locale),
            )
        emergent = [line for line in lines if line.item and not line.item.is_original]
        if emergent:
            raise DomainError(
                _("Only what was agreed at the beginning goes out in a trade, and “%(title)s” came later."),
                title=emergent[0].title,
            )
    if not lines and not change_set.days_change:
        raise DomainError(_("Nothing changes yet: add work, take an item out, or move the date."))
    if change_set.valid_until and change_set.valid_until < dates.today():
        raise DomainError(_("The day until which it is valid has passed."))


def _require_still_there(lines: list[ChangeLine], values: dict[int, Money], error: Callable[..., DomainError]) -> None:
    """Raises `error` where an item that goes out was delivered, left otherwise or is worth something else by now."""
    for line in lines:
        if line.item is None:
            continue
        if not line.item.is_undelivered:
            raise error(
                _("“%(title)s” is %(status)s by now, so it can no longer go out. Ask for a new offer."),
                title=line.title,
                status=line.item.get_status_display().lower(),
            )
        if values[line.item.pk] != line.value:
            raise error(_("“%(title)s” is worth something else by now. Ask for a new offer."), title=line.title)


def _carry_out(change_set: ChangeSet, line: ChangeLine) -> ledger.Row:
    """Move or make the line's item; the ledger row that says so."""
    is_trade = change_set.kind == ChangeSet.Kind.HORSE_TRADE
    hours = line.likely_hours or Decimal(0)
    if line.item:
        line.item.move_to(ScopeItem.Status.TRADED_OUT if is_trade else ScopeItem.Status.REMOVED)
        line.item.save(update_fields=["status"])
        kind = ScopeEntry.Kind.TRADE_OUT if is_trade else ScopeEntry.Kind.REMOVE
        return ledger.Row(kind, line.item, -line.value, -hours)
    engagement = change_set.engagement
    item = ScopeItem.objects.create(
        engagement=engagement,
        key=line.key,
        position=engagement.items.count() + 1,
        title=line.title,
        outcome=line.outcome,
        done_when=line.done_when,
        topic=line.topic,
        is_original=False,
        low_hours=line.low_hours,
        likely_hours=line.likely_hours,
        high_hours=line.high_hours,
    )
    return ledger.Row(ScopeEntry.Kind.TRADE_IN if is_trade else ScopeEntry.Kind.ADD, item, line.value, hours)


def _snapshot(change_set: ChangeSet, lines: list[ChangeLine]) -> dict[str, Any]:
    """What is frozen: everything the client reads, no hours."""
    engagement = change_set.engagement
    finish = engagement.finishes_on
    return {
        "schema": 1,
        "reference": change_set.reference,
        "kind": change_set.kind,
        "title": change_set.title,
        "reason": change_set.reason,
        "broken_assumption": change_set.broken_assumption,
        "engagement": engagement.title,
        "client": engagement.organisation.name,
        "currency": engagement.currency,
        "locale": engagement.locale,
        "tolerance": as_json(engagement.trade_tolerance),
        "value_before": as_json(contract_value(engagement)),
        "value_change": as_json(change_set.value_change),
        "days_change": change_set.days_change,
        "finishes_on_before": finish.isoformat() if finish else None,
        "valid_until": change_set.valid_until.isoformat() if change_set.valid_until else None,
        "offered_by": str(change_set.offered_by or change_set.made_by),
        "lines": [
            {
                "direction": line.direction,
                "title": line.title,
                "outcome": line.outcome,
                "done_when": line.done_when,
                "value": as_json(line.value),
            }
            for line in lines
        ],
    }


def _signed(signature: ChangeSignature | None) -> ChangeSignature:
    if signature is None or not signature.name.strip():
        raise DomainError(_("Type your name to sign."))
    return signature


def _answer(change_set: ChangeSet, status: ChangeSet.Status, what: str, actor: User | None, reason: str) -> ChangeSet:
    was_draft = change_set.status == ChangeSet.Status.DRAFT
    change_set.move_to(status)
    change_set.answered_at, change_set.answered_by = clock.now(), actor
    change_set.answer_reason = reason.strip()[:500]
    change_set.save(update_fields=["status", "answered_at", "answered_by", "answer_reason"])
    events.record(
        change_set,
        what,
        actor=actor,
        organisation=change_set.engagement.organisation,
        audience=Event.Audience.STAFF if was_draft else Event.Audience.CLIENT,
        reference=change_set.reference,
        reason=change_set.answer_reason,
    )
    return change_set


def _title(change: Change) -> str:
    if not change.title.strip():
        raise DomainError(_("Give it a title."))
    return change.title.strip()[:200]


def _require_draft(change_set: ChangeSet) -> None:
    if change_set.status != ChangeSet.Status.DRAFT:
        raise TransitionError(_("It was offered, and what the client reads no longer changes. Withdraw it first."))


def _require_open(engagement: Engagement) -> None:
    if engagement.status not in OPEN_FOR_CHANGE:
        raise TransitionError(
            _("This engagement is “%(now)s”: its scope no longer changes."), now=engagement.get_status_display()
        )


def _lock_engagement(engagement: Engagement) -> Engagement:
    return Engagement.objects.select_for_update().get(pk=engagement.pk)


def _locked(change_set: ChangeSet) -> ChangeSet:
    rows = ChangeSet.objects.select_for_update(of=("self",)).select_related("engagement__organisation")
    return rows.get(pk=change_set.pk)
