"""The secret engine: provider rules and our own over one text, merged to one detection a secret."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from infra_audit.fingerprints import keyed
from infra_audit.secrets import encoded, files, generic, provider
from infra_audit.secrets.detection import Confidence, Detection, Match
from infra_audit.secrets.paths import PathClass, path_class
from infra_audit.secrets.settings import Settings
from infra_audit.secrets.values import entropy, preview

SNIFF = 8192  # bytes looked at to tell text from binary data
DOCUMENTS = "it stands in a docstring or a comment that documents"
BOMS = (
    ("utf-32", b"\xff\xfe\x00\x00"),
    ("utf-32", b"\x00\x00\xfe\xff"),
    ("utf-16", b"\xff\xfe"),
    ("utf-16", b"\xfe\xff"),
)


class SecretEngine:
    """Finds credentials in bytes. `key` keys the fingerprints, so that they mean nothing outside this practice.

    Safe to share between threads. Nothing it returns, logs or raises holds a value.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def scan(self, data: bytes, *, path: str = "", only_lines: Collection[int] | None = None) -> list[Detection]:
        """One detection a secret, in the order of their first line.

        `path` lowers the confidence where it is a test's, an example's, …; so does a docstring around a secret. With
        `only_lines` (numbers from 1) our own rules look at these lines alone; provider rules always see the whole.
        """
        text, found = _search(data, path, only_lines)
        return self._merged(found, text, path_class(path))

    def lines(self, data: bytes, *, path: str = "") -> set[int]:
        """Every line, from 1, on which a credential begins, also where it only stands again."""
        text, found = _search(data, path, None)
        return {text.line_of(match.start) for match in found}

    def scan_settings(self, settings: Mapping[str, str]) -> list[tuple[str, Detection]]:
        """Credentials in {name: value}, each with the name it stands under; `line` counts within that value.

        A value is judged as a whole by its name, then searched for what stands inside it. A secret that stands under
        several names is one detection, under the first. Names are taken in alphabetical order.
        """
        told = Settings(settings)
        text = generic.Text(told.data)
        merged = self._merged(_without_overlaps(list(told.matches(text))), text, PathClass.CODE)
        firsts = [text.line_of(start) for start in told.starts]
        found = []
        for one in merged:
            index = bisect_right(firsts, one.line) - 1
            found.append((told.names[index], replace(one, line=one.line - firsts[index] + 1)))
        return found

    def fingerprint(self, value: str) -> str:
        """The same for the same secret wherever it is found; white space does not count (keys are wrapped)."""
        return keyed(self._key, "secret", "".join(value.split()))

    def _merged(self, found: Iterable[Match], text: generic.Text, where: PathClass) -> list[Detection]:
        merged: dict[str, list[Match]] = {}
        for match in found:
            merged.setdefault(self.fingerprint(match.value), []).append(match)
        detections = [self._detection(mark, same, text, where) for mark, same in merged.items()]
        paired = {one.companion for one in detections if one.companion}
        alone = [one for one in detections if one.fingerprint not in paired]
        return sorted(alone, key=lambda one: (one.line, one.rule))

    def _detection(self, fingerprint: str, same: list[Match], text: generic.Text, where: PathClass) -> Detection:
        best = min(same, key=lambda match: match.rank)
        key_id = next((match.key_id for match in same if match.key_id), "")
        documents = where is PathClass.CODE and all(text.documents(match.start) for match in same)
        confidence, reason = _confidence(same, DOCUMENTS if documents else where.reason)
        return Detection(
            rule=best.rule,
            title=best.title,
            preview=preview(key_id or best.value, best.kind),
            fingerprint=fingerprint,
            line=min(text.line_of(match.start) for match in same),
            engines=tuple(sorted({match.engine for match in same})),
            confidence=confidence,
            confidence_reason=reason,
            entropy=entropy(best.value),
            aws_account=next(filter(None, map(generic.account_in, same)), ""),
            companion=self.fingerprint(key_id) if key_id else "",
        )


def _search(data: bytes, path: str, only_lines: Collection[int] | None) -> tuple[generic.Text, list[Match]]:
    data = as_utf8(data)
    found = list(provider.matches(data, path))
    text = generic.Text(data, path, is_whole=only_lines is None)
    if not is_binary(data) and path_class(path) is not PathClass.LOCK:
        found += generic.matches(text, only_lines)
        found += encoded.matches(text, path, only_lines)
        found += _on_lines(files.matches(text, path), text, only_lines)
    return text, _without_overlaps(found)


def _on_lines(found: Iterable[Match], text: generic.Text, only_lines: Collection[int] | None) -> Iterator[Match]:
    return (match for match in found if only_lines is None or text.line_of(match.start) in only_lines)


def _without_overlaps(found: list[Match]) -> list[Match]:
    """Of hits that overlap with different values the best ranked stays: a URL's password, not the whole URL."""
    kept: list[Match] = []  # by start; those of different values are apart, so the nearest neighbour decides
    for match in sorted(found, key=lambda one: (one.rank, one.start)):
        place = bisect_left(kept, match.end, key=lambda one: one.start)
        other = kept[place - 1] if place else None
        if other is None or other.end <= match.start or other.value == match.value:
            insort(kept, match, key=lambda one: one.start)
    return kept


def _confidence(same: list[Match], doubt: str) -> tuple[Confidence, str]:
    steps = list(Confidence)
    surest = min(same, key=lambda match: steps.index(match.confidence))
    if not doubt:
        return surest.confidence, surest.reason
    return surest.confidence.lower(), f"{surest.reason}, and {doubt}" if surest.reason else doubt


def as_utf8(data: bytes) -> bytes:
    """UTF-16 and UTF-32 become UTF-8 (also without a byte order mark, where every other byte is 0); the rest stays.

    A mark before plain ASCII is left out: it would hide all that stands behind it.
    """
    for codec, mark in BOMS:
        if data.startswith(mark):
            plain = _is_plain(data[len(mark) : SNIFF])
            return data[len(mark) :] if plain else data.decode(codec, "replace").encode()
    head = data[:SNIFF]
    zeros = (head[::2].count(0), head[1::2].count(0))
    half = len(head) // 2
    if half >= 8 and max(zeros) > half * 0.7 and min(zeros) < half * 0.05:
        return data.decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le", "replace").encode()
    return data


def _is_plain(data: bytes) -> bool:
    return data.isascii() and b"\0" not in data


def is_binary(data: bytes) -> bool:
    """True where the first bytes hold a 0."""
    return b"\0" in data[:SNIFF]
