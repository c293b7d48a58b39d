"""Takes over what is no repository on a disk: a bundle, an archive of a folder, or files that git does not know.

Nothing that an archive says of itself is believed: only regular files are unpacked, below the folder that is ours, and
no more of them than is read of any repository.
"""

import os
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from infra_audit.collectors.repo.importing import OBJECT_ID, TAGS, Mirror, branches_of, choose_head, import_folder
from infra_audit.collectors.repo.sandbox import (
    MIB,
    Git,
    Limits,
    RepositoryError,
    ended,
    environment,
    fresh_repository,
)

BUNDLES = (b"# v2 git bundle\n", b"# v3 git bundle\n")
SHA256 = b"@object-format=sha256"
GIT = ".git"
PIECE = MIB
ONE_COMMIT = b"commit refs/heads/files\ncommitter nobody <> 0 +0000\ndata 0\n"
FROM_A_BUNDLE = (
    "From a bundle: older stashes, reflogs and unreachable objects are not in it, so they were not searched."
)
WITHOUT_GIT = "These files came without a git repository: what they were before, and who changed them, is not known."

Member = tuple[str, IO[bytes]]


def import_file(source: Path, folder: Path, limits: Limits) -> Mirror:
    """Take over a git bundle, or a .zip or .tar of a repository or of plain files. Raises RepositoryError."""
    if is_bundle(source):
        return import_bundle(source, folder / "mirror.git", limits)
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    try:
        unpack(_members(source), unpacked, limits)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise RepositoryError("The archive is damaged or encrypted: it could not be unpacked.") from error
    root = _root_of(unpacked)
    has_history = os.path.lexists(root / GIT) or (root / "HEAD").is_file()
    try:
        return (import_folder if has_history else import_files)(root, folder / "mirror.git", limits)
    except RepositoryError as error:  # nobody knows our folder
        raise RepositoryError(str(error).replace(str(root), "What was packed")) from error


def import_any_folder(source: Path, target: Path, limits: Limits) -> Mirror:
    """A repository with its history, or else the files that lie there. Raises RepositoryError.

    A folder inside a repository is refused: whoever names it most likely wants its history, too.
    """
    if is_plain(source):
        return import_files(source, target, limits)
    return import_folder(source, target, limits)


def is_plain(source: Path) -> bool:
    """True for a folder that has nothing to do with git."""
    marks = (source / GIT, source / "objects", *(above / GIT for above in source.resolve().parents))
    return source.is_dir() and not any(os.path.lexists(mark) for mark in marks)


def is_readable_file(source: Path) -> bool:
    """Whether it looks like something that `import_file` takes."""
    return is_bundle(source) or zipfile.is_zipfile(source) or tarfile.is_tarfile(source)


