"""repo.tools: what this repository is made with and runs on, each with the file that proves it.

Rows: category (see known_tools.CATEGORIES), name, version (as a file tells it, or None), path (what proves it), files
(how many do), bytes (of a language's files, else None). One row a tool. Other people's code and generated files prove
nothing, and neither do fixtures, examples and documentation.
"""

import re
from collections.abc import Iterator

from infra_audit.collectors.repo import docker, infrastructure, runtimes
from infra_audit.collectors.repo.dockerfiles import DOCKERFILE
from infra_audit.collectors.repo.known_tools import (
    BY_PATH,
    BY_TEXT,
    CATEGORIES,
    CONTAINERS,
    DATABASE,
    GENERATED,
    IAC,
    IMAGES,
    LANGUAGE,
    LANGUAGES,
    NOT_A_PROGRAM,
    OF_INFRASTRUCTURE,
    PACKAGES,
    SCRIPTS,
    TESTS,
)
from infra_audit.collectors.repo.ledger import readable
from infra_audit.collectors.repo.packages import packages_of, parser_of
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Row, Unread
from infra_audit.secrets.paths import PathClass, path_class

MOST_BYTES = 512 * 1024
TEST_FILES = "Test files"
PROVES_NOTHING = {PathClass.VENDORED, PathClass.FIXTURE, PathClass.EXAMPLE, PathClass.DOC, PathClass.LOCK}
RUST_TEST = re.compile(rb"#\[(?:\w+::)?test\]")
RUNS_ON = {"Python": "python", "JavaScript": "node", "TypeScript": "node", "Ruby": "ruby", "PHP": "php", "Go": "go",
           "Java": "java", "C#": "dotnet"}  # fmt: skip


class Tools:
    """Collects what was seen: the first file that proves a tool is named, and the first version that is told."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Row] = {}

    def note(self, category: str, name: str, path: str, version: str | None = None, *, files: int = 1) -> Row:
        fresh = {"category": category, "name": name, "version": None, "path": path, "files": 0, "bytes": None}
        row = self._seen.setdefault((category, name), fresh)
        row["files"] += files
        if version and not row["version"]:
            row["version"], row["path"] = version, path
        return row

    def rows(self) -> tuple[Row, ...]:
        order = {category: number for number, category in enumerate(CATEGORIES)}
        rows = sorted(self._seen.values(), key=lambda row: (-(row["bytes"] or 0), -row["files"], row["name"]))
        return tuple(sorted(rows, key=lambda row: order[row["category"]]))


def read(repository: OpenRepository) -> Reading:
    tools, unread = Tools(), []
    _languages(repository, tools)
    _by_path(repository, tools)
    for one in repository.once("repo.infrastructure", infrastructure.read).rows:
        tools.note(OF_INFRASTRUCTURE.get(one["kind"], IAC), one["kind"], one["path"], files=one["files"])
    _images(repository, tools)
    unread += _packages(repository, tools)
    unread += _scripts(repository, tools)
    _versions(repository, tools)
    return Reading(tools.rows(), tuple(unread))


def _languages(repository: OpenRepository, tools: Tools) -> None:
    """By their files' endings; the largest file stands for a language."""
    largest: dict[str, int] = {}
    for file in repository.tree:
        path = readable(file.path) or ""
        language = LANGUAGES.get(path.rpartition(".")[2].lower()) if "." in path else None
        if not language or not file.is_regular or GENERATED.search(path) or path_class(path) in PROVES_NOTHING:
            continue
        if path_class(path) is PathClass.TEST:
            if language not in NOT_A_PROGRAM:
                tools.note(TESTS, TEST_FILES, path)
            continue
        row = tools.note(LANGUAGE, language, path)
        row["bytes"] = (row["bytes"] or 0) + file.size
        if file.size > largest.get(language, -1):
            largest[language], row["path"] = file.size, path


def _by_path(repository: OpenRepository, tools: Tools) -> None:
    for file in repository.tree:
        path = readable(file.path) or ""
        where = path_class(path)
        if not file.is_regular or where in PROVES_NOTHING:
            continue
        for category, name, pattern in BY_PATH:
            if pattern.search(path):
                tools.note(category, name, path)
        if where is PathClass.CODE and DOCKERFILE.search(path):
            tools.note(CONTAINERS, "Docker", path)
        if where is PathClass.CODE and docker.COMPOSE.search(path):
            tools.note(CONTAINERS, "Docker Compose", path)


def _images(repository: OpenRepository, tools: Tools) -> None:
    for image in repository.once("repo.docker", docker.read).rows:
        if image["kind"] != "final" and (known := IMAGES.get(image["image"].rpartition("/")[2])):
            tools.note(*known, image["path"], image["version"])


def _packages(repository: OpenRepository, tools: Tools) -> list[Unread]:
    """A driver's version is not its database's. A list that was worked out from another one names all that the
    packages need in turn: it is passed over."""
    unread: list[Unread] = []
    for path, data in repository.text_files(_is_manifest, most_bytes=MOST_BYTES, unread=unread):
        if path.endswith(".txt") and f"{path.removesuffix('.txt')}.in" in repository.paths:
            continue
        for package, version in packages_of(path, data):
            if known := PACKAGES.get(package):
                tools.note(*known, path, version if known[0] != DATABASE else None)
    return unread


def _is_manifest(path: str) -> bool:
    return parser_of(path) is not None and path_class(path) not in PROVES_NOTHING


def _scripts(repository: OpenRepository, tools: Tools) -> list[Unread]:
    """Load tests that only a script gives away, and tests that stand inside Rust's own files."""
    unread: list[Unread] = []
    for path, data in repository.text_files(_is_script, most_bytes=MOST_BYTES, unread=unread):
        for category, name, pattern in BY_TEXT:
            if pattern.search(data):
                tools.note(category, name, path)
        if path.endswith(".rs") and RUST_TEST.search(data):
            tools.note(TESTS, TEST_FILES, path)
    return unread


def _is_script(path: str) -> bool:
    where = path_class(path)
    if GENERATED.search(path):
        return False
    if path.endswith(".rs"):
        return where is PathClass.CODE
    return bool(SCRIPTS.search(path)) and where not in PROVES_NOTHING


def _versions(repository: OpenRepository, tools: Tools) -> None:
    """A language's version is told by what it runs on; the languages alone are asked, so nothing new comes in."""
    told: dict[str, Row] = {}
    for row in repository.once("repo.runtimes", runtimes.read).rows:
        told.setdefault(row["product"], row)
    for language in _named(tools):
        if found := told.get(RUNS_ON.get(language["name"], "")):
            is_itself = found["called"].startswith(f"{language['name']} ")
            language["version"], language["path"] = found["version" if is_itself else "called"], found["path"]


def _named(tools: Tools) -> Iterator[Row]:
    return (row for row in tools.rows() if row["category"] == LANGUAGE)
