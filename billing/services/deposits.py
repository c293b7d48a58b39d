"""The deposit: asked for by a signature, and what of it has cleared, told to the engagement whose gate it opens."""

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Invoice, Payment
from core import events
from core.models import User
from core.money import Money, total
from engagements.models import Acceptance, Engagement
from engagements.services.deposits import set_deposit_cleared


@transaction.atomic
def draft_deposit(*, acceptance: Acceptance, engagement: Engagement, actor: User | None) -> Invoice | None:
    """The deposit's invoice as a draft; once an engagement. None where the agreement asks for no deposit."""
    if not acceptance.deposit.amount:
        return None
    invoice, made = Invoice.objects.get_or_create(
        engagement=engagement,
        kind=Invoice.Kind.DEPOSIT,
        defaults={
            "organisation": engagement.organisation,
            "title": _("Deposit for %(title)s") % {"title": engagement.title},
            "total": acceptance.deposit,
        },
    )
    if made:
        events.record(invoice, "invoice.drafted", actor=actor, total=invoice.total)
    return invoice


@transaction.atomic
def discard_drafts(*, engagement: Engagement, actor: User | None) -> int:
    """Of an engagement whose acceptance was rescinded; how many. What was paid on stays."""
    drafts = list(Invoice.objects.select_for_update().filter(engagement=engagement, status=Invoice.Status.DRAFT))
    for invoice in drafts:
        invoice.move_to(Invoice.Status.DISCARDED)
        invoice.save(update_fields=["status"])
        events.record(invoice, "invoice.discarded", actor=actor)
    return len(drafts)


def cleared_of(invoice: Invoice) -> Money:
    """What cleared of it, added up."""
    cleared = invoice.payments.filter(status=Payment.Status.CLEARED)
    return total((one.amount for one in cleared), str(invoice.total.currency))


def tell_engagement(invoice: Invoice, actor: User | None) -> None:
    """Called inside the transaction that changed a payment of a deposit."""
    if invoice.kind == Invoice.Kind.DEPOSIT:
        set_deposit_cleared(engagement=invoice.engagement, cleared=cleared_of(invoice), actor=actor)
