"""What is new in a version of a file, and how much of it must be searched again."""

import re
from dataclasses import dataclass, field

# Programs: nothing in one of them depends on how the file begins, as it does in a dump, a template or a Secret.
PROGRAM = re.compile(
    r"\.(?:py|jsx?|mjs|cjs|tsx?|java|kts?|go|rb|cs|c|cc|cpp|h|hpp|rs|swift|scala|pl|pm|lua|m|vue|svelte|groovy|dart|"
    r"exs?|clj|fs|vb|css|scss|less|html?|rst|md)$",
    re.IGNORECASE,
)
LONG = 8 * 1024  # bytes; a shorter text is searched whole
CONTEXT = 2_500  # bytes round what is new: as far as any rule looks for what belongs to a credential
SNIFF = 8 * 1024


@dataclass(frozen=True)
class Hunk:
    """Part of a text from the offset `start` on; `added`: numbers of new lines, counted in this part."""

    data: bytes = field(repr=False)
    start: int
    added: frozenset[int]


def hunk_of(old: bytes, new: bytes, path: str) -> Hunk:
    """What to search of a new version: of a long program what changed and its surroundings, else all.

    A line is new if the part that changed did not hold it before.
    """
    start, end, old_end = _changed(old, new)
    known = set(old[start:old_end].split(b"\n"))
    cut, stop = _surroundings(new, start, end, path)
    first = new.count(b"\n", cut, start) + 1
    added = {number for number, line in enumerate(new[start:end].split(b"\n"), first) if line not in known}
    return Hunk(new[cut:stop], cut, frozenset(added))


def _surroundings(new: bytes, start: int, end: int, path: str) -> tuple[int, int]:
    """Where the lines begin and end that have to be read with those that changed."""
    if len(new) <= LONG or not PROGRAM.search(path) or b"\0" in new[:SNIFF]:
        return 0, len(new)
    stop = new.find(b"\n", end + CONTEXT)
    return new.rfind(b"\n", 0, max(0, start - CONTEXT)) + 1, stop if stop >= 0 else len(new)


def _changed(old: bytes, new: bytes) -> tuple[int, int, int]:
    """Where the lines begin that differ, where they end in the new text, and where in the old one."""
    most = min(len(old), len(new))
    prefix = _alike_at_start(old, new, most)
    suffix = _alike_at_end(old, new, most - prefix)
    start = new.rfind(b"\n", 0, prefix) + 1
    end = new.find(b"\n", len(new) - suffix)
    end = len(new) if end < 0 else end
    return start, end, len(old) - (len(new) - end)


def _alike_at_start(old: bytes, new: bytes, most: int) -> int:
    """How many of the first bytes are alike, at most so many: found by halves, each compared at once."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if new.startswith(old[least:middle], least):
            least = middle
        else:
            most = middle - 1
    return least


def _alike_at_end(old: bytes, new: bytes, most: int) -> int:
    """As `_alike_at_start`, counted from the end."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if new.endswith(old[len(old) - middle : len(old) - least], 0, len(new) - least):
            least = middle
        else:
            most = middle - 1
    return least
