"""repo.manifests: what asks for other people's packages, and whether a lock file says which versions were meant.

Rows: path, ecosystem ("npm"), packages (how many it asks for), lock (the path of its lock file: in its folder or in one
above, where a workspace keeps it; a list that pins every version is its own lock), is_library (made to be built into
something else, as far as the manifest tells).
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from infra_audit.collectors.repo.packages import packages_of
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Row, Unread
from infra_audit.secrets.paths import PathClass, path_class

MOST_BYTES = 1024 * 1024
PYTHON_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "conda-lock.yml")
LOCKS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "package.json": (
            "npm",
            ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"),
        ),
        "pyproject.toml": ("Python", PYTHON_LOCKS),
        "Pipfile": ("Python", PYTHON_LOCKS),
        "requirements.txt": ("Python", PYTHON_LOCKS),
        "Gemfile": ("Ruby", ("Gemfile.lock", "gems.locked")),
        "composer.json": ("PHP", ("composer.lock",)),
        "go.mod": ("Go", ("go.sum",)),
        "Cargo.toml": ("Rust", ("Cargo.lock",)),
    }
)
PLATFORM = re.compile(r"^(?:php|ext-.+|lib-.+|composer-.+|python)$")
PINNED = re.compile(r"={2,3}\s*+[\w.!+]++$|\s@\s")
LISTS = re.compile(r"(?:^|/)requirements(?:[\w.-]*\.txt|/[\w.-]+\.txt)$")


def read(repository: OpenRepository) -> Reading:
    unread: list[Unread] = []
    rows: list[Row] = []
    pinned = _pinned_lists(repository, unread)
    for path, data in repository.text_files(_is_manifest, most_bytes=MOST_BYTES, unread=unread):
        asked = [name for name, _version in packages_of(path, data) if not PLATFORM.match(name)]
        if asked:
            ecosystem, names = LOCKS[path.rpartition("/")[2]]
            lock = next(_locks(path, names, repository.paths), None)
            if lock is None and ecosystem == "Python":
                lock = _pinned_beside(path, pinned)
            rows.append(
                {
                    "path": path,
                    "ecosystem": ecosystem,
                    "packages": len(asked),
                    "lock": lock,
                    "is_library": _is_library(path, data, repository.paths),
                }
            )
    return Reading(tuple(rows), tuple(unread))


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] in LOCKS and path_class(path) is PathClass.CODE


def _locks(path: str, names: tuple[str, ...], paths: frozenset[str]) -> Iterator[str]:
    """From the manifest's own folder up to the root."""
    folder = path.rpartition("/")[0]
    while True:
        yield from (one for name in names if (one := f"{folder}/{name}" if folder else name) in paths)
        if not folder:
            return
        folder = folder.rpartition("/")[0]


def _pinned_lists(repository: OpenRepository, unread: list[Unread]) -> set[str]:
    """The lists of requirements in which every line names one version."""

    def is_list(path: str) -> bool:
        return bool(LISTS.search(path)) and path_class(path) is PathClass.CODE

    return {
        path for path, data in repository.text_files(is_list, most_bytes=MOST_BYTES, unread=unread) if _pins_all(data)
    }


def _pins_all(data: bytes) -> bool:
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    asking = [line for line in lines if line and not line.startswith(("#", "-"))]
    return bool(asking) and all(PINNED.search(re.split("[;#]", line)[0].rstrip("\\ \t")) for line in asking)


def _pinned_beside(path: str, pinned: set[str]) -> str | None:
    """The list itself, or for a project one in its folder or the folder `requirements` there."""
    if path in pinned:
        return path
    if path.endswith("requirements.txt"):
        return None
    folder = path.rpartition("/")[0]
    near = (folder, f"{folder}/requirements" if folder else "requirements")
    return min((one for one in pinned if one.rpartition("/")[0] in near), default=None)


def _is_library(path: str, data: bytes, paths: frozenset[str]) -> bool:
    """Whoever builds a library in decides on versions: a lock file of its own helps its makers alone."""
    folder, _, name = path.rpartition("/")
    text = data.decode("utf-8-sig", "replace")
    try:
        match name:
            case "package.json":
                told = json.loads(text)
                return not told.get("private") and any(key in told for key in ("exports", "main", "module", "types"))
            case "composer.json":
                return bool(json.loads(text).get("type") == "library")
            case "Cargo.toml":
                told = tomllib.loads(text)
                main = f"{folder}/src/main.rs" if folder else "src/main.rs"
                return "package" in told and "bin" not in told and main not in paths
            case "pyproject.toml":
                told = tomllib.loads(text)
                return "build-system" in told and "project" in told
    except (ValueError, AttributeError, TypeError, RecursionError):
        return False
    return name == "Gemfile" and any(one.endswith(".gemspec") and one.rpartition("/")[0] == folder for one in paths)
