"""The PDF of what was sent, made in a worker from the snapshot alone."""

import logging

from django.utils.text import slugify

from core.models import StoredFile
from core.pdf import PdfError
from engagements import documents
from engagements.models import ProposalRevision
from engagements.offer import Offer

logger = logging.getLogger(__name__)


def draw_pdf(*, revision_id: int) -> None:
    """Make it, store it for staff (a reader of the client must not get it by its address), and name it in the row.

    Whoever comes second does nothing. Where it cannot be made, the next sweep tries again.
    """
    revision = ProposalRevision.objects.select_related("proposal__organisation").get(pk=revision_id)
    if revision.pdf_id or not revision.snapshot:
        return
    offer = Offer.of(revision)
    try:
        content = documents.offer_pdf(offer, digest=revision.snapshot_sha256)
    except PdfError as refusal:
        logger.warning("The PDF of revision %s could not be made: %s", revision.pk, refusal)
        return
    stored = StoredFile.store(
        name=f"{offer.reference}-{slugify(offer.title)[:80] or 'proposal'}.pdf",
        content_type="application/pdf",
        content=content,
        organisation=revision.organisation,
    )
    if not ProposalRevision.objects.filter(pk=revision.pk, pdf=None).update(pdf=stored):
        stored.file.delete(save=False)
        stored.delete()


def draw_missing() -> None:
    """What a lost message or a dead worker left without its PDF."""
    without = ProposalRevision.objects.exclude(status=ProposalRevision.Status.DRAFT).filter(pdf=None)
    for revision_id in without.values_list("pk", flat=True)[:20]:
        draw_pdf(revision_id=revision_id)
