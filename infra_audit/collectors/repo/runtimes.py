"""repo.runtimes: the versions of languages and systems that this repository asks for, where a file tells them.

Rows: product (a key of infra_audit.support.TABLE), called ("Python 3.9"), version, path, line, is_lowest
(True where the file names the oldest version that will do, not the one that is used).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from infra_audit.collectors.repo import docker
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Row, Unread
from infra_audit.secrets.paths import PathClass, path_class

MOST_BYTES = 1024 * 1024
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "python": "Python",
        "node": "Node.js",
        "ruby": "Ruby",
        "php": "PHP",
        "go": "Go",
        "java": "Java",
        "dotnet": ".NET",
        "alpine": "Alpine Linux",
        "debian": "Debian",
        "ubuntu": "Ubuntu",
    }
)
PARTS = {
    "python": 2,
    "ruby": 2,
    "php": 2,
    "go": 2,
    "dotnet": 2,
    "alpine": 2,
    "ubuntu": 2,
    "node": 1,
    "java": 1,
    "debian": 1,
}
IMAGES = {
    "python": "python",
    "node": "node",
    "ruby": "ruby",
    "php": "php",
    "golang": "go",
    "openjdk": "java",
    "eclipse-temurin": "java",
    "amazoncorretto": "java",
    "alpine": "alpine",
    "debian": "debian",
    "ubuntu": "ubuntu",
}
FROM_MICROSOFT = re.compile(r"^mcr\.microsoft\.com/dotnet/(?:core/)?(?:sdk|aspnet|runtime|runtime-deps)$")
OFFICIAL = re.compile(r"^(?:docker\.io/)?(?:library/|public\.ecr\.aws/docker/library/)?([\w-]+)$")
FIRST_NUMBERS = re.compile(r"^v?(\d+(?:\.\d+){0,2})(?=[-_.+]|$)")
ALPINE_IN_TAG = re.compile(r"(?:^|-)alpine(\d+\.\d+)(?:-|$)")
CODENAMES = {
    name: (system, version)
    for system, names in {
        "debian": "trixie=13 bookworm=12 bullseye=11 buster=10 stretch=9 jessie=8",
        "ubuntu": "noble=24.04 jammy=22.04 focal=20.04 bionic=18.04 xenial=16.04 trusty=14.04",
    }.items()
    for name, _, version in (one.partition("=") for one in names.split())
}
NODE_NAMES = {
    "argon": "4",
    "boron": "6",
    "carbon": "8",
    "dubnium": "10",
    "erbium": "12",
    "fermium": "14",
    "gallium": "16",
    "hydrogen": "18",
    "iron": "20",
    "jod": "22",
    "krypton": "24",
}
IN_TOOL_VERSIONS = {"nodejs": "node", "golang": "go", "dotnet-core": "dotnet"} | {name: name for name in PARTS}
ANY_NUMBERS = re.compile(r"(\d+(?:\.\d+){0,2})")
PINNED_RANGE = re.compile(r"^[\^~=v\s]*(\d+(?:\.\d+)?)(?:\.(?:\d+|x|\*)){0,2}$")
BOUNDED_RANGE = re.compile(r"^>=?\s*v?(\d+)[\d.]*\s+<=?\s*v?\d+[\d.]*$")
ENGINES_LINE = re.compile(r'"engines"\s*:')
GO_LINE = re.compile(r"^(?P<which>go|toolchain)\s+(?:go)?(?P<version>\d+\.\d+)", re.MULTILINE)
POM_JAVA = re.compile(
    r"<(?:java\.version|maven\.compiler\.(?:release|source)|release)>\s*(?:1\.)?(\d+)\s*</", re.IGNORECASE
)
FRAMEWORK = re.compile(r"<TargetFrameworks?>\s*net(?:coreapp)?(\d+\.\d+)", re.IGNORECASE)

Parsed = Iterator[tuple[str, str, int, bool]]  # product, version, line, is_lowest


def read(repository: OpenRepository) -> Reading:
    """Files of tests, examples and other people's code are passed over."""
    unread: list[Unread] = []
    images = repository.once("repo.docker", docker.read).rows
    rows = [row for one in images if one["kind"] == "from" for row in _of_image(one)]
    for path, data in repository.text_files(_is_wanted, most_bytes=MOST_BYTES, unread=unread):
        text = data.decode("utf-8-sig", "replace")
        for product, version, line, is_lowest in _parser(path)(text):
            if told := _row(product, version, path, line, is_lowest=is_lowest):
                rows.append(told)
    return Reading(tuple(rows), tuple(unread))


