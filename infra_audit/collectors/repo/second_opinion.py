"""Enters what betterleaks finds beside what we found: what it alone finds becomes a row, what both find names both."""

from collections.abc import Iterable, Mapping

from infra_audit.collectors.repo import betterleaks
from infra_audit.collectors.repo.ledger import Ledger, Spot
from infra_audit.collectors.repo.reading import OpenRepository

Parents = Mapping[str, tuple[str, ...]]


def enter(
    repository: OpenRepository, ledger: Ledger, *, order: Iterable[str], parents: Parents, seconds: float
) -> None:
    """Nothing where it was not asked for. `order`: the commits, the oldest first.

    Raises RepositoryError where it did not come to its end, StoppedError, and FullError as the ledger does.
    """
    if repository.betterleaks is None or not repository.mirror.has_history:
        return
    numbers = {commit: number for number, commit in enumerate(order)}
    at_head = _Head(repository)
    found = list(
        betterleaks.detections(
            repository.betterleaks,
            repository.mirror.git,
            repository.engine,
            tips=parents.keys() - {one for above in parents.values() for one in above},
            at_head=at_head.line_of,
            seconds=seconds,
            stop=repository.stop,
        )
    )
    for told in sorted(found, key=lambda told: numbers.get(told.commit or "", len(numbers))):
        if told.head_line is not None:
            ledger.add(told.detection, Spot(told.where, told.path, told.head_line, at_head=True))
        if told.commit is None or told.commit in numbers:
            spot = Spot(told.where, told.path, told.detection.line, told.commit)
            if ledger.add(told.detection, spot) and told.path:  # when it is gone from there nobody looks
                ledger.hold(told.detection.fingerprint, told.path)


class _Head:
    """The files at HEAD, in which a value may stand still."""

    def __init__(self, repository: OpenRepository) -> None:
        too_big = repository.catalogue.too_big
        self._reader = repository.reader
        self._blobs = {file.path: file.blob for file in repository.tree if file.is_regular and file.blob not in too_big}

    def line_of(self, path: str, value: bytes) -> int | None:
        blob = self._blobs.get(path)
        if blob is None:
            return None
        data = self._reader.read(blob)
        place = data.find(value)
        return data.count(b"\n", 0, place) + 1 if place >= 0 else None
