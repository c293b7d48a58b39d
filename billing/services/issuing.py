"""Issuing: a draft becomes a numbered, frozen document, or stays a draft with the reason.

The worker proves first that the document can be drawn, with a placeholder for the number; then, in one transaction, the
number is drawn, printed and frozen. So a number is spent only on a document that exists, and none is left out.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from billing import contract, tasks
from billing.document import LOCKED_LIMITS, NO_NUMBER, InvoiceDocument, due_on, invoice_pdf, snapshot_of
from billing.models import Deduction, Invoice, InvoiceLine, InvoiceSettings, LineTax
from billing.models.settings import CREDIT_SERIES, INVOICE_SERIES
from billing.services import credit_notes, drafting, mailing, payments, posting
from billing.services.reminders import drop_settled
from core import clock, events
from core.errors import DomainError, StaleError, TransitionError
from core.models import Event, StoredFile, User
from core.services import numbers
from core.snapshots import sha256_of
from engagements.models import Engagement
from outreach import dates

logger = logging.getLogger(__name__)


@transaction.atomic
def issue_invoice(*, invoice: Invoice, mail: bool, actor: User) -> Invoice:
    """Ask the worker to issue it, and with `mail` to send it to the client's owners and payers.

    Raises TransitionError where it is no draft, StaleError for a final one that no longer follows the contract,
    DomainError for one that asks for nothing.
    """
    invoice = drafting.locked_draft(invoice)
    _check(invoice)
    if mail:
        mailing.require_addresses(invoice.organisation)
    invoice.move_to(Invoice.Status.ISSUING)
    invoice.issued_by, invoice.is_to_be_mailed, invoice.failure = actor, mail, ""
    invoice.save(update_fields=["status", "issued_by", "is_to_be_mailed", "failure"])
    transaction.on_commit(partial(tasks.finish_issuing.delay, invoice.pk))
    return invoice


def finish_issuing(*, invoice_id: int) -> None:
    """What the worker does; whoever comes second finds it done. What cannot be drawn, stored or numbered is a draft
    again with the reason, and no number is spent."""
    invoice = Invoice.objects.select_related("organisation", "engagement", "corrects").get(pk=invoice_id)
    if invoice.status != Invoice.Status.ISSUING:
        return
    try:
        _prove(invoice)
        _number_and_freeze(invoice)
    except DomainError as refusal:
        _back_to_draft(invoice, str(refusal))
    except Exception:  # storages, databases and brokers have errors of their own, and nobody waits here to hear them
        logger.exception("Invoice %s could not be issued", invoice.pk)
        _back_to_draft(invoice, _("It could not be stored or numbered. Try again; the worker's log says what failed."))


def resume_issuing() -> None:
    """What a lost worker left behind. One that fails keeps none of the others waiting."""
    for pk in Invoice.objects.filter(status=Invoice.Status.ISSUING).order_by("id").values_list("pk", flat=True)[:50]:
        try:
            finish_issuing(invoice_id=pk)
        except Exception:
            logger.exception("Invoice %s could not be taken up", pk)


def _check(invoice: Invoice) -> None:
    if not invoice.lines.exists():
        raise DomainError(_("An invoice needs a line."))
    if invoice.kind == Invoice.Kind.CREDIT:
        return credit_notes.check(invoice)
    if invoice.total.amount <= 0:
        raise DomainError(_("An invoice over nothing cannot be issued."))
    if invoice.kind == Invoice.Kind.FINAL:
        _require_current(invoice)
    elif sources := [line.source for line in invoice.lines.all() if line.source]:
        _require_contract(invoice, sources)
    return None


def _require_contract(invoice: Invoice, sources: Sequence[str]) -> None:
    """What it bills of the contract is on no final invoice, and the contract is still worth it. The deposit is asked
    for as it was signed."""
    engagement = invoice.engagement
    invoices = contract.to_be_issued(invoice, contract.invoices_of(engagement))
    contract.require_no_final(engagement, sources, invoices)
    if invoice.kind != Invoice.Kind.DEPOSIT:
        contract.require_room(engagement, invoices)


def _require_current(invoice: Invoice) -> None:
    """The lines of a final invoice are the contract's of now, and it deducts every earlier one as it stands now."""
    agreed = [(line.source, line.net) for line in contract.final_lines(invoice.engagement, invoice)]
    written = [(line.source, line.net) for line in invoice.lines.all()]
    deducted = {one.earlier_id: one.total for one in invoice.deductions.all()}
    asked = {one.earlier_id: one.total for one in contract.to_be_deducted(invoice)}
    if sorted(agreed, key=str) != sorted(written, key=str) or deducted != asked:
        raise StaleError(
            _("The contract or an earlier invoice has changed since. Discard this draft and make it anew.")
        )


def _prove(invoice: Invoice) -> None:
    """Raises PdfError where the document cannot be drawn."""
    trial = snapshot_of(invoice, reference=_reference(invoice, dates.today(), NO_NUMBER))
    invoice_pdf(InvoiceDocument.from_snapshot(trial))


