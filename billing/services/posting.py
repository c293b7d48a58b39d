"""Mails with an invoice: a row for each person, sent by a worker, and tried again where it did not leave."""

import logging
from collections.abc import Iterable
from functools import partial

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from billing import tasks
from billing.ladder import pause_of
from billing.models import Invoice, InvoiceMail, ReminderStep
from billing.services import mailing
from core import events, mail
from core.errors import DomainError, TransitionError
from core.models import Event, User
from core.posting import post_due
from core.queries import practice_name
from outreach import dates

logger = logging.getLogger(__name__)


@transaction.atomic
def mail_invoice(*, invoice: Invoice, actor: User | None) -> Invoice:
    """An issued invoice with its PDF, to whoever of the client may see money. Raises TransitionError where it has no
    number yet, DomainError where nobody may see money."""
    if not invoice.is_issued or invoice.pdf is None:
        raise TransitionError(_("Issue it first: a draft is not mailed."))
    people = mailing.require_addresses(invoice.organisation)
    events.record(invoice, "invoice.mailed", actor=actor, audience=Event.Audience.STAFF, to=people)
    queue(invoice=invoice, people=people)
    return invoice


def queue(*, invoice: Invoice, people: Iterable[str], step: ReminderStep | None = None) -> None:
    """They go when the transaction has ended well."""
    InvoiceMail.objects.bulk_create(InvoiceMail(invoice=invoice, step=step, address=one) for one in people)
    transaction.on_commit(partial(tasks.post_mails.delay, invoice.pk))


def post_mails(*, invoice_id: int) -> None:
    """What is due of one invoice."""
    _post(InvoiceMail.objects.filter(invoice=invoice_id))


def post_what_waits() -> None:
    """Of all invoices: what failed before, and what a lost message left undone."""
    _post(InvoiceMail.objects.all())


def _post(rows: QuerySet[InvoiceMail]) -> None:
    told = rows.select_related("invoice__organisation", "invoice__engagement", "invoice__pdf", "step")
    post_due(told, message_of=_message_of, sent=_note_mailed, give_up=partial(_note, "invoice.mail_given_up"))


def _message_of(row: InvoiceMail) -> EmailMessage | None:
    if row.step and _is_settled_or_paused(row.invoice):
        _note("reminder.mail_dropped", row)
        return None
    return _message(row)


def _note_mailed(row: InvoiceMail) -> None:
    if row.step is None:
        Invoice.objects.filter(pk=row.invoice_id).update(mailed_at=row.sent_at)


def _note(what: str, row: InvoiceMail) -> None:
    events.record(row.invoice, what, actor=None, to=row.address)


def _is_settled_or_paused(invoice: Invoice) -> bool:
    """Since the reminder was sent off. A reminder of money that came meanwhile is worse than none."""
    owed = invoice.is_owed and invoice.balance.amount > 0
    return not owed or pause_of(invoice, dates.today()) is not None


def _message(row: InvoiceMail) -> EmailMessage:
    invoice = row.invoice
    if row.step:
        subject, body = row.step.subject, row.step.body
    else:
        kind = _("Credit note") if invoice.kind == Invoice.Kind.CREDIT else _("Invoice")
        subject = f"{kind} {invoice.reference}: {invoice.title}"
        context = {"invoice": invoice, "practice": practice_name(), "url": mailing.invoice_url(invoice)}
        body = render_to_string("email/invoice.txt", context)
    message = EmailMessage(" ".join(subject.split()), body, mail.sender(), [row.address])
    message.attach(f"{invoice.reference}.pdf", _pdf_of(invoice), "application/pdf")
    return message


def require_pdf(invoice: Invoice) -> None:
    """Raises DomainError where the document cannot be read: nothing is said to be sent then."""
    try:
        _pdf_of(invoice)
    except Exception as trouble:  # every storage has errors of its own
        logger.exception("The PDF of invoice %s cannot be read", invoice.pk)
        raise DomainError(
            _("The PDF of %(reference)s cannot be read just now, so nothing was sent."), reference=invoice.reference
        ) from trouble


def _pdf_of(invoice: Invoice) -> bytes:
    if invoice.pdf is None:
        raise FileNotFoundError(invoice.reference)
    with invoice.pdf.file.open("rb") as stored:
        content: bytes = stored.read()
    return content
