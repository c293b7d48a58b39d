"""Takes a repository over into a bare repository of ours: object files from a folder, or a mirror from a URL.

From a folder only regular object files and ids are read; git never runs there. Uncommitted files are therefore not
read: what is judged is the commit that HEAD names.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra_audit.collectors.repo.sandbox import MIB, Git, Limits, RepositoryError, fresh_repository

OBJECT_ID = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")
LOOSE_FOLDER = re.compile(r"^[0-9a-f]{2}$")
LOOSE_FILE = re.compile(r"^(?:[0-9a-f]{38}|[0-9a-f]{62})$")
PACK_FILE = re.compile(r"^pack-[0-9a-f]+\.(?:pack|idx)$")
SYMBOLIC = re.compile(r"^ref:\s*(refs/\S+)\s*$")
USUAL_BRANCHES = ("refs/heads/main", "refs/heads/master", "refs/heads/trunk", "refs/heads/develop")
SMALL = MIB  # no HEAD, ref, shallow or config file is longer
MOST_REFS = 200_000
TAGS = "refs/tags/"
BRANCHES = ("refs/heads/", "refs/remotes/")


@dataclass(frozen=True)
class Mirror:
    """A repository taken over. `head` is the commit that is judged, None where there is no commit at all.

    `tips` are the ids that refs point to, `branches` those that branches do, `tags` those of tags by their short names.
    `remarks` are sentences about
    what this copy cannot show, `lacks` those of them that are about its history.
    """

    git: Git
    head: str | None
    branch: str
    tips: tuple[str, ...]
    branches: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    is_shallow: bool = False
    lacks: tuple[str, ...] = ()
    has_history: bool = True  # False: files that came without a repository


def import_folder(source: Path, target: Path, limits: Limits) -> Mirror:
    """Take over a work tree with `.git`, or a bare repository. Raises RepositoryError saying what is in the way."""
    git_dir = git_dir_of(source)
    refuse_pointers(git_dir, source)
    refs, head = read_refs(git_dir)
    git = fresh_repository(target, sha256=is_sha256(git_dir))
    copy_objects(git_dir / "objects", target / "objects", limits)
    remarks = list(copy_shallow(git_dir, target))
    branch, commit, remark = choose_head(git, refs, head)
    return Mirror(
        git,
        commit,
        branch,
        tuple(sorted(set(refs.values()))),
        branches_of(refs),
        (*remarks, *remark),
        tags={name.removeprefix(TAGS): one for name, one in refs.items() if name.startswith(TAGS)},
        is_shallow=bool(remarks),
        lacks=tuple(remarks),
    )


def branches_of(refs: Mapping[str, str]) -> tuple[str, ...]:
    """The commits at which branches end, here or at a remote."""
    return tuple(sorted({one for name, one in refs.items() if name.startswith(BRANCHES)}))


def git_dir_of(source: Path) -> Path:
    """The folder that holds HEAD and objects, without following a link or a pointer."""
    if not source.exists():
        raise RepositoryError(f"{source} does not exist.")
    if not source.is_dir():
        raise RepositoryError(f"{source} is a file; give the folder of a git repository.")
    inside = source / ".git"
    if inside.is_symlink() or inside.is_file():
        raise RepositoryError(
            f"{source} is a linked worktree or a submodule: its .git points elsewhere. Give the main repository."
        )
    for folder in (inside, source):
        if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
            return folder
    above = next((folder for folder in source.resolve().parents if (folder / ".git").is_dir()), None)
    hint = f" It lies inside the repository {above}; give that." if above else ""
    raise RepositoryError(f"{source} is not a git repository.{hint}")


def refuse_pointers(git_dir: Path, source: Path) -> None:
    """What would make git read outside of the folder, or fetch, is a reason to stop, not to follow."""
    objects = git_dir / "objects"
    reasons = {
        "it shares its files with another worktree": (git_dir / "commondir").exists(),
        "it borrows objects from another repository": any(
            _has_text(objects / "info" / name) for name in ("alternates", "http-alternates")
        ),
        "it is a partial clone, which lacks files": any((objects / "pack").glob("*.promisor")),
        "its objects folder is a link": objects.is_symlink() or (objects / "pack").is_symlink(),
        "it keeps its refs in a format this git does not read": (git_dir / "reftable").exists(),
    }
    for reason, holds in reasons.items():
        if holds:
            raise RepositoryError(f"{source} cannot be read safely: {reason}. Give a full clone of it.")


def _has_text(path: Path) -> bool:
    return bool(read_small(path).strip())


def read_small(path: Path) -> str:
    """The text of a short regular file; "" where it is none (missing, a link, a device, too long)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return file.read(SMALL).decode("utf-8", "replace")


