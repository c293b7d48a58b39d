"""Compares the versions of a file: what a change brought of credentials, and what it took away."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

from infra_audit.collectors.repo.branches import Place
from infra_audit.collectors.repo.hunks import hunk_of
from infra_audit.collectors.repo.objects import Change, ObjectReader, UnreadableObjectError
from infra_audit.secrets import Detection, SecretEngine, archives


@dataclass(frozen=True)
class Versions:
    """Reads versions of files, but for those that are `too_big`."""

    reader: ObjectReader
    engine: SecretEngine
    too_big: Container[str]

    def before(self, change: Change) -> bytes | None:
        """What the file held before; None where it held nothing, or nothing that can be compared."""
        return self._read(change.before) if change.before else None

    def new(self, old: bytes, data: bytes, path: str) -> list[Detection]:
        """What stands on the lines of a version that the one before did not have."""
        hunk = hunk_of(old, data, path)
        if not hunk.added:
            return []
        found = self.engine.scan(hunk.data, path=path, only_lines=hunk.added)
        before = data.count(b"\n", 0, hunk.start) if found else 0
        return [replace(one, line=one.line + before) for one in found]

    def lost(self, change: Change, held: Iterable[Place], found: Iterable[tuple[str, Detection]]) -> set[Place]:
        """Of what the file held on any branch, what the change took away; `found` is what it brought."""
        places = set(held)
        if not places or change.before is None:
            return set()
        if not change.blob:
            return places
        new = self._read(change.blob)
        if new is None:
            return set()
        if archives.is_archive(change.path):  # its members were all read
            return places - {(path, one.fingerprint) for path, one in found}
        old = self.before(change)
        if old is None:
            still = {one.fingerprint for one in self.engine.scan(new, path=change.path)}
            return {place for place in places if place[1] not in still}
        return self._lost_lines(old, new, change.path, places)

    def _lost_lines(self, old: bytes, new: bytes, path: str, places: set[Place]) -> set[Place]:
        lost = hunk_of(new, old, path)
        found = self.engine.scan(lost.data, path=path, only_lines=lost.added) if lost.added else []
        gone = {one.fingerprint for one in found if one.line in lost.added}
        if any(mark in gone for _path, mark in places):  # it may only have moved
            gone -= {one.fingerprint for one in self.engine.scan(new, path=path)}
        return {place for place in places if place[1] in gone}

    def _read(self, blob: str) -> bytes | None:
        """None for what is too big, missing or damaged."""
        if blob in self.too_big:
            return None
        try:
            return self.reader.read(blob)
        except UnreadableObjectError:
            return None