def is_bundle(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(len(BUNDLES[0])) in BUNDLES


def import_bundle(source: Path, target: Path, limits: Limits) -> Mirror:
    """All that is in it, with its refs. Raises RepositoryError for one that builds on what it does not hold."""
    _refuse_large(source.stat().st_size, limits)
    with source.open("rb") as file:
        is_sha256 = SHA256 in file.read(4096).partition(b"\n\n")[0]
    git = fresh_repository(target, sha256=is_sha256)
    done = subprocess.run(
        ["git", f"--git-dir={target}", "bundle", "unbundle", str(source.absolute())],
        env=environment(),
        cwd=target,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=limits.clone_seconds,
        check=False,
    )
    if done.returncode:
        raise RepositoryError("The bundle could not be read: make it anew, whole, with git bundle create FILE --all.")
    refs = dict(_refs_in(done.stdout))
    head = refs.pop("HEAD", "")
    named = next((name for name, one in sorted(refs.items()) if one == head and name.startswith("refs/heads/")), head)
    branch, commit, remark = choose_head(git, refs, named)
    return Mirror(
        git,
        commit,
        branch,
        tuple(sorted({*refs.values(), *filter(None, [head])})),
        branches_of(refs),
        (*remark, FROM_A_BUNDLE),
        lacks=(FROM_A_BUNDLE,),
        tags={name.removeprefix(TAGS): one for name, one in refs.items() if name.startswith(TAGS)},
    )


def _refs_in(told: bytes) -> Iterator[tuple[str, str]]:
    for line in told.decode("utf-8", "replace").splitlines():
        identifier, _, name = line.partition(" ")
        if OBJECT_ID.match(identifier) and (name == "HEAD" or name.startswith("refs/")):
            yield name, identifier


def import_files(source: Path, target: Path, limits: Limits) -> Mirror:
    """Files as they lie there, as if somebody had committed them all at once. Links are not followed."""
    git = fresh_repository(target)
    process = git.start("fast-import", "--quiet", "--date-format=raw", "--force")
    if process.stdin is None:
        raise TypeError("git was started without a way to write to it")
    count = 0
    with ended(process):
        try:
            process.stdin.write(ONE_COMMIT)
            for count, (path, content) in enumerate(_files_below(source, limits), start=1):  # noqa: B007 - their number
                process.stdin.write(b"M 100644 inline %s\ndata %d\n%s\n" % (_quoted(path), len(content), content))
            process.stdin.close()
        except BrokenPipeError:
            pass  # its status says so
        if process.wait():
            raise RepositoryError("Git could not take over these files: the disk may be full.")
    if not count:
        raise RepositoryError(f"{source} is not a git repository, and it holds no files.")
    head = _only_commit(git)
    return Mirror(git, head, "", (head,), (), (WITHOUT_GIT,), is_shallow=True, has_history=False, lacks=(WITHOUT_GIT,))


def _only_commit(git: Git) -> str:
    return next(git.lines("rev-parse", "refs/heads/files")).decode("ascii")


def _files_below(source: Path, limits: Limits) -> Iterator[tuple[bytes, bytes]]:
    """(path, content) of every regular file; past the limits, RepositoryError."""
    size = count = 0
    for folder, folders, names in os.walk(os.fsencode(source), followlinks=False):
        folders[:] = sorted(
            one for one in folders if one.lower() != os.fsencode(GIT)
        )  # a repository inside is another's
        for name in sorted(names):
            path = os.path.join(folder, name)  # bytes, as not every name is text
            content = _regular(path, limits.blob_bytes)
            if content is None:
                continue
            size, count = size + len(content), count + 1
            _refuse_large(size, limits)
            if count > limits.object_files:
                raise RepositoryError(f"There are more than {limits.object_files:,} files; nothing was read.")
            yield os.path.relpath(path, os.fsencode(source)), content


def _regular(path: bytes, most: int) -> bytes | None:
    """The content, cut one byte past `most`, so that whoever reads it sees that it is too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(most + 1)


def _quoted(path: bytes) -> bytes:
    """A path as fast-import reads it, whatever is in it."""
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def unpack(members: Iterator[Member], folder: Path, limits: Limits) -> None:
    """Write regular files below the folder. Raises RepositoryError past the limits of size and number."""
    size = count = 0
    for name, content in members:
        place = _place_of(name)
        if place is None:
            continue
        count += 1
        if count > limits.object_files:
            raise RepositoryError(f"It holds more than {limits.object_files:,} files; nothing was read.")
        target = folder / place
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with content, target.open("xb") as file:
                while piece := content.read(PIECE):
                    size += len(piece)
                    _refuse_large(size, limits)
                    file.write(piece)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue  # the same place twice: the first one stays
    if not count:
        raise RepositoryError("The archive holds no files.")


def _place_of(name: str) -> Path | None:
    """Where a member goes; None for one that would lie elsewhere than in our folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        return None
    return Path(*path.parts)


def _members(source: Path) -> Iterator[Member]:
    """Name and content of each regular file. Raises RepositoryError for what is no archive."""
    if zipfile.is_zipfile(source):
        return _zipped(source)
    if tarfile.is_tarfile(source):
        return _tarred(source)
    raise RepositoryError("The file is no git bundle and no .zip or .tar archive.")


def _zipped(source: Path) -> Iterator[Member]:
    with zipfile.ZipFile(source) as archive:
        for one in archive.infolist():
            kind = stat.S_IFMT(one.external_attr >> 16)
            if not one.is_dir() and kind in {0, stat.S_IFREG}:
                yield one.filename, archive.open(one)


def _tarred(source: Path) -> Iterator[Member]:
    with tarfile.open(source, "r:*") as archive:
        for one in archive:
            content = archive.extractfile(one) if one.isreg() else None
            if content is not None:
                yield one.name, content


def _root_of(unpacked: Path) -> Path:
    """The folder that was packed: archives hold one, or its content."""
    inside = list(unpacked.iterdir())
    is_one_folder = len(inside) == 1 and inside[0].is_dir() and inside[0].name != GIT
    return inside[0] if is_one_folder else unpacked


def _refuse_large(size: int, limits: Limits) -> None:
    if size > limits.repository_bytes:
        allowed = limits.repository_bytes // MIB
        raise RepositoryError(f"It is larger than the {allowed:,} MB that are read of a repository; nothing of it was.")
