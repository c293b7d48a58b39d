"""News of promises and disputes, by mail to the other side."""

from collections.abc import Mapping

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from billing.models import Dispute, Promise
from billing.services.mailing import invoice_url
from core import mail
from core.queries import practice_name
from engagements.roles import sees_money


def tell_of_promise(*, promise_id: int) -> None:
    """The engagement's owner hears on which day the client will pay."""
    promise = Promise.objects.select_related("invoice__engagement__owner", "invoice__organisation", "made_by").get(
        pk=promise_id
    )
    subject = _("They will pay %(reference)s") % {"reference": promise.invoice.reference}
    context = {"promise": promise, "invoice": promise.invoice}
    _send(subject, "email/promise.txt", context, promise.invoice.engagement.owner.email)


def tell_of_dispute(*, dispute_id: int) -> None:
    """The engagement's owner hears what is said to be wrong."""
    dispute = _dispute(dispute_id)
    subject = _("Disputed: %(reference)s") % {"reference": dispute.invoice.reference}
    context = {"dispute": dispute, "invoice": dispute.invoice}
    _send(subject, "email/dispute.txt", context, dispute.invoice.engagement.owner.email)


def tell_of_resolution(*, dispute_id: int) -> None:
    """Whoever of the client opened it hears how it was settled, while they may still see its money."""
    dispute = _dispute(dispute_id)
    if not sees_money(dispute.opened_by, dispute.invoice.organisation):
        return
    subject = _("Your question about %(reference)s") % {"reference": dispute.invoice.reference}
    context = {"dispute": dispute, "invoice": dispute.invoice}
    _send(subject, "email/dispute_resolved.txt", context, dispute.opened_by.email)


def _dispute(dispute_id: int) -> Dispute:
    rows = Dispute.objects.select_related("invoice__engagement__owner", "invoice__organisation", "opened_by")
    return rows.get(pk=dispute_id)


def _send(subject: str, template: str, context: Mapping[str, object], address: str) -> None:
    invoice = context["invoice"]
    shared = {"practice": practice_name(), "url": invoice_url(invoice)}  # type: ignore[arg-type]
    body = render_to_string(template, {**context, **shared})
    mail.send_soon(EmailMessage(" ".join(subject.split()), body, mail.sender(), [address]))
