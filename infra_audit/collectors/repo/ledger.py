"""What a search through a repository found so far: one entry a secret, with its places and its oldest commit."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from infra_audit.collectors.repo.objects import ObjectReader
from infra_audit.inventory import Row
from infra_audit.secrets import DETECTOR_VERSION, Confidence, Detection

LEFT_OUT = frozenset({"line"})  # of a detection: a row has its own
MOST_FILES = 1_000  # that hold one secret; of one in more than these nobody counts when the last is mended


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a secret: a line of a file, or of a message. `path` is None where it is in no file."""

    where: str  # "file", "commit message", "tag message", "loose object"
    path: str | None
    line: int
    commit: str | None = None
    at_head: bool = False

    def as_row(self) -> Row:
        return {
            "where": self.where,
            "path": readable(self.path),
            "line": self.line,
            "commit": self.commit,
            "at_head": self.at_head,
        }

    def same_place(self, other: "Spot") -> bool:
        """At HEAD every line counts; in history a file counts once, because its lines move."""
        if (self.where, self.path) != (other.where, other.path):
            return False
        return not (self.at_head and other.at_head) or self.line == other.line


@dataclass
class Found:
    """One secret. `commits` are those that brought it, oldest first, as far as they are kept.

    `files` hold it on some branch as far as the search has come; `gone` is the commit that took it out of the last.
    """

    detection: Detection
    engines: set[str]
    spots: list[Spot] = field(default_factory=list)
    spot_count: int = 0
    commits: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    gone: str | None = None


class FullError(Exception):
    """More secrets than the limit allows."""


class Ledger:
    """Collects detections. `most` secrets are kept, of each at most `places` spots and commits."""

    def __init__(self, *, most: int, places: int) -> None:
        self._most = most
        self._places = places
        self._found: dict[str, Found] = {}

    def add(self, one: Detection, spot: Spot) -> bool:
        """Note a detection at a spot: whether it is a new one. Those at HEAD come first, then history, oldest first.

        Raises FullError for a secret beyond the limit.
        """
        found = self._found.get(one.fingerprint)
        if found is None:
            if len(self._found) >= self._most:
                raise FullError
            found = self._found[one.fingerprint] = Found(one, set(one.engines))
        found.engines.update(one.engines)
        found.detection = surer(found.detection, one)
        if spot.commit and len(found.commits) < self._places:
            found.commits.append(spot.commit)
        if any(spot.same_place(other) for other in found.spots):
            return False
        found.spot_count += 1
        if len(found.spots) < self._places:
            found.spots.append(spot)
        return True

    def hold(self, fingerprint: str, path: str) -> None:
        """Note that a branch holds a secret, which was added before, in a file."""
        found = self._found[fingerprint]
        if len(found.files) < MOST_FILES:
            found.files.add(path)
        found.gone = None

    def take(self, fingerprint: str, path: str, commit: str) -> None:
        """Note that a commit took a secret out of a file on the last branch that held it there."""
        found = self._found.get(fingerprint)
        if found and len(found.files) < MOST_FILES:
            found.files.discard(path)
            found.gone = commit if not found.files else None

    def rows(self, reader: ObjectReader, reachable: frozenset[str], *, knows_gone: bool) -> Iterator[Row]:
        """One row a secret, those at HEAD first. An access key id that belongs to a found secret is none of its own.

        `knows_gone`: all history was read, so that it can be told what is in no file any more.
        """
        paired = {found.detection.companion for found in self._found.values() if found.detection.companion}
        alone = [found for mark, found in self._found.items() if mark not in paired]
        rows = [_row(found, reader, reachable, knows_gone=knows_gone) for found in alone]
        yield from sorted(
            rows, key=lambda row: (not row["at_head"], row["path"] or "", row["line"], row["fingerprint"])
        )


def _row(found: Found, reader: ObjectReader, reachable: frozenset[str], *, knows_gone: bool) -> Row:
    first = found.spots[0]
    commit = reader.commit(found.commits[0]) if found.commits else None
    tells_gone = knows_gone and first.where == "file" and not first.at_head
    gone = reader.commit(found.gone) if found.gone and tells_gone else None
    return {
        **{key: value for key, value in found.detection.as_row().items() if key not in LEFT_OUT},
        "engines": sorted(found.engines),
        "detector_version": DETECTOR_VERSION,
        **first.as_row(),
        "commit": commit.id if commit else None,
        "date": commit.date if commit else None,
        "author": commit.author if commit else None,
        "gone_commit": gone.id if gone else None,
        "gone_date": gone.date if gone else None,
        "reachable": first.at_head or first.where == "tag message" or any(one in reachable for one in found.commits),
        "places": [spot.as_row() for spot in found.spots],
        "place_count": found.spot_count,
    }


def surer(one: Detection, other: Detection) -> Detection:
    """The detection we are surer of; where one knows the pair's id, it speaks for both."""
    steps = list(Confidence)
    best = min((one, other), key=lambda each: steps.index(each.confidence))
    pair = next((each for each in (one, other) if each.companion), best)
    return replace(pair, confidence=best.confidence, confidence_reason=best.confidence_reason)


def readable(path: str | None) -> str | None:
    """A path that any store and document can hold: undecodable bytes become replacement signs."""
    return None if path is None else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
