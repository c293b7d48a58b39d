"""The day on which a client says they will pay. Until it has passed, the ladder waits."""

import datetime as dt
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from billing.ladder import latest_promise
from billing.models import Invoice, Promise
from billing.services import reminder_mails
from billing.services.reminders import owes
from core import events
from core.errors import DomainError, NotAllowedError, TransitionError
from core.models import Event, User
from engagements.models import Engagement
from engagements.roles import sees_money
from outreach import dates

FURTHEST_DAYS = 30  # for the client; what they told us may be further away
FURTHEST_FOR_US = 365
MOST_BY_CLIENT = 2  # of an invoice: else a promise a month would keep the ladder waiting for ever


@transaction.atomic
def promise_payment(*, invoice: Invoice, pays_on: dt.date, note: str, actor: User) -> Promise:
    """Of a client's owner or payer, or as they told it to us; it replaces an earlier one.

    Raises TransitionError where nothing is owed, DomainError for a day in the past or too far ahead, and for a
    client's third, or while their first one stands; NotAllowedError for whoever sees no money.
    """
    Engagement.objects.select_for_update().get(pk=invoice.engagement_id)
    invoice = Invoice.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=invoice.pk)
    if not sees_money(actor, invoice.organisation):
        raise NotAllowedError(_("Only owners and payers may do this."))
    if not owes(invoice):
        raise TransitionError(_("Nothing is owed on this invoice."))
    _check_day(pays_on, actor)
    if not actor.is_consultant:
        _check_count(invoice)
    promise = Promise.objects.create(
        invoice=invoice,
        pays_on=pays_on,
        note=note.strip()[:500],
        made_by=actor,
        is_clients=not actor.is_consultant,
    )
    events.record(
        invoice,
        "invoice.promised",
        actor=actor,
        audience=Event.Audience.STAFF,
        pays_on=pays_on.isoformat(),
        note=promise.note,
    )
    if promise.is_clients:
        transaction.on_commit(partial(reminder_mails.tell_of_promise, promise_id=promise.pk))
    return promise


def may_promise(invoice: Invoice, user: User, today: dt.date) -> bool:
    """Whether a promise would be taken now. Expects promises prefetched."""
    if not owes(invoice):
        return False
    if user.is_consultant:
        return True
    latest = latest_promise(invoice)
    made = sum(1 for one in invoice.promises.all() if one.is_clients)
    return made < MOST_BY_CLIENT and not (latest and latest.stands(today))


def furthest(user: User) -> int:
    """How many days ahead they may name."""
    return FURTHEST_FOR_US if user.is_consultant else FURTHEST_DAYS


def _check_day(pays_on: dt.date, actor: User) -> None:
    today = dates.today()
    if pays_on < today:
        raise DomainError(_("That day has passed."))
    if pays_on > today + dt.timedelta(days=furthest(actor)):
        raise DomainError(_("Name a day within the next %(n)s days."), n=furthest(actor))


def _check_count(invoice: Invoice) -> None:
    latest = latest_promise(invoice)
    if latest and latest.stands(dates.today()):
        raise DomainError(_("A day is named already. If it has to change, please tell us."))
    if invoice.promises.filter(is_clients=True).count() >= MOST_BY_CLIENT:
        raise DomainError(_("%(n)s days were named already. Please write to us or call."), n=MOST_BY_CLIENT)
