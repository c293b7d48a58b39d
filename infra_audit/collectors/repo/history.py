"""Who changed what and when, from one pass of `git log` over HEAD and the tags that mark releases.

What comes out of here names nobody: people are numbers, and only the number of their commits is told.
"""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from tempfile import TemporaryFile

from infra_audit.collectors.repo.objects import UnreadableObjectError
from infra_audit.collectors.repo.reading import OpenRepository, StoppedError
from infra_audit.collectors.repo.sandbox import DIFF_BYTES, RepositoryError, ended, parts
from infra_audit.secrets.paths import PathClass, path_class

RECENT = timedelta(days=365)
WHOLE = "."  # the folder that stands for the whole repository
DEEPEST = 2  # folders below are counted as part of these
MOST_TAGS = 5_000
LONGEST_TAG = 200
MOST_SECONDS = 120
LOOK_UP_EVERY = 2_000  # commits between two looks at the clock
BEGIN, BETWEEN = b"\x01", b"\x02"
FORMAT = "%x01%H%x02%P%x02%ct%x02%aE%x02%aN%x02%s"
NOT_OWNED = {PathClass.VENDORED, PathClass.LOCK}
RELEASE = re.compile(r"(?:^|[/@_-])(?:v|version|rel|release)?[-_.]?\d+(?:[._-]\d+)*(?:[+-].*)?$", re.IGNORECASE)
UNFINISHED = re.compile(
    r"(?:^|[^a-z])(?:rc|alpha|beta|pre|preview|dev|nightly|snapshot|canary|test)(?:[^a-z]|$)", re.IGNORECASE
)
REVERT = re.compile(r"^revert(?:\b|:|\(|ed\b|ing\b)|^this reverts", re.IGNORECASE)
HOTFIX = re.compile(r"\bhot[-_ ]?fix", re.IGNORECASE)
BOT = re.compile(
    r"\[bot\]|\b(?:dependabot|renovate|greenkeeper|snyk-bot|github-actions)\b|[-_.]bot@|^bot@", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit without who made it; `at` is in seconds since 1970, of the committer's clock."""

    parents: tuple[bytes, ...]
    at: int
    is_revert: bool
    is_hotfix: bool

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1


@dataclass(frozen=True, slots=True)
class ReleaseTag:
    """A tag that is named like a release. Only an annotated one has a time of its own: else it is its commit's."""

    commit: bytes
    at: int
    is_annotated: bool


UNREADABLE = (
    "Git could not read all of this history: an object is missing or damaged, or a commit changes too many files."
)


@dataclass
class Shares:
    """How many commits of each person touched a folder."""

    overall: Counter[int] = field(default_factory=Counter)
    recent: Counter[int] = field(default_factory=Counter)


@dataclass
class History:
    """`commits` by id, newest first. `names` are their authors' names: they never leave the collectors."""

    commits: dict[bytes, Commit] = field(default_factory=dict)
    folders: dict[str, Shares] = field(default_factory=lambda: defaultdict(Shares))
    names: set[str] = field(default_factory=set, repr=False)
    tags: list[ReleaseTag] = field(default_factory=list)
    is_cut: bool = False


def history_of(repository: OpenRepository) -> History:
    """Read once, and kept for whoever asks next. Raises RepositoryError, StoppedError."""
    if repository.history is None:
        repository.history = _read(repository)
    return repository.history


def is_release(tag: str) -> bool:
    """Whether a tag is named like something that was handed out: a version, and no trial of one."""
    return len(tag) <= LONGEST_TAG and bool(RELEASE.search(tag)) and not UNFINISHED.search(tag)


def _read(repository: OpenRepository) -> History:
    history = History()
    if repository.mirror.head is None:
        return history
    history.tags = list(_release_tags(repository))
    recent_from = int((repository.now - RECENT).timestamp())
    people: dict[bytes, int] = {}
    deadline = time.monotonic() + MOST_SECONDS
    for header, paths in _log(repository, [tag.commit.hex() for tag in history.tags]):
        _note(history, header, paths, people, recent_from)
        if len(history.commits) % LOOK_UP_EVERY == 0:
            if repository.stop():
                raise StoppedError
            if time.monotonic() > deadline:
                history.is_cut = True
                break
    history.is_cut = history.is_cut or len(history.commits) >= repository.limits.commits
    return history


def _note(history: History, header: bytes, paths: list[bytes], people: dict[bytes, int], recent_from: int) -> None:
    fields = header.split(BETWEEN, 5)
    if len(fields) != 6:
        return
    identifier, parents, stamp, mail, name, subject = fields
    at = int(stamp) if stamp.isdigit() else 0
    text = subject.decode("utf-8", "replace")
    history.commits[bytes.fromhex(identifier.decode("ascii"))] = Commit(
        tuple(bytes.fromhex(one.decode("ascii")) for one in parents.split()),
        at,
        bool(REVERT.search(text)),
        bool(HOTFIX.search(text)),
    )
    who = name.decode("utf-8", "replace")
    if BOT.search(who) or BOT.search(mail.decode("utf-8", "replace")):
        return
    history.names.add(who)
    person = people.setdefault(mail.lower(), len(people))
    for folder in {folder for path in paths for folder in _folders(path)}:
        shares = history.folders[folder]
        shares.overall[person] += 1
        if at >= recent_from:
            shares.recent[person] += 1


def _folders(path: bytes) -> Iterator[str]:
    """The folders that a change of the file counts for; of other people's code and lock files none."""
    text = path.decode("utf-8", "replace")
    if path_class(text) in NOT_OWNED:
        return
    yield WHOLE
    yield from accumulate(text.split("/")[:-1][:DEEPEST], "{}/{}".format)


def _log(repository: OpenRepository, tagged: list[str]) -> Iterator[tuple[bytes, list[bytes]]]:
    """(header, paths) of each commit; a merge has no paths of its own."""
    head = repository.mirror.head or ""
    with TemporaryFile() as ids:
        ids.writelines(one.encode() + b"\n" for one in [head, *tagged])
        ids.seek(0)
        process = repository.mirror.git.start(
            *("-c", f"mailmap.blob={head}:.mailmap"),
            *("log", "--stdin", "-z", "--name-only", "--no-renames", "--no-color"),
            f"--max-count={repository.limits.commits}",
            f"--format={FORMAT}",
            stdin=ids,
            most_bytes=DIFF_BYTES,
        )
        with ended(process):
            yield from _commits(parts(process, b"\0"))
            if process.wait():
                raise RepositoryError(UNREADABLE)


def _commits(output: Iterator[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    header: bytes | None = None
    paths: list[bytes] = []
    for part in output:
        told = part.lstrip(b"\n")
        if told.startswith(BEGIN):
            if header is not None:
                yield header, paths
            header, _, first = told[1:].partition(b"\n")
            paths = [first] if first else []
        elif told:
            paths.append(told)
    if header is not None:
        yield header, paths


def _release_tags(repository: OpenRepository) -> Iterator[ReleaseTag]:
    """Oldest first. A tag of something else than a commit, or one that cannot be read, is none."""
    named = sorted(one for name, one in repository.mirror.tags.items() if is_release(name))[:MOST_TAGS]
    found = (_release_tag(repository, one) for one in repository.reader.ahead(named, lambda one: [one]))
    yield from sorted(filter(None, found), key=lambda tag: (tag.at, tag.commit))


def _release_tag(repository: OpenRepository, identifier: str) -> ReleaseTag | None:
    try:
        data = repository.reader.read(identifier)
        if not data.startswith(b"object "):
            return _of_commit(identifier, data)
        head, _, _message = data.partition(b"\n\n")
        told = dict(line.partition(b" ")[::2] for line in head.split(b"\n"))
        target = told[b"object"].decode("ascii")
        commit = _of_commit(target, repository.reader.read(target))
    except (UnreadableObjectError, UnicodeDecodeError):
        return None
    if commit is None:
        return None
    at = _stamp(told.get(b"tagger", b""))
    return ReleaseTag(commit.commit, at or commit.at, is_annotated=at > 0)


def _of_commit(identifier: str, data: bytes) -> ReleaseTag | None:
    if not data.startswith(b"tree "):
        return None
    head = data.partition(b"\n\n")[0]
    committer = next((line for line in head.split(b"\n") if line.startswith(b"committer ")), b"")
    return ReleaseTag(bytes.fromhex(identifier), _stamp(committer), is_annotated=False)


def _stamp(signature: bytes) -> int:
    stamp = signature.rpartition(b"> ")[2].split(b" ")[0]
    return int(stamp) if stamp.isdigit() else 0
