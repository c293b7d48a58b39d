"""The PDF of a published report, on one page, made in a worker from the snapshot alone: with the money and without."""

import logging

from django.utils.text import slugify

from core.models import StoredFile
from core.pdf import PdfError, PdfLimits, PdfTooLong, render_pdf
from portal.models import ReportRevision
from portal.report_document import CUTS, Reader, Told, document_html, told_to

logger = logging.getLogger(__name__)

ONE_PAGE = PdfLimits(seconds=20, megabytes=512, pages=1)
FORMS = (("pdf", True), ("pdf_without_money", False))


def draw_report(*, revision_id: int) -> None:
    """Make both forms and name them in the row. Stored for staff: the report's own address serves each to whom it is
    for. Whoever comes second does nothing; where one cannot be made, the next sweep tries again.
    """
    revision = ReportRevision.objects.select_related("engagement__organisation", "report").get(pk=revision_id)
    if revision.is_draft:
        return
    for column, with_money in FORMS:
        if getattr(revision, f"{column}_id") is None:
            _draw(revision, column, with_money=with_money)


def report_pdf(told: Told) -> bytes:
    """As much as one page holds. Raises PdfError."""
    for cut in CUTS[:-1]:
        try:
            return render_pdf(document_html(told, cut), title=told.subject, limits=ONE_PAGE)
        except PdfTooLong:
            continue
    return render_pdf(document_html(told, CUTS[-1]), title=told.subject, limits=PdfLimits(20, 512, 2))


def _draw(revision: ReportRevision, column: str, *, with_money: bool) -> None:
    told = told_to(revision.snapshot or {}, Reader(sees_money=with_money, names_items=True))
    try:
        content = report_pdf(told)
    except PdfError as refusal:
        logger.warning("The PDF of report %s could not be made: %s", revision.pk, refusal)
        return
    stored = StoredFile.store(
        name=f"report-{slugify(told.project)[:60] or 'project'}-{told.ends_on:%Y-%m-%d}.pdf",
        content_type="application/pdf",
        content=content,
        organisation=revision.engagement.organisation,
    )
    if not ReportRevision.objects.filter(pk=revision.pk, **{column: None}).update(**{column: stored}):
        stored.file.delete(save=False)
        stored.delete()
