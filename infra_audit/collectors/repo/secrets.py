"""repo.secrets: every credential in the tree at HEAD and in all history, one row a secret.

Rows: fingerprint, rule, title, preview, engines, confidence, confidence_reason, entropy, aws_account, detector_version;
`at_head`; `where` ("file", "commit message", "tag message", "loose object"), `path` and `line` of the first place,
those at HEAD first; `commit`, `date` (UTC ISO), `author` (staff only) of the oldest commit that holds it, None where
none does; `gone_commit`, `gone_date`: what took it out of the last file and branch that held it, None where a branch
still does or none ever did, and where not all history was read;
`reachable`: False where no branch or tag leads there any more; `places` (the first 50), `place_count`; `stands_in`, the
blocks of infrastructure code that hold it, and `told_in_code`, where the checks on those tell it all.

The tree at HEAD is scanned whole; older blobs by our own rules on the lines that a commit added, and by the provider
rules whole, or, in a long program, round those lines (see `hunks`). All commits are searched, also those that no
branch leads to any more (dropped stashes, amended commits), then commit and tag messages, then blobs that no commit
names. Ignore files and markers of the repository that would silence a scanner are not obeyed.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from os.path import splitext

from infra_audit.collectors.repo import second_opinion
from infra_audit.collectors.repo.branches import HeldInFile, branches_to
from infra_audit.collectors.repo.credential_files import FileBook
from infra_audit.collectors.repo.importing import Mirror
from infra_audit.collectors.repo.in_code import placed, places_in_code
from infra_audit.collectors.repo.ledger import FullError, Ledger, Spot, readable
from infra_audit.collectors.repo.objects import Change, TreeFile, UnreadableObjectError, changes, oldest_first
from infra_audit.collectors.repo.reading import OpenRepository, Reading, StoppedError
from infra_audit.collectors.repo.sandbox import RepositoryError
from infra_audit.collectors.repo.versions import Versions
from infra_audit.inventory import Ending, Unread
from infra_audit.secrets import Detection, archives
from infra_audit.secrets.files import FileKind, kinds_by_path
from infra_audit.secrets.paths import PathClass, path_class

WAYS_TO_READ = 20  # of one content under several names; beyond, names tell nothing new
MOST_UNREAD = 1_000
WINDOW = 10_000  # changes; the more, the less git unpacks anew
MOST_HELD = 20_000  # detections; beyond, memory matters more than which commit is told of first
MOST_KNOWN = 200_000  # detections at HEAD that are kept for its history; files beyond are searched again there
MOST_PLACES = 500_000  # of credentials in files' histories; of those beyond nobody tells when they are gone

Parents = dict[str, tuple[str, ...]]
Inside = tuple[str, Detection]  # with the member of an archive that it is in, "" where it is in the file itself
Step = tuple[Change, bool]  # with whether its blob was not read before under such a name
Way = tuple[tuple[FileKind, ...], str, PathClass]  # what of a path bears on what is found: kinds, suffix and class
Event = tuple[int, str, Detection | str]  # the number of its step, a path, and what was found; or whose secret is gone


class _BoundReachedError(Exception):
    """A limit was reached; the text is a sentence that says which."""


@dataclass(frozen=True)
class Searched:
    """One search's readings: of secrets, and of the files that should not be there."""

    secrets: Reading
    files: Reading


def read(repository: OpenRepository) -> Reading:
    """Raises StoppedError, and RepositoryError where the objects cannot even be listed."""
    return _searched(repository).secrets


def read_files(repository: OpenRepository) -> Reading:
    """`repo.credential_files`, from the same search."""
    return _searched(repository).files


def _searched(repository: OpenRepository) -> Searched:
    if not isinstance(repository.searched, Searched):
        repository.searched = _Search(repository).run()
    return repository.searched