def _number_and_freeze(invoice: Invoice) -> None:
    stored: StoredFile | None = None
    committed: list[bool] = []
    try:
        with transaction.atomic():
            transaction.on_commit(partial(committed.append, True))  # the first: those that mail may fail after it
            _lock_for(invoice)
            locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
            if locked.status != Invoice.Status.ISSUING:
                return
            _check(locked)
            stored = _draw(locked)
            _freeze(locked)
            if locked.kind == Invoice.Kind.CREDIT:
                credit_notes.apply(locked)
            else:
                payments.settle([locked], locked.issued_by)
            events.record(
                locked,
                "invoice.issued",
                actor=locked.issued_by,
                audience=Event.Audience.STAFF,
                reference=locked.reference,
                total=locked.total,
                sha256=locked.snapshot_sha256,
            )
            if locked.is_to_be_mailed:
                posting.mail_invoice(invoice=locked, actor=locked.issued_by)
    except BaseException:
        if stored is not None and not committed:  # the row went with the transaction, the bytes did not
            stored.file.delete(save=False)
        raise


def _lock_for(invoice: Invoice) -> None:
    """A credit note may turn money into credit, so all of the client is locked, in the order in which payments do it:
    to hold one engagement and ask for the rest is how two of them wait for each other."""
    if invoice.kind == Invoice.Kind.CREDIT:
        payments.lock_client(invoice.organisation)
    else:
        Engagement.objects.select_for_update().get(pk=invoice.engagement_id)


def _draw(invoice: Invoice) -> StoredFile:
    """The number, the snapshot and the PDF, in the row."""
    today = dates.today()
    settings = InvoiceSettings.get()
    prefix = settings.credit_prefix if invoice.kind == Invoice.Kind.CREDIT else settings.prefix
    series = CREDIT_SERIES if invoice.kind == Invoice.Kind.CREDIT else INVOICE_SERIES
    invoice.number = numbers.draw(series, f"{prefix}-{today.year}")
    invoice.reference = _reference(invoice, today, f"{invoice.number:04d}")
    invoice.issued_on = today
    invoice.due_on = None if invoice.kind == Invoice.Kind.CREDIT else due_on(invoice, today)
    invoice.snapshot = snapshot_of(invoice, reference=invoice.reference, issued_on=today)
    invoice.snapshot_sha256 = sha256_of(invoice.snapshot)
    document = InvoiceDocument.from_snapshot(invoice.snapshot)
    stored = StoredFile.store(
        name=f"{invoice.reference}.pdf",
        content_type="application/pdf",
        content=invoice_pdf(document, digest=invoice.snapshot_sha256, limits=LOCKED_LIMITS),
        organisation=invoice.organisation,
    )  # for staff, as files go: the invoice's own page serves it to whoever may see money
    invoice.pdf = stored
    invoice.move_to(Invoice.Status.ISSUED)
    invoice.save()
    return stored


def _freeze(invoice: Invoice) -> None:
    now = clock.now()
    LineTax.objects.filter(line__invoice=invoice).update(frozen_at=now)
    InvoiceLine.objects.filter(invoice=invoice).update(frozen_at=now)
    Deduction.objects.filter(invoice=invoice).update(frozen_at=now)


def _back_to_draft(invoice: Invoice, why: str) -> None:
    logger.warning("Invoice %s could not be issued: %s", invoice.pk, why)
    with transaction.atomic():
        Engagement.objects.select_for_update().get(pk=invoice.engagement_id)
        locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
        if locked.status != Invoice.Status.ISSUING:
            return
        locked.move_to(Invoice.Status.DRAFT)
        locked.failure = why[:500]
        locked.save(update_fields=["status", "failure"])
        events.record(locked, "invoice.not_issued", actor=locked.issued_by, reason=locked.failure)


def _reference(invoice: Invoice, day: dt.date, number: str) -> str:
    settings = InvoiceSettings.get()
    prefix = settings.credit_prefix if invoice.kind == Invoice.Kind.CREDIT else settings.prefix
    return f"{prefix}-{day.year}-{number}"


@transaction.atomic
def write_off(*, invoice: Invoice, reason: str, actor: User) -> Invoice:
    """Give up what is still owed. Raises DomainError without a reason, TransitionError where nothing is owed."""
    Engagement.objects.select_for_update().get(pk=invoice.engagement_id)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not reason.strip():
        raise DomainError(_("Say why it is written off."))
    if not invoice.is_owed:
        raise TransitionError(_("Nothing is owed on this invoice."))
    invoice.move_to(Invoice.Status.WRITTEN_OFF)
    invoice.closing_reason = reason.strip()[:500]
    invoice.save(update_fields=["status", "closing_reason"])
    drop_settled(invoice, actor)
    events.record(invoice, "invoice.written_off", actor=actor, reason=invoice.closing_reason)
    return invoice
