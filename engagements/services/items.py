"""Items of the scope on their way: started, handed over, accepted or sent back."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError, TransitionError
from core.models import Event, StoredFile, User
from engagements.models import Deliverable, Engagement, ScopeItem
from engagements.roles import require_acting
from engagements.services.deposits import require_open_gate

REMINDER_DAYS = 3


@dataclass(frozen=True)
class Handover:
    """What is handed over: a link, a file or both, and words about it in Markdown. The file stays staff's, as files
    go: the deliverable's own address serves it to whoever sees the project."""

    title: str
    url: str = ""
    file: StoredFile | None = None
    note: str = ""


@transaction.atomic
def start_item(*, item: ScopeItem, actor: User) -> ScopeItem:
    """Raises TransitionError while the deposit has not cleared, and where the item or engagement is elsewhere."""
    item = _locked(item)
    _require_working(item.engagement)
    if item.status == ScopeItem.Status.DELIVERED:  # else it could be taken back, and traded out, unseen
        raise TransitionError(_("“%(title)s” is delivered: only the client can send it back."), title=item.title)
    item.move_to(ScopeItem.Status.IN_PROGRESS)
    item.started_at = item.started_at or clock.now()
    item.save(update_fields=["status", "started_at"])
    _record(item, "item.started", actor)
    return item


@transaction.atomic
def put_back(*, item: ScopeItem, actor: User) -> ScopeItem:
    """From in progress to planned."""
    item = _locked(item)
    item.move_to(ScopeItem.Status.PLANNED)
    item.save(update_fields=["status"])
    _record(item, "item.put_back", actor, audience=Event.Audience.STAFF)
    return item


@transaction.atomic
def hand_over(*, item: ScopeItem, handover: Handover, actor: User) -> Deliverable:
    """Deliver an item, with what proves it. A planned one is started by it.

    Raises DomainError where there is neither a link, a file nor a word, TransitionError as `start_item` does.
    """
    item = _locked(item)
    _require_working(item.engagement)
    if not (handover.url or handover.file or handover.note.strip()):
        raise DomainError(_("Give a link, a file or a few words: something the client can look at."))
    if item.status == ScopeItem.Status.PLANNED:
        item.move_to(ScopeItem.Status.IN_PROGRESS)
        item.started_at = clock.now()
    item.move_to(ScopeItem.Status.DELIVERED)
    item.delivered_at, item.deemed_reminded_at = clock.now(), None
    item.save(update_fields=["status", "started_at", "delivered_at", "deemed_reminded_at"])
    deliverable = Deliverable.objects.create(
        item=item,
        engagement=item.engagement,
        title=handover.title.strip()[:200] or item.title,
        url=handover.url,
        file=handover.file,
        note=handover.note.strip(),
        handed_over_by=actor,
        handed_over_at=item.delivered_at,
    )
    _record(item, "item.delivered", actor)
    return deliverable


@transaction.atomic
def accept_item(*, item: ScopeItem, actor: User) -> ScopeItem:
    """The client takes a delivery. Raises NotAllowedError for everyone but an owner."""
    item = _locked(item)
    require_acting(actor, item.engagement)
    return _accept(item, actor, deemed=False)


@transaction.atomic
def send_back(*, item: ScopeItem, reason: str, actor: User) -> ScopeItem:
    """The client does not take it, and says what is missing. Raises NotAllowedError for everyone but an owner."""
    item = _locked(item)
    require_acting(actor, item.engagement)
    if not reason.strip():
        raise DomainError(_("Say what is missing."))
    if item.status != ScopeItem.Status.DELIVERED:
        raise TransitionError(_("“%(title)s” is not waiting for you."), title=item.title)
    item.move_to(ScopeItem.Status.IN_PROGRESS)
    item.save(update_fields=["status"])
    latest = item.deliverables.order_by("-id").first()
    if latest:
        latest.sent_back_reason, latest.sent_back_by, latest.sent_back_at = reason.strip()[:500], actor, clock.now()
        latest.save(update_fields=["sent_back_reason", "sent_back_by", "sent_back_at"])
    _record(item, "item.sent_back", actor, reason=reason.strip()[:500])
    return item


def deem_accepted() -> int:
    """Accept what lay delivered for as many days as the signed terms say; how many. Safe to run twice. While work is
    paused nothing counts as accepted, nor in what was cancelled."""
    deemed = 0
    for item in _lying().select_related("engagement"):
        if not _is_due(item):
            continue
        with transaction.atomic():
            row = _locked(item)
            if _is_due(row):  # still: it may have been sent back and delivered anew meanwhile
                _accept(row, None, deemed=True)
                deemed += 1
    return deemed


def waiting_for_a_reminder() -> list[ScopeItem]:
    """Delivered three days ago or more, and nobody was reminded yet."""
    before = clock.now() - dt.timedelta(days=REMINDER_DAYS)
    rows = _lying().filter(delivered_at__lte=before, deemed_reminded_at__isnull=True)
    return list(rows.select_related("engagement__organisation"))


def _accept(item: ScopeItem, actor: User | None, *, deemed: bool) -> ScopeItem:
    if item.status != ScopeItem.Status.DELIVERED:
        raise TransitionError(_("“%(title)s” is not waiting for you."), title=item.title)
    item.move_to(ScopeItem.Status.ACCEPTED)
    item.accepted_at, item.accepted_by, item.is_deemed_accepted = clock.now(), actor, deemed
    item.save(update_fields=["status", "accepted_at", "accepted_by", "is_deemed_accepted"])
    _record(item, "item.deemed_accepted" if deemed else "item.accepted", actor)
    return item


def _require_working(engagement: Engagement) -> None:
    require_open_gate(engagement)
    if engagement.status != Engagement.Status.ACTIVE:
        raise TransitionError(
            _("This engagement is “%(now)s”: no work goes on in it."), now=engagement.get_status_display()
        )


def _lying() -> QuerySet[ScopeItem]:
    """Delivered and waiting, where work goes on."""
    return ScopeItem.objects.filter(status=ScopeItem.Status.DELIVERED, engagement__status=Engagement.Status.ACTIVE)


def _is_due(item: ScopeItem) -> bool:
    if item.status != ScopeItem.Status.DELIVERED or item.engagement.status != Engagement.Status.ACTIVE:
        return False
    due = (item.delivered_at or clock.now()) + dt.timedelta(days=item.engagement.acceptance_days)
    return due <= clock.now()


def _locked(item: ScopeItem) -> ScopeItem:
    """The engagement is locked first, as everything that changes scope does: an item cannot be delivered while a
    trade that takes it out is being approved."""
    Engagement.objects.select_for_update().get(pk=item.engagement_id)
    rows = ScopeItem.objects.select_for_update(of=("self",)).select_related("engagement__organisation")
    return rows.get(pk=item.pk)


def _record(
    item: ScopeItem,
    what: str,
    actor: User | None,
    *,
    audience: Event.Audience = Event.Audience.CLIENT,
    **data: str,
) -> None:
    events.record(
        item,
        what,
        actor=actor,
        organisation=item.engagement.organisation,
        audience=audience,
        title=item.title,
        **data,
    )