class _Search:
    """One search through one repository."""

    def __init__(self, repository: OpenRepository) -> None:
        self._repository = repository
        self._limits = repository.limits
        self._ledger = Ledger(most=self._limits.secrets, places=self._limits.places)
        self._files = FileBook(most=self._limits.secrets)
        self._deadline = time.monotonic() + self._limits.seconds
        self._unread: dict[str, Unread] = {}
        self._unopened: set[str] = set()  # paths of archives of which a version could not be opened
        self._remarks: list[str] = list(repository.mirror.remarks)
        self._truncated = False
        self._in_head: dict[str, dict[Way, list[Inside]]] = {}  # by blob
        self._known_count = 0  # of detections in it
        self._seen: set[bytes] = set()  # blobs
        self._seen_as: set[tuple[bytes, tuple[FileKind, ...]]] = set()  # those under names that tell of credentials
        self._holders: set[bytes] = set()  # blobs that hold something
        self._held: dict[str, HeldInFile] = {}  # by path, of files that held something
        self._place_count = 0  # in it
        self._branches: dict[str, int] = {}  # that lead to each commit
        self._versions = Versions(repository.reader, repository.engine, repository.catalogue.too_big)
        self._read_all_history = False
        self._parents: Parents = {}
        self._dates: dict[str, str] = {}
        self._tag_targets: dict[str, str] = {}

    def run(self) -> Searched:
        try:
            self._search_head()
            if self._repository.mirror.has_history:
                self._search_messages()
                self._search_history()
            self._search_loose_blobs()
            self._ask_betterleaks()
        except _BoundReachedError as bound:
            self._cut_short(str(bound))
        except FullError:
            self._cut_short(f"It holds more than {self._limits.secrets:,} credentials; the rest was not read.")
        reachable = reachable_from(self._repository.mirror, self._parents, self._tag_targets)
        told = (tuple(self._unread.values()), tuple(self._remarks), self._truncated)
        in_code = places_in_code(self._repository)
        found = self._ledger.rows(self._repository.reader, reachable, knows_gone=self._read_all_history)
        rows = tuple(placed(row, in_code) for row in found)
        files = tuple(self._files.rows(self._repository.reader, reachable))
        return Searched(Reading(rows, *told), Reading(files, *told))

    def _search_head(self) -> None:
        for file in self._repository.reader.ahead(self._repository.tree, lambda file: self._readable([file.blob])):
            if file.is_regular:
                self._check_bounds()
                way = way_of(file.path)
                known = self._in_head.setdefault(file.blob, {})
                if way not in known and len(known) < WAYS_TO_READ:
                    inside = self._in_file(file)
                    self._known_count += len(inside)
                    if self._known_count <= MOST_KNOWN:
                        known[way] = inside
                else:
                    self._note_again(file, known)
                    inside = known.get(way, next(iter(known.values())))
                for member, one in inside:
                    self._ledger.add(one, Spot("file", file.path + member, one.line, at_head=True))
        if self._repository.tree_is_cut:
            self._cut_short(f"It has more than {self._limits.tree:,} files; the rest was not searched.")

    def _in_file(self, file: TreeFile) -> list[Inside]:
        """What is in a file, or in the members of an archive."""
        found = []
        for path, data in self._contents(file.blob, file.path):
            in_file = self._repository.engine.scan(data, path=path)
            self._files.note(path, data, in_file, at_head=True)
            found += [(path.removeprefix(file.path), one) for one in in_file]
        return found

    def _note_again(self, file: TreeFile, known: dict[Way, list[Inside]]) -> None:
        """A file whose content was searched already, elsewhere, may be one that should not be there, too."""
        found = [one for member, one in next(iter(known.values())) if not member]
        if found:
            self._files.note(file.path, self._repository.reader.read(file.blob), found, at_head=True)

    def _search_messages(self) -> None:
        """Scan commit and tag messages; learns each commit's parents on the way."""
        catalogue = self._repository.catalogue
        if len(catalogue.commits) > self._limits.commits:
            raise _BoundReachedError(
                f"It has more than {self._limits.commits:,} commits; its history was not searched."
            )
        for object_id in self._repository.reader.ahead(catalogue.commits, lambda one: self._readable([one])):
            self._check_bounds()
            if object_id in catalogue.too_big:
                self._miss(f"commit {object_id[:12]}", Ending.TRUNCATED)
                continue
            try:
                commit = self._repository.reader.commit(object_id)
            except UnreadableObjectError:
                self._miss(f"commit {object_id[:12]}", Ending.ERROR)
                continue
            self._parents[object_id] = commit.parents
            self._dates[object_id] = commit.date
            for one in self._repository.engine.scan(commit.message):
                self._ledger.add(one, Spot("commit message", None, one.line, object_id))
        for object_id in catalogue.tags:
            for _path, data in self._contents(object_id, f"tag {object_id[:12]}"):
                head, _, message = data.partition(b"\n\n")
                self._tag_targets[object_id] = (
                    head.partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")
                )
                for one in self._repository.engine.scan(message):
                    self._ledger.add(one, Spot("tag message", None, one.line))

    def _search_history(self) -> None:
        broken: list[str] = []
        commits = oldest_first(self._parents, self._dates)
        mirror = self._repository.mirror
        self._branches = branches_to(commits, self._parents, [*filter(None, [mirror.head]), *mirror.branches])
        for window in self._windows(changes(mirror.git, commits, broken)):
            self._search_window(window)
        for commit in broken:
            self._miss(f"commit {commit[:12]}", Ending.ERROR)

    def _windows(self, found: Iterator[Change]) -> Iterator[list[Change]]:
        """The changes by the thousand; what came before an error counts."""
        window: list[Change] = []
        try:
            for change in found:
                window.append(change)
                if len(window) == WINDOW:
                    yield window
                    window = []
        except RepositoryError as error:
            self._miss("history", Ending.ERROR)
            self._remarks.append(str(error))
            yield window
            return
        yield window
        self._read_all_history = True

    def _search_window(self, window: list[Change]) -> None:
        """Read file by file, because git unpacks a file's versions from each other; tell from the oldest commit on."""
        told: list[Event] = []
        by_file = sorted(enumerate(window), key=lambda pair: (pair[1].path, pair[0]))
        steps = [(number, (change, self._is_new(change))) for number, change in by_file]
        try:
            for number, step in self._repository.reader.ahead(steps, self._needed):
                self._check_bounds()
                if self._may_tell(step):
                    told += ((number, path, one) for path, one in self._events(step[0]))
                if len(told) > MOST_HELD:
                    self._tell(told, window)
        finally:  # what was read counts, also where a bound was reached
            self._tell(told, window)

    def _is_new(self, change: Change) -> bool:
        """Whether its blob is read for the first time, or for the first time under a name that tells of credentials."""
        mark = bytes.fromhex(change.blob)
        if not mark:
            return False
        kinds = named_kinds(change.path)
        is_new = mark not in self._seen or (bool(kinds) and (mark, kinds) not in self._seen_as)
        self._seen.add(mark)
        if kinds:
            self._seen_as.add((mark, kinds))
        return is_new

    def _tell(self, told: list[Event], window: list[Change]) -> None:
        """Enter what was found and what is gone, oldest first, and forget it."""
        told.sort(key=itemgetter(0))
        for number, path, one in told:
            commit = window[number].commit
            if isinstance(one, str):
                self._ledger.take(one, path, commit)
            else:
                self._ledger.add(one, Spot("file", path, one.line, commit))
                if commit in self._branches:
                    self._ledger.hold(one.fingerprint, path)
        told.clear()

    def _may_tell(self, step: Step) -> bool:
        """Whether a change must be read: what was read before matters again where there is a secret in it."""
        change, is_new = step
        return is_new or change.path in self._held or bytes.fromhex(change.blob) in self._holders

    def _needed(self, pair: tuple[int, Step]) -> list[str]:
        """The objects that searching a change will read."""
        change = pair[1][0]
        is_known = self._known(change) is not None and change.path not in self._held
        if is_known or not self._may_tell(pair[1]):
            return []
        return self._readable(filter(None, (change.blob, change.before)))

    def _readable(self, blobs: Iterable[str]) -> list[str]:
        return [blob for blob in blobs if blob not in self._repository.catalogue.too_big]

    def _events(self, change: Change) -> Iterator[tuple[str, Detection | str]]:
        """First the fingerprints of what the change took from the last branch, then what it brought, with paths."""
        found = self._in_change(change) if change.blob else []
        held = self._held.get(change.path, HeldInFile())
        before = len(held)
        if branches := self._branches.get(change.commit, 0):
            is_told = not change.blob or change.path not in self._unopened  # of a shut archive nobody knows
            yield from held.take(self._versions.lost(change, held, found) if is_told else (), branches)
            room = MOST_PLACES - self._place_count + before
            held.bring(((path, one.fingerprint) for path, one in found), branches, most=room)
        self._place_count += len(held) - before
        yield from found
        if found or held:
            self._held[change.path] = held
            if change.blob:
                self._holders.add(bytes.fromhex(change.blob))

    def _in_change(self, change: Change) -> list[tuple[str, Detection]]:
        """What a change brought, each with its path; of a blob that is at HEAD, too, it is known."""
        if (known := self._known(change)) is not None:
            self._files.brought(change.path, change.commit)
            return [(change.path + member, one) for member, one in known]
        return list(self._in_contents(change))

    def _known(self, change: Change) -> list[Inside] | None:
        """What its blob holds, where it is at HEAD under such a name."""
        ways = self._in_head.get(change.blob)
        return ways.get(way_of(change.path)) if ways else None

    def _in_contents(self, change: Change) -> Iterator[tuple[str, Detection]]:
        for path, data in self._contents(change.blob, change.path):
            old = self._versions.before(change) if path == change.path else None
            found = (
                self._repository.engine.scan(data, path=path) if old is None else self._versions.new(old, data, path)
            )
            self._files.note(path, data, found, commit=change.commit)
            yield from ((path, one) for one in found)

    def _search_loose_blobs(self) -> None:
        """Blobs that no commit names: added and never committed, or left over. Damaged objects are named."""
        for object_id in self._repository.catalogue.damaged:
            self._miss(f"object {object_id[:12]}", Ending.ERROR)
        head = {bytes.fromhex(blob) for blob in self._in_head}
        for mark in self._repository.catalogue.blobs - self._seen - head:
            self._check_bounds()
            for _path, data in self._contents(mark.hex(), f"loose object {mark.hex()[:12]}"):
                for one in self._repository.engine.scan(data):
                    self._ledger.add(one, Spot("loose object", None, one.line))

    def _ask_betterleaks(self) -> None:
        order = oldest_first(self._parents, self._dates)
        seconds = self._deadline - time.monotonic()
        try:
            second_opinion.enter(self._repository, self._ledger, order=order, parents=self._parents, seconds=seconds)
        except RepositoryError as error:
            self._remarks.append(str(error))

    def _contents(self, object_id: str, path: str) -> Iterator[tuple[str, bytes]]:
        """The object's path and content, then those of its members where it is an archive."""
        if object_id in self._repository.catalogue.too_big:
            self._miss(path, Ending.TRUNCATED)
            return
        try:
            data = self._repository.reader.read(object_id)
        except UnreadableObjectError:
            self._miss(path, Ending.ERROR)
            return
        yield path, data
        if archives.is_archive(path):
            yield from self._members(path, data)

    def _members(self, path: str, data: bytes) -> Iterator[tuple[str, bytes]]:
        try:
            folder = self._repository.mirror.git.directory.parent
            for place, content in archives.members(readable(path) or "", data, folder):
                if archives.stays_shut(place):
                    self._miss(path + place, Ending.TRUNCATED)
                yield path + place, content
        except archives.UnopenedError:
            self._unopened.add(path)
            self._miss(path, Ending.UNSUPPORTED)

    def _check_bounds(self) -> None:
        if self._repository.stop():
            raise StoppedError
        if time.monotonic() > self._deadline:
            raise _BoundReachedError(
                f"The search took longer than {self._limits.seconds:.0f} s; the rest was not read."
            )

    def _cut_short(self, sentence: str) -> None:
        self._truncated = True
        self._remarks.append(sentence)

    def _miss(self, resource: str, reason: Ending) -> None:
        if len(self._unread) < MOST_UNREAD:
            name = readable(resource) or ""
            self._unread.setdefault(name, Unread(name, reason))


def way_of(path: str) -> Way:
    """Under another path of the same way the same is found in a content."""
    return kinds_by_path(path), splitext(path)[1].lower(), path_class(path)


def named_kinds(path: str) -> tuple[FileKind, ...]:
    """The kinds of credential files that a path names."""
    return tuple(kind for kind in kinds_by_path(path) if kind.paths)


def reachable_from(mirror: Mirror, parents: Parents, tag_targets: dict[str, str]) -> frozenset[str]:
    """Commits that HEAD, a branch or a tag leads to."""
    reached: set[str] = set()
    ahead = [*mirror.tips, *filter(None, [mirror.head])]
    while ahead:
        tip = ahead.pop()
        if tip in tag_targets:
            ahead.append(tag_targets[tip])
        elif tip in parents and tip not in reached:
            reached.add(tip)
            ahead.extend(parents[tip])
    return frozenset(reached)
