"""Mails with an invoice: a row for each person, sent by a worker, and tried again where it did not leave."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from billing import tasks
from billing.ladder import pause_of
from billing.models import Invoice, InvoiceMail, ReminderStep
from billing.services import mailing
from core import clock, events, mail
from core.errors import DomainError, TransitionError
from core.models import Event, User
from core.queries import practice_name
from outreach import dates

logger = logging.getLogger(__name__)

MOST_TRIES = 10  # over three and a half days
FIRST_PAUSE = timedelta(minutes=10)  # then twice as long each time
MOST_AT_ONCE = 50


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
    due = InvoiceMail.objects.filter(invoice=invoice_id, next_try_at__lte=clock.now())
    for pk in due.values_list("pk", flat=True):
        _post(pk)


def post_what_waits() -> None:
    """Of all invoices: what failed before, and what a lost message left undone."""
    due = InvoiceMail.objects.filter(next_try_at__lte=clock.now()).order_by("next_try_at", "id")
    for pk in due.values_list("pk", flat=True)[:MOST_AT_ONCE]:
        _post(pk)


def _post(pk: int) -> None:
    """Claim it, then send it. A worker that is lost in between lets it go twice at worst; none is lost by it."""
    rows = InvoiceMail.objects.select_related("invoice__organisation", "invoice__engagement", "invoice__pdf", "step")
    row = rows.get(pk=pk)
    pause = FIRST_PAUSE * 2**row.tries
    mine = InvoiceMail.objects.filter(pk=pk, tries=row.tries, next_try_at__lte=clock.now()).update(
        tries=row.tries + 1, next_try_at=clock.now() + pause
    )
    if not mine:
        return
    row.tries += 1
    if row.step and _is_settled_or_paused(row.invoice):
        InvoiceMail.objects.filter(pk=pk).update(has_failed=False)
        return _end(row, "reminder.mail_dropped")
    try:
        _message(row).send()
    except Exception:  # mail services and storages have errors of their own; one person's must not cost the others
        logger.exception("Mail %s about invoice %s could not be sent", row.pk, row.invoice_id)
        InvoiceMail.objects.filter(pk=pk).update(has_failed=True)
        return _end(row, "invoice.mail_given_up") if row.tries >= MOST_TRIES else None
    now = clock.now()
    InvoiceMail.objects.filter(pk=pk).update(sent_at=now, next_try_at=None, has_failed=False)
    if row.step is None:
        Invoice.objects.filter(pk=row.invoice_id).update(mailed_at=now)
    return None


def _is_settled_or_paused(invoice: Invoice) -> bool:
    """Since the reminder was sent off. A reminder of money that came meanwhile is worse than none."""
    owed = invoice.is_owed and invoice.balance.amount > 0
    return not owed or pause_of(invoice, dates.today()) is not None


@transaction.atomic
def _end(row: InvoiceMail, what: str) -> None:
    """It is not tried again."""
    InvoiceMail.objects.filter(pk=row.pk).update(next_try_at=None)
    events.record(row.invoice, what, actor=None, to=row.address)


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
