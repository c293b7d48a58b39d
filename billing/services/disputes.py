"""What a client says is wrong with an invoice. Until it is settled, nothing is sent about it."""

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Dispute, Invoice
from billing.services import reminder_mails
from billing.services.reminders import owes
from core import clock, events
from core.errors import DomainError, NotAllowedError, TransitionError
from core.models import Event, User
from engagements.models import Engagement
from engagements.roles import sees_money


@transaction.atomic
def open_dispute(*, invoice: Invoice, reason: str, actor: User) -> Dispute:
    """By a client's owner or payer, or as they told it to us. Whoever comes second gets the one that is open.

    Raises DomainError without a reason, TransitionError where nothing is owed, NotAllowedError for whoever sees no
    money.
    """
    Engagement.objects.select_for_update().get(pk=invoice.engagement_id)
    invoice = Invoice.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=invoice.pk)
    if not sees_money(actor, invoice.organisation):
        raise NotAllowedError(_("Only owners and payers may do this."))
    if earlier := invoice.disputes.filter(resolved_at=None).first():
        if earlier.reason == reason.strip():
            return earlier
        raise TransitionError(_("We are looking into this invoice already."))
    if not owes(invoice):
        raise TransitionError(_("Nothing is owed on this invoice."))
    said = _said(reason, _("Say what is wrong."))
    dispute = Dispute.objects.create(
        invoice=invoice, reason=said, opened_by=actor, is_clients=not actor.is_consultant, opened_at=clock.now()
    )
    events.record(invoice, "invoice.disputed", actor=actor, audience=Event.Audience.STAFF, reason=said)
    if dispute.is_clients:
        transaction.on_commit(partial(reminder_mails.tell_of_dispute, dispute_id=dispute.pk))
    return dispute


@transaction.atomic
def resolve_dispute(*, dispute: Dispute, how: str, actor: User) -> Dispute:
    """The ladder goes on. Raises NotAllowedError for a client, DomainError without words, TransitionError where it is
    settled already."""
    if not actor.is_consultant:
        raise NotAllowedError(_("We settle it with you."))
    Engagement.objects.select_for_update().get(pk=dispute.invoice.engagement_id)
    invoice = Invoice.objects.select_for_update().get(pk=dispute.invoice_id)
    row = Dispute.objects.select_for_update().get(pk=dispute.pk)
    if not row.is_open:
        raise TransitionError(_("This is settled already."))
    row.resolution, row.resolved_by, row.resolved_at = _said(how, _("Say how it was settled.")), actor, clock.now()
    row.save(update_fields=["resolution", "resolved_by", "resolved_at"])
    events.record(invoice, "invoice.dispute_resolved", actor=actor, audience=Event.Audience.STAFF, how=row.resolution)
    if row.is_clients:
        transaction.on_commit(partial(reminder_mails.tell_of_resolution, dispute_id=row.pk))
    return row


def _said(words: str, otherwise: str) -> str:
    if not words.strip():
        raise DomainError(otherwise)
    return words.strip()[:1000]
