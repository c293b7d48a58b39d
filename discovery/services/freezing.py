"""The worker's part of freezing a summary: draw it, store it, then make it final in one transaction."""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError, StaleError
from core.models import Event, StoredFile
from core.snapshots import canonical
from discovery import documents, found, tasks
from discovery.models import Finding, Summary, SummaryEntry
from discovery.one_account import seen_by
from discovery.services.findings import DETAILS
from discovery.summary import summary_content
from infra_audit import evaluate as engine
from infra_audit.document import findings_csv

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)  # drawing may take two minutes at most
PUBLISHABLE = [Finding.Status.OPEN, Finding.Status.REGRESSED]


@dataclass(frozen=True)
class Drawn:
    """A summary's snapshot in its canonical spelling, and its files as stored."""

    snapshot: bytes
    pdf: StoredFile
    evidence: StoredFile

    @property
    def files(self) -> tuple[StoredFile, ...]:
        return self.pdf, self.evidence


def finish_freezing(*, summary_id: int) -> None:
    """Make a summary that is being frozen final. Whoever comes second does nothing.

    Where the document cannot be made, or what it tells of has changed meanwhile, it is a draft again, with the reason.
    """
    summary = _claim(summary_id)
    if summary is None:
        return
    drawn = None
    try:
        drawn = _draw(summary)
        _name_files(summary, drawn)
        _make_final(summary, drawn)
    except DomainError as refusal:
        _back_to_draft(summary, str(refusal))
        _drop(drawn.files if drawn else ())
    except LeaseLostError:
        logger.info("Summary %s was frozen by another worker.", summary.pk)
        _drop(drawn.files if drawn else ())
    except Exception:
        _back_to_draft(summary, _("A mistake of the program stopped it; whoever runs it finds the cause in the log."))
        _drop(drawn.files if drawn else ())
        raise


def ring_for_unfinished() -> None:
    """Ring again for summaries that nobody is freezing: a lost message, a dead worker. Part of the sweep."""
    for summary_id in _unclaimed().values_list("pk", flat=True):
        tasks.freeze_summary.delay(summary_id)


class LeaseLostError(Exception):
    """Another worker froze it, or took it over."""


def _unclaimed() -> QuerySet[Summary]:
    free = Q(lease_until=None) | Q(lease_until__lt=clock.real_now())
    return Summary.objects.filter(free, status=Summary.Status.FREEZING)


def _claim(summary_id: int) -> Summary | None:
    if not _unclaimed().filter(pk=summary_id).update(lease_until=clock.real_now() + LEASE):
        return None
    related = ("organisation", "run", "made_by", "frozen_by", "pdf", "evidence_csv")
    summary = Summary.objects.select_related(*related).get(pk=summary_id)
    _drop_leftovers(summary)
    return summary


def _drop_leftovers(summary: Summary) -> None:
    """Files of a worker that died before it could make them final."""
    left = [stored for stored in (summary.pdf, summary.evidence_csv) if stored]
    if left:
        summary.pdf = summary.evidence_csv = None
        summary.save(update_fields=["pdf", "evidence_csv"])
        _drop(left)


def _draw(summary: Summary) -> Drawn:
    """Everything that takes long, outside any transaction. Raises PdfError."""
    content = summary_content(summary).as_snapshot()
    pdf = documents.summary_pdf(content, draft=False)
    name = f"{slugify(summary.organisation.name) or 'client'}-{summary.run.as_of:%Y-%m-%d}"
    name += f"-{summary.account}" if summary.account else ""
    evidence = findings_csv(_kept_findings(summary)).encode("utf-8-sig")
    return Drawn(
        snapshot=canonical(content),
        pdf=StoredFile.store(
            name=f"executive-summary-{name}.pdf",
            content_type="application/pdf",
            content=pdf,
            organisation=summary.organisation,
        ),
        evidence=StoredFile.store(
            name=f"evidence-{name}.csv",
            content_type="text/csv; charset=utf-8",
            content=evidence,
            organisation=summary.organisation,
        ),
    )


