"""What a commit brings: of each file that it adds or changes the whole content, and which of its lines are new.

Git is told by plumbing alone, so no filter, driver or pager of the repository's configuration is run.
"""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

REGULAR = ("100644", "100755")
RAW = ("--raw", "-z", "--no-renames", "--no-abbrev")
MOST_BYTES = 10 * 1024 * 1024  # of one file


@dataclass(frozen=True)
class ChangedFile:
    """`added`: numbers of the lines that were not there before, None where all are new; `data` is None if too large."""

    path: str
    data: bytes | None = field(repr=False)
    added: frozenset[int] | None = None


def staged() -> Iterator[ChangedFile]:
    """What the next commit will bring."""
    base = "HEAD" if _succeeds("rev-parse", "--verify", "--quiet", "HEAD") else _empty_tree()
    yield from _files(_git("diff-index", "--cached", *RAW, base, "--"))


def last_commit() -> Iterator[ChangedFile]:
    """What the commit at HEAD brought; of a merge, what is in none of its parents too."""
    yield from _files(_git("diff-tree", "-r", "-m", "--root", "--no-commit-id", *RAW, "HEAD", "--"))


def told_of_head() -> tuple[str, str, str]:
    """Short id, author and branch ("" where HEAD is on none) of the commit at HEAD."""
    identifier, author = _git("log", "-1", "--format=%h%n%an <%ae>").decode("utf-8", "replace").splitlines()[:2]
    return identifier, author, _git("branch", "--show-current").decode("utf-8", "replace").strip()


def _files(raw: bytes) -> Iterator[ChangedFile]:
    """From git's raw list: `:mode mode before after status`, NUL, path, NUL."""
    parts = raw.split(b"\0")
    changes: dict[tuple[bytes, str], str] = {}  # (path, blob): the blob before
    for head, path in zip(parts[::2], parts[1::2], strict=False):
        _old, mode, before, after, _status = head.lstrip(b":").decode("ascii").split()
        if mode in REGULAR and after.strip("0"):
            changes[path, after] = before
    blobs = _contents([*(after for _path, after in changes), *(one for one in changes.values() if one.strip("0"))])
    for (path, after), before in changes.items():
        data = blobs.get(after)
        yield ChangedFile(path.decode("utf-8", "replace"), data, _added(blobs.get(before), data))


def _added(before: bytes | None, data: bytes | None) -> frozenset[int] | None:
    if before is None or data is None:
        return None
    old = set(before.split(b"\n"))
    return frozenset(number for number, line in enumerate(data.split(b"\n"), start=1) if line not in old)


def _contents(blobs: Sequence[str]) -> dict[str, bytes]:
    """Each blob's content; those past the limit are left out."""
    wanted = "".join(f"{one}\n" for one in dict.fromkeys(blobs)).encode()
    sizes = (line.split() for line in _git("cat-file", "--batch-check", stdin=wanted).decode("ascii").splitlines())
    small = [told[0] for told in sizes if len(told) == 3 and int(told[2]) <= MOST_BYTES]
    told = _git("cat-file", "--batch", stdin="".join(f"{one}\n" for one in small).encode())
    found, at = {}, 0
    for one in small:
        end = told.index(b"\n", at)
        size = int(told[at:end].split()[2])
        found[one] = told[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def _empty_tree() -> str:
    return _git("hash-object", "-t", "tree", "--stdin", stdin=b"").decode("ascii").strip()


def _succeeds(*arguments: str) -> bool:
    return subprocess.run(["git", *arguments], capture_output=True, check=False).returncode == 0


def _git(*arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["git", *arguments], input=stdin, stdout=subprocess.PIPE, check=True).stdout
