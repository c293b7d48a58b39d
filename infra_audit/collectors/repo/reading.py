"""What a repository's collectors share: the open repository they read from, and the reading they hand back."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from infra_audit.collectors.repo.importing import Mirror
from infra_audit.collectors.repo.ledger import readable
from infra_audit.collectors.repo.objects import (
    Catalogue,
    ObjectReader,
    TreeFile,
    UnreadableObjectError,
    catalogue_of,
    tree_files,
)
from infra_audit.collectors.repo.sandbox import Limits
from infra_audit.inventory import Ending, Row, Unread
from infra_audit.secrets import SecretEngine

if TYPE_CHECKING:
    from infra_audit.collectors.repo.history import History


@dataclass(frozen=True)
class Reading:
    """How one operation went. The unit is `truncated`, else `partial` where something is unread, else `ok`."""

    rows: tuple[Row, ...]
    unread: tuple[Unread, ...] = ()
    remarks: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def ending(self) -> Ending:
        if self.truncated:
            return Ending.TRUNCATED
        return Ending.PARTIAL if self.unread else Ending.OK


class StoppedError(Exception):
    """Somebody asked to stop; what was begun is dropped."""


@dataclass
class OpenRepository:
    """One repository while it is read, at the moment `now`. What is expensive is read once, when first asked for."""

    name: str
    mirror: Mirror
    reader: ObjectReader
    engine: SecretEngine
    limits: Limits
    stop: Callable[[], bool]
    now: datetime
    betterleaks: Path | None = None  # where the second scanner is, if it was asked for
    history: "History | None" = None  # see `history.history_of`
    searched: object | None = None  # what the search for secrets found; two operations tell of it
    tree_is_cut: bool = field(default=False, init=False)  # known once `tree` was read
    _kept: dict[str, Reading] = field(default_factory=dict, repr=False)

    def once(self, operation: str, read: "Callable[[OpenRepository], Reading]") -> Reading:
        """What the operation read, for itself and for whatever else is made from it."""
        if operation not in self._kept:
            self._kept[operation] = read(self)
        return self._kept[operation]

    @cached_property
    def catalogue(self) -> Catalogue:
        """Raises RepositoryError."""
        return catalogue_of(self.mirror.git, most_bytes=self.limits.blob_bytes)

    @cached_property
    def tree(self) -> list[TreeFile]:
        """The files at HEAD up to the limit, [] where there is no commit. Raises RepositoryError."""
        if not self.mirror.head:
            return []
        most = self.limits.tree
        with closing(tree_files(self.mirror.git, self.mirror.head)) as files:
            first = list(islice(files, most + 1))
        self.tree_is_cut = len(first) > most
        return first[:most]

    @cached_property
    def paths(self) -> frozenset[str]:
        """Every path at HEAD, as it may be told."""
        return frozenset(readable(file.path) or "" for file in self.tree)

    def text_files(
        self, wanted: Callable[[str], bool], *, most_bytes: int, unread: list[Unread]
    ) -> Iterator[tuple[str, bytes]]:
        """(path, content) of the regular files whose path is wanted; what cannot be read goes to `unread`.

        Links are not followed. Raises StoppedError.
        """
        for file in self.tree:
            if not file.is_regular or not wanted(file.path):
                continue
            if self.stop():
                raise StoppedError
            if file.size > most_bytes:
                unread.append(Unread(readable(file.path) or "", Ending.TRUNCATED))
                continue
            try:
                yield readable(file.path) or "", self.reader.read(file.blob)
            except UnreadableObjectError:
                unread.append(Unread(readable(file.path) or "", Ending.ERROR))
