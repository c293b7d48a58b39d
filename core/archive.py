"""A backup as one file: a compressed tar whose last member is a manifest with the SHA-256 of every other.

It is written and read as a stream, so that neither size nor number of the files matters to memory.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Self

from core.errors import DomainError

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 1024 * 1024
LARGEST_MANIFEST = 512 * CHUNK
DAMAGE = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeDecodeError, json.JSONDecodeError)

Take = Callable[[str, IO[bytes]], None]


class ArchiveError(DomainError):
    """This is no whole and unchanged archive; the text says what is wrong with it."""


class Hashing(io.RawIOBase):
    """Passes reads on and hashes what went through."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner = inner
        self.sha256 = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        got = self.inner.read(size)
        self.sha256.update(got)
        self.size += len(got)
        return got

    def drain(self) -> None:
        while self.read(CHUNK):
            pass


class Writer:
    """Adds parts one after the other; `finish` closes the archive with its manifest."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w|gz", format=tarfile.PAX_FORMAT)  # noqa: SIM115  (`finish` closes it)
        self._parts: dict[str, dict[str, Any]] = {}

    def add(self, name: str, content: IO[bytes], size: int) -> str:
        """The hash of what was written. Raises OSError where `content` has fewer bytes than `size`."""
        hashing = Hashing(content)
        self._put(name, hashing, size)
        self._parts[name] = {"size": size, "sha256": hashing.sha256.hexdigest()}
        return hashing.sha256.hexdigest()

    def finish(self, about: dict[str, Any]) -> None:
        told = json.dumps({"format": FORMAT, **about, "parts": self._parts}, indent=1).encode()
        self._put(MANIFEST, io.BytesIO(told), len(told))
        self._tar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        with suppress(OSError):  # of a file that is given up
            self._tar.close()

    def _put(self, name: str, content: Any, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, content)
        self._tar.members = []  # type: ignore[attr-defined]  # else each name stays in memory


def read(path: Path, take: Take | None = None) -> dict[str, Any]:
    """The manifest, after every part was compared with it; `take` gets each part's name and bytes on the way.

    Raises ArchiveError for whatever is not exactly what was written. Let it run once without `take` first.
    """
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(path, mode="r|gz") as tar:
            for name, content, size in _members(tar):
                if name == MANIFEST:
                    manifest = _manifest(content, size)
                    continue
                hashing = Hashing(content)
                if take:
                    take(name, hashing)  # type: ignore[arg-type]  # it reads, and no more is asked of it
                hashing.drain()
                found[name] = {"size": hashing.size, "sha256": hashing.sha256.hexdigest()}
    except DAMAGE as problem:
        raise ArchiveError("The archive is damaged or cut short. Take another one.") from problem
    except FileNotFoundError:
        raise ArchiveError("There is no file %(path)s.", path=str(path)) from None
    _compare(manifest, found)
    return manifest


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes], int]]:
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None or member.name.startswith("/") or ".." in member.name.split("/"):
            raise ArchiveError("The archive holds %(name)s, which no backup of ours does.", name=member.name[:80])
        yield member.name, content, member.size
        tar.members = []  # type: ignore[attr-defined]


def _manifest(content: IO[bytes], size: int) -> dict[str, Any]:
    if size > LARGEST_MANIFEST:
        raise ArchiveError("The archive's manifest is too large to be one.")
    told = json.loads(content.read())
    if not isinstance(told, dict) or not isinstance(told.get("parts"), dict):
        raise ArchiveError("This is no backup of ours: its manifest lists no parts.")
    return told


def _compare(manifest: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    if not manifest:
        raise ArchiveError("The archive is cut short: it has no manifest. Take another one.")
    if manifest.get("format") != FORMAT:
        raise ArchiveError("The archive has format %(format)s; this version reads 1.", format=manifest.get("format"))
    for name in sorted(set(manifest["parts"]) | set(found)):
        if manifest["parts"].get(name) != found.get(name):
            raise ArchiveError(
                "%(name)s is not what was backed up: its SHA-256 differs. Take another archive.", name=name
            )


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name once all of it is on the disk, or not at all. Its owner alone reads it."""
    number, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # mode 0600
    try:
        with open(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
