"""The practice's data as one file: asked for on a page, made by a worker, deleted after a week."""

import datetime as dt
import hashlib
import logging
import tempfile
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core import archive, clock, events, tasks, whole_export
from core.errors import DomainError
from core.models import PracticeExport, StoredFile, User

logger = logging.getLogger(__name__)

KEPT = dt.timedelta(days=7)
LEASE = dt.timedelta(minutes=15)  # how long a worker may be silent
RENEW = dt.timedelta(minutes=1)


@transaction.atomic
def ask_for_export(*, actor: User) -> PracticeExport:
    """Have one made. Raises DomainError while another is under way."""
    if PracticeExport.objects.select_for_update().filter(status=PracticeExport.Status.WAITING).exists():
        raise DomainError(_("An export is being made already."))
    export = PracticeExport.objects.create(asked_by=actor)
    events.record(export, "export.asked", actor=actor)
    transaction.on_commit(partial(tasks.make_export.delay, export.pk))
    return export


def make_export(*, export_id: int) -> None:
    """A worker's part. Whoever comes second does nothing; what fails is said on the page."""
    if not _unattended().filter(pk=export_id).update(lease_until=clock.real_now() + LEASE):
        return
    export = PracticeExport.objects.get(pk=export_id)
    try:
        with tempfile.NamedTemporaryFile(prefix="export-", dir=settings.VAR_DIR) as file:
            told = whole_export.write(file.file, alive=_Alive(export))
            stored = _store(Path(file.name))
    except Exception as problem:  # shown to who asked; the log has the cause
        logger.exception("The export %s could not be made", export.pk)
        _fail(export, problem)
        return
    _finish(export, stored, told)


@transaction.atomic
def _finish(export: PracticeExport, stored: StoredFile, told: dict[str, int]) -> None:
    export = PracticeExport.objects.select_for_update().get(pk=export.pk)
    if export.status != PracticeExport.Status.WAITING:  # another worker was faster
        _forget(stored)
        return
    export.status, export.file, export.told = PracticeExport.Status.READY, stored, told
    export.finished_at, export.lease_until = clock.now(), None
    export.save()
    events.record(export, "export.made", actor=None, size=stored.size, rows=told["rows"], files=told["files"])


@transaction.atomic
def _fail(export: PracticeExport, problem: Exception) -> None:
    export = PracticeExport.objects.select_for_update().get(pk=export.pk)
    if export.status != PracticeExport.Status.WAITING:
        return
    export.status, export.lease_until, export.finished_at = PracticeExport.Status.FAILED, None, clock.now()
    export.failure = (
        _("There is no room on the disk for it.")
        if isinstance(problem, OSError)
        else _("A mistake of the program stopped it; whoever runs it finds the cause in the log.")
    )
    export.save()
    events.record(export, "export.failed", actor=None, kind=type(problem).__name__)


def tidy_exports() -> None:
    """Delete what is a week old, and ring again for what no worker is at."""
    old = PracticeExport.objects.filter(status=PracticeExport.Status.READY, finished_at__lt=clock.now() - KEPT)
    for export_id in old.values_list("pk", flat=True):
        _delete(export_id)
    for export_id in _unattended().filter(asked_at__lt=clock.now() - RENEW).values_list("pk", flat=True):
        tasks.make_export.delay(export_id)


@transaction.atomic
def _delete(export_id: int) -> None:
    export = PracticeExport.objects.select_for_update().select_related(None).get(pk=export_id)
    if export.status != PracticeExport.Status.READY:
        return
    stored = export.file
    export.status, export.file = PracticeExport.Status.DELETED, None
    export.save(update_fields=["status", "file"])
    if stored:
        _forget(stored)
    events.record(export, "export.deleted", actor=None)


def export_to(path: Path) -> dict[str, int]:
    """Straight to a file that appears when it is whole: the command's way. Raises DomainError where it cannot."""
    try:
        with archive.written_whole(path) as file:
            return whole_export.write(file)
    except OSError as problem:
        raise DomainError(_("%(path)s cannot be written: %(why)s."), path=path, why=problem.strerror) from problem


class _Alive:
    """Renews the lease, at most once a minute."""

    def __init__(self, export: PracticeExport) -> None:
        self.pk = export.pk
        self.renewed = clock.real_now()

    def __call__(self) -> None:
        now = clock.real_now()
        if now - self.renewed > RENEW:
            self.renewed = now
            PracticeExport.objects.filter(pk=self.pk).update(lease_until=now + LEASE)


def _unattended() -> QuerySet[PracticeExport]:
    free = Q(lease_until=None) | Q(lease_until__lt=clock.real_now())
    return PracticeExport.objects.filter(free, status=PracticeExport.Status.WAITING)


def _store(path: Path) -> StoredFile:
    """Written as a stream; for staff alone, as files of no organisation are."""
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        content.seek(0)
        stored = StoredFile(
            name=f"practice-{clock.now():%Y-%m-%d}.zip",
            content_type="application/zip",
            size=path.stat().st_size,
            sha256=sha256,
        )
        stored.file.save(stored.name, File(content), save=False)
    stored.save()
    return stored


def _forget(stored: StoredFile) -> None:
    """The row now, the bytes when that is certain."""
    name, storage = stored.file.name, stored.file.storage
    stored.delete()
    transaction.on_commit(partial(storage.delete, name))
