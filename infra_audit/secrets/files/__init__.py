"""Credential files: a small parser a family, each for files known by their path, by what stands in them, or by both.

Where a file holds credentials and nothing else, a password needs no telling look: its place is enough. What stands
for another (`${NAME}`, `<password>`, a vault's path), what is empty and what is commented out is none.
"""

from collections.abc import Iterator
from functools import lru_cache

from infra_audit.secrets.detection import Match
from infra_audit.secrets.files.kinds import FileKind, Hit
from infra_audit.secrets.files.table import KINDS
from infra_audit.secrets.generic import Text

__all__ = ["KINDS", "FileKind", "is_sealed", "kind_of", "kinds_by_path", "kinds_of", "matches"]

PATHS_KEPT = 4096
FOLDERS = 2  # above a file; no kind names more
LONGEST_PATH = 1_000  # signs from its end on that are looked at
ENGINE = "own rules"


def kinds_of(path: str, text: str) -> Iterator[FileKind]:
    """Every kind that a file is of, the most telling first. `text` is decoded as Latin-1."""
    return (kind for kind in kinds_by_path(path) if not kind.mark or kind.mark.search(text))


def _end_of(path: str) -> str:
    """The file and the folders that a kind may name, in lower case."""
    return "/".join(path[-LONGEST_PATH:].lower().rsplit("/", FOLDERS + 1)[-FOLDERS - 1 :])


def kinds_by_path(path: str) -> tuple[FileKind, ...]:
    """The kinds that a file may be of by its path, whatever stands in it."""
    return _by_end(_end_of(path))


@lru_cache(maxsize=PATHS_KEPT)
def _by_end(lowered: str) -> tuple[FileKind, ...]:
    """A history names the same files over and over."""
    return tuple(kind for kind in KINDS if not kind.paths or kind.paths.search(lowered))


def kind_of(path: str, data: bytes) -> FileKind | None:
    """The kind of credential file that this is; None for files that are no finding by themselves."""
    return next((kind for kind in kinds_of(path, data.decode("latin-1")) if kind.itself), None)


def is_sealed(path: str) -> bool:
    """True for files whose being there is enough, by their path alone: key stores."""
    return any(kind.sealed for kind in kinds_by_path(path))


def matches(text: Text, path: str) -> Iterator[Match]:
    """Every credential in its place."""
    seen: set[tuple[int, int]] = set()
    for kind in kinds_of(path, text.text):
        for hit in kind.parse(text):
            if (hit.start, hit.end) not in seen:
                seen.add((hit.start, hit.end))
                yield _match(kind, hit)


def _match(kind: FileKind, hit: Hit) -> Match:
    return Match(
        rule=kind.id,
        title=f"{hit.kind[:1].upper()}{hit.kind[1:]} in {kind.what}",
        value=hit.value,
        start=hit.start,
        end=hit.end,
        engine=ENGINE,
        rank=hit.rank,
        confidence=hit.confidence,
        reason=hit.reason,
        kind=hit.kind,
    )
