"""An issued invoice by mail, with its PDF, to whoever of the client may see money."""

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Invoice
from billing.models.invoice import SEES_MONEY
from core import clock, events, mail
from core.errors import DomainError, TransitionError
from core.models import Event, Membership, Organisation, User
from core.queries import practice_name


@transaction.atomic
def mail_invoice(*, invoice: Invoice, actor: User | None) -> Invoice:
    """Goes out when the transaction has ended well. Raises TransitionError where it has no number yet, DomainError
    where nobody of the client may see money."""
    if not invoice.is_issued or invoice.pdf is None:
        raise TransitionError(_("Issue it first: a draft is not mailed."))
    people = require_addresses(invoice.organisation)
    Invoice.objects.filter(pk=invoice.pk).update(mailed_at=clock.now())
    events.record(invoice, "invoice.mailed", actor=actor, audience=Event.Audience.STAFF, to=people)
    transaction.on_commit(partial(_post, invoice.pk, people))
    return invoice


def addresses(organisation: Organisation) -> list[str]:
    """Of its owners and payers who can sign in."""
    rows = Membership.objects.filter(organisation=organisation, role__in=SEES_MONEY, user__is_active=True)
    return sorted(set(rows.values_list("user__email", flat=True)))


def require_addresses(organisation: Organisation) -> list[str]:
    """The same, or DomainError where there is nobody."""
    people = addresses(organisation)
    if not people:
        raise DomainError(
            _("Nobody of %(client)s may see invoices. Invite an owner or a payer first."), client=organisation.name
        )
    return people


def invoice_url(invoice: Invoice) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{reverse('billing:invoice', args=[invoice.public_id])}"


def _post(invoice_id: int, people: Iterable[str]) -> None:
    invoice = Invoice.objects.select_related("organisation", "engagement", "pdf").get(pk=invoice_id)
    if invoice.pdf is None:
        return
    with invoice.pdf.file.open("rb") as stored:
        content = stored.read()
    context = {"invoice": invoice, "practice": practice_name(), "url": invoice_url(invoice)}
    kind = _("Credit note") if invoice.kind == Invoice.Kind.CREDIT else _("Invoice")
    subject = " ".join(f"{kind} {invoice.reference}: {invoice.title}".split())
    for address in people:
        message = EmailMessage(subject, render_to_string("email/invoice.txt", context), mail.sender(), [address])
        message.attach(f"{invoice.reference}.pdf", content, "application/pdf")
        mail.send_soon(message)
