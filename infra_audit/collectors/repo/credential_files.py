"""repo.credential_files: files that should not be in any repository, in the tree at HEAD and in all history.

Rows, one a path: path, kind (as `infra_audit.secrets.files` calls it), what (in words), sealed (True where nothing in
it can be read, as in a key store), credentials (how many were found in it), holds (what they are: "password",
"private key", …), confidence and confidence_reason of the surest, at_head; commit, date (UTC ISO), author (staff only)
of the oldest commit that has it, None where none does; reachable: False where no branch or tag leads there any more.

The search for secrets fills it on its way; a file with placeholders only is not listed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from infra_audit.collectors.repo.ledger import readable
from infra_audit.collectors.repo.objects import ObjectReader
from infra_audit.inventory import Row
from infra_audit.secrets import Confidence, Detection
from infra_audit.secrets.files import FileKind, is_sealed, kind_of
from infra_audit.secrets.paths import path_class

MOST_COMMITS = 20
MOST_FOUND = 200_000  # credentials in all files together; those beyond are not counted


@dataclass
class Committed:
    """One such file, as far as it was seen."""

    kind: FileKind
    at_head: bool
    found: dict[str, Detection] = field(default_factory=dict)  # by fingerprint
    commits: list[str] = field(default_factory=list)  # oldest first


class FileBook:
    """Notes credential files. `most` of them are kept."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._room = MOST_FOUND
        self._files: dict[str, Committed] = {}

    def note(
        self, path: str, data: bytes, found: list[Detection], *, commit: str | None = None, at_head: bool = False
    ) -> None:
        """Note a file of the tree, or one that a commit brought, with what was found in it."""
        if not found and not is_sealed(path):
            return
        known = self._files.get(path)
        if known is None:
            kind = kind_of(path, data)
            if kind is None or len(self._files) >= self._most:
                return
            known = self._files[path] = Committed(kind, at_head)
        before = len(known.found)
        known.found.update((one.fingerprint, one) for one in found[: self._room])
        self._room -= len(known.found) - before
        self.brought(path, commit)

    def brought(self, path: str, commit: str | None) -> None:
        """Note that a commit brought a file that is known already."""
        known = self._files.get(path)
        if known and commit and len(known.commits) < MOST_COMMITS:
            known.commits.append(commit)

    def rows(self, reader: ObjectReader, reachable: frozenset[str]) -> Iterator[Row]:
        """One row a file, those at HEAD first."""
        for path, one in sorted(self._files.items(), key=lambda item: (not item[1].at_head, item[0])):
            yield _row(path, one, reader, reachable)


def _row(path: str, one: Committed, reader: ObjectReader, reachable: frozenset[str]) -> Row:
    confidence, reason = _surest(path, one)
    commit = reader.commit(one.commits[0]) if one.commits else None
    return {
        "path": readable(path),
        "kind": one.kind.id,
        "what": one.kind.what,
        "sealed": one.kind.sealed,
        "credentials": len(one.found),
        "holds": sorted({detection.title.partition(" in ")[0].lower() for detection in one.found.values()}),
        "confidence": confidence,
        "confidence_reason": reason,
        "at_head": one.at_head,
        "commit": commit.id if commit else None,
        "date": commit.date if commit else None,
        "author": commit.author if commit else None,
        "reachable": one.at_head or any(commit_id in reachable for commit_id in one.commits),
    }


def _surest(path: str, one: Committed) -> tuple[str, str]:
    steps = list(Confidence)
    best = min(one.found.values(), key=lambda found: steps.index(found.confidence), default=None)
    if best:
        return best.confidence.value, best.confidence_reason
    why = path_class(path).reason
    shut = "it is shut, so what it holds is not known"
    return (Confidence.LOW if why else Confidence.MEDIUM).value, f"{shut}, and {why}" if why else shut
