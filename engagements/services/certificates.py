"""The certificate of a signature: who agreed to what, when and how it is proved. Drawn in a worker, mailed to both."""

import logging
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import events, mail
from core.models import Event, StoredFile
from core.pdf import PdfLimits, render_pdf
from core.queries import practice_or_blank
from engagements.models import Acceptance
from engagements.offer import Offer

logger = logging.getLogger(__name__)

LIMITS = PdfLimits(seconds=20, megabytes=512, pages=20)


def draw_certificate(*, acceptance_id: int) -> None:
    """Draw, keep and mail it; a second call finds it there. Raises PdfError, and may be called again then."""
    acceptance = _found(acceptance_id)
    if acceptance.certificate_id:
        return
    content = render_pdf(certificate_html(acceptance), title=_title(acceptance), limits=LIMITS)
    stored = StoredFile.store(
        name=f"certificate-{acceptance.revision.reference}.pdf",
        content_type="application/pdf",
        content=content,
        organisation=acceptance.organisation,
    )  # for staff, as files go: readers see no money, so the client's own page serves it to owners and payers
    with transaction.atomic():
        mine = Acceptance.objects.filter(pk=acceptance.pk, certificate=None).update(certificate=stored)
        if not mine:  # another worker was first
            stored.file.delete(save=False)
            stored.delete()
            return
        acceptance.certificate = stored
        events.record(acceptance, "certificate.drawn", actor=None, audience=Event.Audience.CLIENT, sha256=stored.sha256)
        for message in _mails(acceptance, content):
            transaction.on_commit(partial(mail.send_soon, message))


def certificate_html(acceptance: Acceptance) -> str:
    """The document. It reads the snapshot that was signed, not the rows of today."""
    revision = acceptance.revision
    offer = Offer.of(revision)
    context = {
        "language": "en",
        "document": _title(acceptance),
        "imprint": " · ".join((offer.practice, acceptance.revision.reference, _("Certificate"))),
        "author": offer.practice,
        "acceptance": acceptance,
        "offer": offer,
        "lines": offer.lines_with(acceptance.picked),
        "instalments": offer.instalments_with(acceptance.picked),
        "zone": practice_or_blank().zone,
        "offline": acceptance.method == Acceptance.Method.OFFLINE,
    }
    return render_to_string("reports/certificate.html", context)


def _mails(acceptance: Acceptance, certificate: bytes) -> list[EmailMessage]:
    """One to who signed and one to the consultant, each with the certificate and the proposal as signed."""
    revision = acceptance.revision
    base = settings.BASE_URL.rstrip("/")
    context = {
        "acceptance": acceptance,
        "offer": Offer.of(revision),
        "url": base + reverse("engagements:client-proposal", args=[revision.public_id]),
        "practice": practice_or_blank().name,
    }
    subject = _("Signed: %(reference)s, %(title)s") % {
        "reference": revision.reference,
        "title": revision.proposal.title,
    }
    people = dict.fromkeys(filter(None, (acceptance.signer_email, revision.proposal.owner.email)))
    messages = []
    for address in people:
        body = render_to_string("email/signed.txt", context)
        message = EmailMessage(" ".join(subject.split()), body, mail.sender(), [address])
        message.attach(f"certificate-{revision.reference}.pdf", certificate, "application/pdf")
        if revision.pdf:
            with revision.pdf.file.open("rb") as signed:
                message.attach(f"proposal-{revision.reference}.pdf", signed.read(), "application/pdf")
        messages.append(message)
    return messages


def _title(acceptance: Acceptance) -> str:
    return _("Certificate of acceptance, %(reference)s") % {"reference": acceptance.revision.reference}


def _found(acceptance_id: int) -> Acceptance:
    rows = Acceptance.objects.select_related(
        "revision__proposal__organisation", "revision__proposal__owner", "revision__pdf", "signer", "recorded_by"
    )
    return rows.get(pk=acceptance_id)
