"""Backup and restore of everything the practice has: the database and the stored files, but never the keys."""

import datetime as dt
import errno
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import django
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from core import archive, clock, doctor, dumps
from core.errors import DomainError
from core.models import StoredFile

NAME = re.compile(r"^practice-\d{8}T\d{6}-\d{6}Z\.tar\.gz$")
LEFT_OVER = ".practice-*.part"
STALE = dt.timedelta(days=1)
FILES = "files/"


@dataclass
class Made:
    """A backup that was written; `lost` are files that a row names and the storage does not give as they were."""

    path: Path
    files: int = 0
    lost: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Restored:
    """What came back, and what the doctor says to it."""

    manifest: dict[str, Any]
    files: int
    lines: list[doctor.Line]


def back_up(*, folder: Path, keep: int | None = None) -> Made:
    """Write one archive into `folder`; with `keep`, all but that many of the newest go, once it is whole.

    Whatever goes wrong, no half archive stays and no older one goes. Raises DomainError with the mend.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(folder)
        made = Made(folder / clock.real_now().strftime("practice-%Y%m%dT%H%M%S-%fZ.tar.gz"))
        with archive.written_whole(made.path) as file:
            _fill(file, made)
    except OSError as problem:
        raise _in_words(problem, folder) from problem
    if keep is not None:
        for old in backups_in(folder)[max(keep, 1) :]:
            old.unlink(missing_ok=True)
    return made


def backups_in(folder: Path) -> list[Path]:
    """The newest first."""
    try:
        return sorted((path for path in folder.iterdir() if NAME.match(path.name)), reverse=True)
    except OSError:
        return []


def restore(*, path: Path) -> Restored:
    """Fill an empty database and an empty storage from an archive that was looked through first.

    Raises DomainError, with nothing changed, where the archive is not whole, is of another kind of database or of a
    newer version, or where something is there already.
    """
    manifest = archive.read(path)
    _require_fitting(manifest)
    _require_empty_database()
    _require_empty_storage()
    files = 0

    def take(name: str, content: IO[bytes]) -> None:
        nonlocal files
        if name == dumps.part_name():
            _load_database(content)
        elif name.startswith(FILES):
            _store(name.removeprefix(FILES), content)
            files += 1

    try:
        archive.read(path, take)
    except OSError as problem:  # the archive was read whole before: it is this place that gave way
        raise DomainError(
            "The restore stopped halfway: %(why)s. Mend that, empty the database and the storage, and restore again;"
            " the backup is as it was.",
            why=doctor.one_line(problem),
        ) from problem
    call_command("migrate", interactive=False, verbosity=0)  # an older backup meets newer code; triggers are put back
    return Restored(manifest, files, doctor.examine(doctor.after_restoring()))


def _fill(file: IO[bytes], made: Made) -> None:
    with archive.Writer(file) as writer:
        _add_database(writer, made.path.parent)
        for name, sha256 in _stored():
            if _add(writer, name) == sha256:
                made.files += 1
            else:
                made.lost.append(name)
        writer.finish(_about() | {"lost": made.lost})


def _add_database(writer: archive.Writer, beside: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".practice-", suffix=".part", dir=beside) as folder:
        dumped = Path(folder) / dumps.part_name()
        dumps.dump(dumped)
        with dumped.open("rb") as content:
            writer.add(dumps.part_name(), content, dumped.stat().st_size)


def _stored() -> Iterator[tuple[str, str]]:
    """Each file that a row names, once; of rows that came after the dump too, which does no harm."""
    yield from StoredFile.objects.order_by("pk").values_list("file", "sha256").iterator(chunk_size=2000)


def _add(writer: archive.Writer, name: str) -> str | None:
    """The hash, or None for a file that is not there."""
    try:
        size = default_storage.size(name)
        content = default_storage.open(name, "rb")
    except OSError as problem:
        if problem.errno == errno.ENOENT or isinstance(problem, FileNotFoundError):
            return None
        raise
    with content:
        return writer.add(f"{FILES}{name}", content, size)


def _about() -> dict[str, Any]:
    applied = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
    return {
        "made_at": clock.real_now().isoformat(timespec="seconds"),
        "database": connection.vendor,
        "versions": {"django": django.get_version(), "python": platform.python_version()},
        "migrations": applied,
        "keys": "FIELD_KEYS and SECRET_KEY are not in this archive. Without FIELD_KEYS its secrets stay closed.",
    }


def _sweep(folder: Path) -> None:
    """What a backup left that was killed; one that still runs is younger."""
    before = (clock.real_now() - STALE).timestamp()
    for path in folder.glob(LEFT_OVER):
        if path.stat().st_mtime < before:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _in_words(problem: OSError, folder: Path) -> DomainError:
    if problem.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return DomainError(
            "No room for a backup in %(folder)s. Make room, or name another place with --to; older backups are kept.",
            folder=str(folder),
        )
    return DomainError("The backup failed: %(why)s. Older backups are kept.", why=doctor.one_line(problem))


def _require_fitting(manifest: dict[str, Any]) -> None:
    if manifest.get("database") != connection.vendor:
        raise DomainError(
            "The backup is of %(theirs)s, and DATABASE_URL names %(ours)s. Restore it into the same kind of database.",
            theirs=manifest.get("database"),
            ours=connection.vendor,
        )
    loader = MigrationLoader(None)
    ours = {f"{app}.{name}" for app, name in loader.disk_migrations}
    ours |= {f"{app}.{name}" for one in loader.disk_migrations.values() for app, name in one.replaces}
    newer = [name for name in manifest.get("migrations", []) if name not in ours]
    if newer:
        raise DomainError(
            "The backup is of a newer version (it knows %(name)s). Install that version first.", name=newer[-1]
        )


def _require_empty_database() -> None:
    if there := dumps.tables():
        raise DomainError(
            "The database is not empty, it has %(n)d tables. Restore into a new one, and point DATABASE_URL at it.",
            n=len(there),
        )


def _require_empty_storage() -> None:
    try:
        folders, files = default_storage.listdir("")
    except FileNotFoundError:
        return
    if folders or files:
        raise DomainError(
            "The storage is not empty, %(name)s is there. Point MEDIA_STORAGE_URL at an empty folder or bucket.",
            name=(folders + files)[0],
        )


def _load_database(content: IO[bytes]) -> None:
    with tempfile.TemporaryDirectory(prefix="practice-restore-") as folder:
        path = Path(folder) / dumps.part_name()
        with path.open("wb") as file:
            while chunk := content.read(archive.CHUNK):
                file.write(chunk)
        dumps.load(path)


def _store(name: str, content: IO[bytes]) -> None:
    with tempfile.TemporaryFile() as file:
        while chunk := content.read(archive.CHUNK):
            file.write(chunk)
        file.seek(0)
        kept = default_storage.save(name, File(file))
    if kept != name:
        raise DomainError("%(name)s was in the storage already. Restore into an empty one.", name=name)
