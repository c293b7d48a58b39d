"""Reads git's objects in bulk: `cat-file --batch` for contents, `diff-tree` for what each commit brought."""

import subprocess
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from itertools import islice
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self, TypeVar

from infra_audit.collectors.repo.sandbox import DIFF_BYTES, Git, RepositoryError, ended, parts

T = TypeVar("T")

REGULAR = ("100644", "100755", "100664")
SYMLINK = "120000"
SUBMODULE = "160000"
AHEAD = 48  # objects asked for at once; their ids fit a pipe many times over
RESTARTS = 100  # two for each damaged commit that is stepped over


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One entry of the tree at HEAD. `path` keeps undecodable bytes as surrogates; `size` is in bytes."""

    path: str
    mode: str
    blob: str
    size: int

    @property
    def is_regular(self) -> bool:
        return self.mode in REGULAR


@dataclass(frozen=True, slots=True)
class Change:
    """A file that a commit brought or took away.

    `blob` is what it holds, "" where it is gone; `before` is the blob it replaced, None where there was none.
    """

    commit: str
    path: str
    blob: str
    before: str | None


@dataclass(frozen=True, slots=True)
class Commit:
    """Who made a commit and when (UTC, ISO 8601, to the second); `author` is for staff's eyes only."""

    id: str
    parents: tuple[str, ...]
    date: str
    author: str
    message: bytes = field(repr=False)


@dataclass
class Catalogue:
    """Ids of every object there is, reachable or not, by kind; `too_big` gives the bytes of those past the limit."""

    commits: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    blobs: set[bytes] = field(default_factory=set)
    too_big: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)


class UnreadableObjectError(Exception):
    """An object is missing or damaged."""


class _EndedError(Exception):
    """Git gave up in the middle."""


class ObjectReader:
    """Contents of objects, one git process for all. Use as a context manager."""

    def __init__(self, git: Git, *, cached_bytes: int = 16 * 1024 * 1024) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._cached = 0
        self._room = cached_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, object_id: str) -> bytes:
        """The object's content. Raises UnreadableObjectError if it is missing or damaged."""
        if object_id in self._cache:
            self._cache.move_to_end(object_id)
            return self._cache[object_id]
        data = self._ask(object_id)
        self._keep(object_id, data)
        return data

    def commit(self, object_id: str) -> Commit:
        """A commit, parsed. Raises UnreadableObjectError."""
        return parse_commit(object_id, self.read(object_id))

    def ahead(self, items: Iterable[T], ids: Callable[[T], Iterable[str]]) -> Iterator[T]:
        """The items, with the objects they need asked for by the dozen: each question costs two wake-ups."""
        waiting = iter(items)
        while chunk := list(islice(waiting, AHEAD)):
            wanted = [one for item in chunk for one in ids(item) if one not in self._cache]
            self._fetch(list(dict.fromkeys(wanted)))
            yield from chunk

    def _fetch(self, object_ids: list[str]) -> None:
        """Bring objects into the cache; one that cannot be read is left for `read` to say so."""
        try:
            self._send(object_ids)
            for object_id in object_ids:
                if (data := self._receive()) is not None:
                    self._keep(object_id, data)
        except (BrokenPipeError, _EndedError):  # at a damaged object: the rest is read one by one
            self._end()

    def _ask(self, object_id: str) -> bytes:
        try:
            self._send([object_id])
            data = self._receive()
        except (BrokenPipeError, _EndedError) as error:
            self._end()
            raise UnreadableObjectError(object_id) from error
        if data is None:
            raise UnreadableObjectError(object_id)
        return data

    def _send(self, object_ids: list[str]) -> None:
        process = self._running()
        if process.stdin:
            process.stdin.write(b"".join(one.encode() + b"\n" for one in object_ids))
            process.stdin.flush()

    def _receive(self) -> bytes | None:
        """The next answer; None for a missing object. Raises _EndedError where git ended instead of answering.

        It is read from the process that was asked, even if that has ended: a fresh one would never answer.
        """
        process = self._process
        if process is None or process.stdout is None:
            raise _EndedError
        header = process.stdout.readline().split()
        if len(header) == 2:  # "<id> missing"
            return None
        if len(header) != 3:
            raise _EndedError
        size = int(header[2])
        data = process.stdout.read(size + 1)
        if len(data) != size + 1:
            raise _EndedError
        return data[:-1]

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch")
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            with ended(self._process):
                self._process = None

    def _keep(self, object_id: str, data: bytes) -> None:
        self._cache[object_id] = data
        self._cached += len(data)
        while self._cached > self._room:
            _oldest, dropped = self._cache.popitem(last=False)
            self._cached -= len(dropped)