def _name_files(summary: Summary, drawn: Drawn) -> None:
    """Write down which files were drawn, so that whoever takes over can drop them. Raises LeaseLostError."""
    mine = Summary.objects.filter(pk=summary.pk, status=Summary.Status.FREEZING, lease_until=summary.lease_until)
    if not mine.update(pdf=drawn.pdf, evidence_csv=drawn.evidence):
        raise LeaseLostError


def _kept_findings(summary: Summary) -> Iterator[engine.Finding]:
    """What the summary keeps, as the engine tells it; without who wrote a commit."""
    for one in found.kept_findings(seen_by(summary), _kept_checks(summary)).iterator(chunk_size=2000):
        known = one.finding
        yield engine.Finding(
            check=known.check_id,
            fingerprint=known.fingerprint,
            account=known.account,
            region=known.region,
            repository=known.repository,
            resource=known.resource,
            resource_type=known.resource_type,
            resource_name=known.resource_name,
            **{name: getattr(one, name) for name in DETAILS if name != "author"},
        )


def _kept_checks(summary: Summary) -> list[str]:
    kept = summary.entries.filter(decision=SummaryEntry.Decision.KEEP).exclude(check_id="")
    return list(kept.values_list("check_id", flat=True))


def _make_final(summary: Summary, drawn: Drawn) -> None:
    """Freeze the row, publish what it tells of and show the files to the client, or nothing of it.

    Raises StaleError where the summary would say something else by now.
    """
    with transaction.atomic():
        row = _held(summary)
        content = summary_content(row).as_snapshot()
        if canonical(content) != drawn.snapshot:
            raise StaleError(_("Something it tells of was changed while it was being frozen. Freeze it again."))
        row.move_to(Summary.Status.FROZEN)
        row.snapshot, row.snapshot_sha256 = content, hashlib.sha256(drawn.snapshot).hexdigest()
        row.pdf, row.evidence_csv, row.lease_until = drawn.pdf, drawn.evidence, None
        row.save()
        for stored in drawn.files:
            stored.audience = StoredFile.Audience.CLIENT
            stored.save(update_fields=["audience"])
        published = _publish(row)
        events.record(
            row,
            "summary.frozen",
            actor=row.frozen_by,
            audience=Event.Audience.CLIENT,
            snapshot_sha256=row.snapshot_sha256,
            pdf_sha256=drawn.pdf.sha256,
            findings=published,
        )


def _held(summary: Summary) -> Summary:
    """The row, locked. Raises LeaseLostError where another worker has it, or finished it."""
    rows = Summary.objects.select_for_update(of=("self",)).select_related("organisation", "run")
    held = rows.filter(pk=summary.pk, status=Summary.Status.FREEZING, lease_until=summary.lease_until).first()
    if held is None:
        raise LeaseLostError
    return held


def _publish(summary: Summary) -> int:
    """The client may see what the summary tells of, from now on."""
    told = found.kept_findings(seen_by(summary), _kept_checks(summary)).order_by().values("finding")
    open_ones = Finding.objects.filter(pk__in=told, status__in=PUBLISHABLE)
    return open_ones.update(
        status=Finding.Status.PUBLISHED, published_at=Coalesce("published_at", Value(summary.frozen_at))
    )


def _back_to_draft(summary: Summary, reason: str) -> None:
    with transaction.atomic():
        try:
            row = _held(summary)
        except LeaseLostError:
            return
        row.move_to(Summary.Status.DRAFT)
        row.failure, row.frozen_at, row.lease_until = reason[:500], None, None
        row.pdf = row.evidence_csv = None
        row.save(update_fields=["status", "failure", "frozen_at", "lease_until", "pdf", "evidence_csv"])
        events.record(row, "summary.freezing_failed", actor=row.frozen_by, reason=row.failure)


def _drop(files: Iterable[StoredFile]) -> None:
    """Files of a document that did not come to be."""
    for stored in files:
        stored.file.delete(save=False)
        stored.delete()