def is_sha256(git_dir: Path) -> bool:
    """Whether the repository names its objects by SHA-256."""
    return bool(re.search(r"^\s*objectformat\s*=\s*sha256\s*$", read_small(git_dir / "config"), re.I | re.M))


def read_refs(git_dir: Path) -> tuple[dict[str, str], str]:
    """{ref: object id} of all refs, and what HEAD says: a ref's name, an id, or ""."""
    refs = dict(_packed_refs(git_dir / "packed-refs"))
    for name, path in _loose_refs(git_dir):
        value = read_small(path).strip()
        if OBJECT_ID.match(value):
            refs[name] = value
    head = read_small(git_dir / "HEAD").strip()
    symbolic = SYMBOLIC.match(head)
    return refs, symbolic[1] if symbolic else head if OBJECT_ID.match(head) else ""


def _packed_refs(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_symlink() or not path.is_file():
        return
    with path.open("rb") as file:
        for _count, line in zip(range(MOST_REFS), file, strict=False):
            value, _, name = line.decode("utf-8", "replace").strip().partition(" ")
            if OBJECT_ID.match(value) and name.startswith("refs/"):
                yield name, value


def _loose_refs(git_dir: Path) -> Iterator[tuple[str, Path]]:
    """Regular files below refs/; links are not followed."""
    count = 0
    for folder, _folders, files in os.walk(git_dir / "refs", followlinks=False):
        for file in files:
            count += 1
            if count > MOST_REFS:
                return
            path = Path(folder) / file
            yield path.relative_to(git_dir).as_posix(), path


def choose_head(git: Git, refs: Mapping[str, str], head: str) -> tuple[str, str | None, tuple[str, ...]]:
    """Branch name, commit and remarks. A HEAD that leads nowhere (a clone of an odd default) falls back, aloud.

    Where nothing can be read, the commit is the one that is missing: whoever reads it says so. None: there is none.
    """
    named = refs.get(head, head if OBJECT_ID.match(head) else "")
    if named and git.holds_commit(named):
        return _branch_name(head) if head in refs else "", named, ()
    branches = [name for name in USUAL_BRANCHES if name in refs]
    branches += sorted(name for name in refs if name.startswith("refs/heads/"))
    lacking = "a commit that is missing or damaged" if named else "a branch that does not exist"
    for name in branches:
        if git.holds_commit(refs[name]):
            return _branch_name(name), refs[name], (f"HEAD names {lacking}, so {_branch_name(name)} was read.",)
    return _branch_name(head) if head in refs or not named else "", named or None, ()


def _branch_name(ref: str) -> str:
    return ref.removeprefix("refs/heads/")


def copy_objects(source: Path, target: Path, limits: Limits) -> None:
    """Link (or copy) every regular object file. Raises RepositoryError past the limits."""
    size = count = 0
    for path, relative in _object_files(source):
        info = path.stat(follow_symlinks=False)
        if not stat.S_ISREG(info.st_mode):
            continue
        size, count = size + info.st_size, count + 1
        if size > limits.repository_bytes or count > limits.object_files:
            allowed = limits.repository_bytes // MIB
            raise RepositoryError(f"This repository is larger than the {allowed} MB that are read; nothing of it was.")
        destination = target / relative
        destination.parent.mkdir(exist_ok=True)
        _take(path, destination)


def _object_files(source: Path) -> Iterator[tuple[Path, str]]:
    """Loose objects and packs, by their names alone; anything else that lies there is left."""
    for entry in sorted(os.scandir(source), key=lambda one: one.name):
        if not entry.is_dir(follow_symlinks=False):
            continue
        wanted = PACK_FILE if entry.name == "pack" else LOOSE_FILE if LOOSE_FOLDER.match(entry.name) else None
        if wanted:
            for file in os.scandir(entry.path):
                if wanted.match(file.name):
                    yield Path(file.path), f"{entry.name}/{file.name}"


def _take(source: Path, destination: Path) -> None:
    """A hard link costs nothing and is only read; across file systems it becomes a copy."""
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, destination, follow_symlinks=False)


def copy_shallow(git_dir: Path, target: Path) -> Iterator[str]:
    """Where a shallow clone's history is cut off. Yields a remark if it is."""
    ids = [line for line in read_small(git_dir / "shallow").split() if OBJECT_ID.match(line)]
    if ids:
        (target / "shallow").write_text("".join(f"{one}\n" for one in ids))
        yield "This is a shallow clone: its older history is not in it."