def _row(product: str, version: str, path: str, line: int, *, is_lowest: bool = False) -> Row | None:
    """None where the version is told less exactly than its support depends on it: "python:3" may be any."""
    parts = version.split(".")[: PARTS[product]]
    if product == "java" and version.startswith("1."):
        parts = version.split(".")[1:2]
    if len(parts) < PARTS[product]:
        return None
    exact = ".".join(parts)
    return {
        "product": product,
        "called": f"{NAMES[product]} {exact}",
        "version": exact,
        "path": path,
        "line": line,
        "is_lowest": is_lowest,
    }


def _of_image(image: Row) -> Iterator[Row]:
    """The language that the image is for, and the system that its tag names."""
    official = OFFICIAL.match(image["image"])
    product = IMAGES.get(official[1]) if official else "dotnet" if FROM_MICROSOFT.match(image["image"]) else None
    tag = image["version"] or ""
    if not product:
        return
    told = [(product, found[1])] if (found := FIRST_NUMBERS.match(tag)) else []
    told += [CODENAMES[word] for word in tag.split("-") if word in CODENAMES]
    told += [("alpine", found[1])] if (found := ALPINE_IN_TAG.search(tag)) else []
    for each, version in told:
        if row := _row(each, version, image["path"], image["line"]):
            yield row


def _is_wanted(path: str) -> bool:
    is_one = path.rpartition("/")[2] in PARSERS or path.endswith((".csproj", ".fsproj"))
    return is_one and path_class(path) is PathClass.CODE


def _parser(path: str) -> Callable[[str], Parsed]:
    return PARSERS.get(path.rpartition("/")[2], _project)


def _first_line(product: str) -> Callable[[str], Parsed]:
    def parsed(text: str) -> Parsed:
        first = text.strip().partition("\n")[0].strip()
        name = NODE_NAMES.get(first.removeprefix("lts/").lower()) if product == "node" else None
        bare = first.removeprefix("ruby-").removeprefix("python-")
        if name or FIRST_NUMBERS.match(bare):
            yield product, name or bare.lstrip("v"), 1, False

    return parsed


def _tool_versions(text: str) -> Parsed:
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, version = line.partition("#")[0].strip().partition(" ")
        product = IN_TOOL_VERSIONS.get(name)
        if product and (found := ANY_NUMBERS.search(version)):
            yield product, found[1], number, False


def _go_mod(text: str) -> Parsed:
    """The toolchain where one is named; else the oldest version that may build it."""
    found = {one["which"]: one for one in GO_LINE.finditer(text)}
    if one := found.get("toolchain") or found.get("go"):
        yield "go", one["version"], text.count("\n", 0, one.start()) + 1, "toolchain" not in found


def _package_json(text: str) -> Parsed:
    """`engines.node` where it keeps newer versions out; ">=14" lets any of them in."""
    try:
        engines = json.loads(text).get("engines")
        told = str(engines.get("node", "")).strip() if isinstance(engines, dict) else ""
    except (ValueError, AttributeError, RecursionError):
        return
    if found := PINNED_RANGE.match(told) or BOUNDED_RANGE.match(told):
        place = ENGINES_LINE.search(text)
        line = text.count("\n", 0, place.start()) + 1 if place else 1
        yield "node", found[1], line, False


def _global_json(text: str) -> Parsed:
    try:
        version = str(json.loads(text)["sdk"]["version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    if FIRST_NUMBERS.match(version):
        yield "dotnet", version, text.count("\n", 0, text.find('"version"')) + 1, False


def _pom(text: str) -> Parsed:
    if found := POM_JAVA.search(text):
        yield "java", found[1], text.count("\n", 0, found.start()) + 1, False


def _project(text: str) -> Parsed:
    if found := FRAMEWORK.search(text):
        yield "dotnet", found[1], text.count("\n", 0, found.start()) + 1, False


PARSERS: Mapping[str, Callable[[str], Parsed]] = MappingProxyType(
    {
        ".python-version": _first_line("python"),
        "runtime.txt": _first_line("python"),
        ".nvmrc": _first_line("node"),
        ".node-version": _first_line("node"),
        ".ruby-version": _first_line("ruby"),
        ".java-version": _first_line("java"),
        ".tool-versions": _tool_versions,
        "go.mod": _go_mod,
        "package.json": _package_json,
        "global.json": _global_json,
        "pom.xml": _pom,
    }
)