def parse_commit(object_id: str, data: bytes) -> Commit:
    """Split a raw commit object. An odd date becomes 1970; undecodable names keep a replacement sign."""
    head, _, message = data.partition(b"\n\n")
    lines = head.split(b"\n")
    parents = tuple(line[7:].decode("ascii", "replace") for line in lines if line.startswith(b"parent "))
    author = next((line[7:] for line in lines if line.startswith(b"author ")), b"")
    committer = next((line[10:] for line in lines if line.startswith(b"committer ")), b"")
    who = author.rpartition(b"> ")[0] + b">"
    return Commit(object_id, parents, _date(committer), who.decode("utf-8", "replace"), message)


def _date(signature: bytes) -> str:
    stamp = signature.rpartition(b"> ")[2].split(b" ")[0]
    try:
        return datetime.fromtimestamp(int(stamp), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC).isoformat()


def catalogue_of(git: Git, *, most_bytes: int) -> Catalogue:
    """List every object of the repository. Raises RepositoryError where the store is damaged beyond listing."""
    found = Catalogue()
    form = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
    for line in git.lines("cat-file", "--batch-all-objects", "--unordered", form):
        name, kind, size = (*line.decode("ascii").split(), "0")[:3]  # a damaged one says only "missing"
        if kind != "tree" and int(size) > most_bytes:
            found.too_big[name] = int(size)
        if kind == "missing":
            found.damaged.append(name)
        elif kind == "commit":
            found.commits.append(name)
        elif kind == "tag":
            found.tags.append(name)
        elif kind == "blob":
            found.blobs.add(bytes.fromhex(name))
    return found


def tree_files(git: Git, commit: str) -> Generator[TreeFile, None, None]:
    """Every entry of a commit's tree but submodules. Raises RepositoryError where a tree is missing."""
    for line in git.lines("ls-tree", "-r", "-l", "-z", "--full-tree", commit, separator=b"\0"):
        described, _, path = line.partition(b"\t")
        mode, kind, blob, size = described.decode("ascii").split()
        if kind == "blob":
            yield TreeFile(path.decode("utf-8", "surrogateescape"), mode, blob, int(size) if size.isdigit() else 0)


def oldest_first(parents: Mapping[str, tuple[str, ...]], dates: Mapping[str, str]) -> list[str]:
    """The commits by their dates, but parents before their children (Kahn); parents we do not have are ignored."""
    children: dict[str, list[str]] = {}
    waiting = {}
    for commit, above in parents.items():
        known = [parent for parent in set(above) if parent in parents]
        waiting[commit] = len(known)
        for parent in known:
            children.setdefault(parent, []).append(commit)
    ready = [(dates[commit], commit) for commit, count in waiting.items() if not count]
    heapify(ready)
    ordered = []
    while ready:
        _date, commit = heappop(ready)
        ordered.append(commit)
        for child in children.get(commit, ()):
            waiting[child] -= 1
            if not waiting[child]:
                heappush(ready, (dates[child], child))
    return ordered


def changes(git: Git, commits: Sequence[str], unread: list[str]) -> Iterator[Change]:
    """What every commit brought and took away; merges are compared with each parent, which shows what only they hold.

    A commit whose trees are damaged, or of more files than git has memory for, is added to `unread` and stepped over.
    Raises RepositoryError after many of them.
    """
    start = 0
    for _restart in range(RESTARTS):
        last = None
        for change in _diffs(git, commits[start:]):
            if isinstance(change, Change):
                yield change
            else:
                last = change
        if last == DONE:
            return
        if last is None:  # it fell over the first one
            unread.append(commits[start])
            start += 1
        else:
            start = commits.index(last, start) + 1
        if start >= len(commits):
            return
    raise RepositoryError("Too many commits of this repository are damaged, or hold too many files.")


DONE = "done"


def _diffs(git: Git, commits: Sequence[str]) -> Iterator[Change | str]:
    """Changes; between them each commit's id as it begins, and DONE where git ended well."""
    with TemporaryFile() as ids:
        ids.writelines(commit.encode() + b"\n" for commit in commits)
        ids.seek(0)
        options = ("--stdin", "-r", "-m", "--root", "--raw", "-z", "--no-renames", "--always")
        process = git.start("diff-tree", *options, stdin=ids, most_bytes=DIFF_BYTES)
        with ended(process):
            yield from _parse_diffs(parts(process, b"\0"))
            if process.wait() == 0:
                yield DONE


def _parse_diffs(output: Iterator[bytes]) -> Iterator[Change | str]:
    commit = ""
    header: list[str] | None = None  # old mode, new mode, old id, new id, status
    for part in output:
        if header is not None:
            before = header[2] if header[0] in REGULAR else None
            blob = header[3] if header[1] in REGULAR else ""
            header = None
            if blob or before:
                yield Change(commit, part.decode("utf-8", "surrogateescape"), blob, before)
        elif part.startswith(b":"):
            header = part[1:].decode("ascii").split()
        else:
            commit = part.decode("ascii").strip()
            yield commit
