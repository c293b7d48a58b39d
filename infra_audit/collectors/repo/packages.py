"""Reads manifests: which packages of others a project asks for, in which version."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

Packages = Iterator[tuple[str, str | None]]  # name in lower case, version as the manifest spells it

REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?P<spec>(?:[=<>!~]=?=?\s*[\w.*+-]+\s*,?\s*)*)")
GEM = re.compile(r"""^[ \t]*gem[ \t]+["']([\w-]+)["'](?:\s*,\s*["']([^"']+)["'])?""", re.MULTILINE)
GO_REQUIRE = re.compile(
    r"^[ \t]*(?:require[ \t]+)?([\w.-]+\.[\w-]+/[\w./~-]+|[\w.-]+\.[a-z]+/[\w./-]+)\s+(v[\w.+-]+)", re.MULTILINE
)
POM_DEPENDENCY = re.compile(
    r"<(?:dependency|parent)>\s*<groupId>\s*([\w.-]+)\s*</groupId>\s*<artifactId>\s*([\w.-]+)\s*</artifactId>"
    r"(?:\s*<version>\s*([\w.-]+)\s*</version>)?",
)
GRADLE = re.compile(
    r"""["']([\w.-]+):([\w.-]+)(?::([\w.-]+))?["']|id\s*+\(?\s*+["']([\w.-]+)["']\)?(?:\s+version\s+["']([\w.-]+)["'])?"""
)
CSPROJ = re.compile(r"""<PackageReference\s+Include="([\w.-]+)"(?:\s+Version="([\w.*-]+)")?""", re.IGNORECASE)
SDK = re.compile(r"""<Project\s+Sdk="Microsoft\.NET\.Sdk\.Web""", re.IGNORECASE)
PLAIN_VERSION = re.compile(r"^[\^~<>=!v ]*\d[\w.^~<>=!*, |+-]{0,40}$")  # no word, which might be anything


def version_told(text: object) -> str | None:
    """A version as a manifest spells it, "==3.1.0" as "3.1.0"; None for what is none (a path, an address)."""
    told = str(text).strip().removeprefix("==").strip() if isinstance(text, str | int | float) else ""
    return told if told and told != "*" and PLAIN_VERSION.match(told) else None


def packages_of(path: str, data: bytes) -> list[tuple[str, str | None]]:
    """What the manifest asks for; [] where it is none that we know or has errors."""
    parse = parser_of(path)
    if parse is None:
        return []
    try:
        found = list(parse(data.decode("utf-8-sig", "replace")))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return []
    return [(name.lower(), version_told(version)) for name, version in found]


def parser_of(path: str) -> Callable[[str], Packages] | None:
    name = path.rpartition("/")[2].lower()
    if name in PARSERS:
        return PARSERS[name]
    if re.fullmatch(r"requirements[\w.-]*\.(?:txt|in)", name) or re.search(
        r"(?:^|/)requirements/[\w.-]+\.(?:txt|in)$", path
    ):
        return _requirements
    return _csproj if name.endswith((".csproj", ".fsproj")) else None


def _requirements(text: str) -> Packages:
    for line in text.splitlines():
        bare = line.partition("#")[0].partition(";")[0]
        if bare.strip() and not bare.lstrip().startswith("-") and (found := REQUIREMENT.match(bare)):
            yield found[1].replace("_", "-"), found["spec"].strip() or None


def _pyproject(text: str) -> Packages:
    told = tomllib.loads(text)
    project, tools = _table(told, "project"), _table(told, "tool")
    groups = [*_table(project, "optional-dependencies").values(), *_table(told, "dependency-groups").values()]
    for listed in (project.get("dependencies", []), *groups):
        yield from _requirements("\n".join(one for one in listed if isinstance(one, str)))
    poetry = _table(tools, "poetry")
    tables = [poetry, *_table(poetry, "group").values()]
    for table in tables:
        for name in ("dependencies", "dev-dependencies"):
            yield from _table_of_versions(_table(table, name))


def _pipfile(text: str) -> Packages:
    told = tomllib.loads(text)
    for name in ("packages", "dev-packages"):
        yield from _table_of_versions(_table(told, name))


def _cargo(text: str) -> Packages:
    told = tomllib.loads(text)
    for table in (told, _table(told, "workspace")):
        for name in ("dependencies", "dev-dependencies"):
            yield from _table_of_versions(_table(table, name))


def _json_tables(*names: str) -> Callable[[str], Packages]:
    def parsed(text: str) -> Packages:
        told = json.loads(text)
        for name in names:
            yield from _table_of_versions(_table(told, name))

    return parsed


def _gemfile(text: str) -> Packages:
    for found in GEM.finditer(text):
        yield found[1], found[2]


def _go_mod(text: str) -> Packages:
    for found in GO_REQUIRE.finditer(text):
        yield found[1], found[2]


def _pom(text: str) -> Packages:
    for found in POM_DEPENDENCY.finditer(text):
        yield f"{found[1]}:{found[2]}", found[3]


def _gradle(text: str) -> Packages:
    for found in GRADLE.finditer(text):
        yield (f"{found[1]}:{found[2]}", found[3]) if found[1] else (found[4], found[5])


def _csproj(text: str) -> Packages:
    if SDK.search(text):
        yield "microsoft.net.sdk.web", None
    for found in CSPROJ.finditer(text):
        yield found[1], found[2]


def _table_of_versions(table: Mapping[str, Any]) -> Packages:
    """Of {name: version} and {name: {version: …}}."""
    for name, told in table.items():
        yield name, told.get("version") if isinstance(told, dict) else told


def _table(told: Any, name: str) -> dict[str, Any]:
    table = told.get(name) if isinstance(told, dict) else None
    return table if isinstance(table, dict) else {}


PARSERS: Mapping[str, Callable[[str], Packages]] = MappingProxyType(
    {
        "pyproject.toml": _pyproject,
        "pipfile": _pipfile,
        "package.json": _json_tables("dependencies", "devDependencies"),
        "composer.json": _json_tables("require", "require-dev"),
        "gemfile": _gemfile,
        "go.mod": _go_mod,
        "cargo.toml": _cargo,
        "pom.xml": _pom,
        "build.gradle": _gradle,
        "build.gradle.kts": _gradle,
    }
)
