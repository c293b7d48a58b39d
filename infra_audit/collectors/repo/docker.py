"""repo.docker: the images that this repository starts from.

Rows, told apart by `kind`:
- "from", a FROM of a Dockerfile that names an image and no earlier stage;
- "final", the last stage of a Dockerfile: user (None without any USER, "" where nobody can tell), and what it is from;
- "compose", a service of a compose file that takes a ready image.
Each: path, path_class, line, image, version (the tag, or None), has_digest, is_known (False where a variable decides).
"""

import re
from collections.abc import Iterator

import yaml

from infra_audit.collectors.repo.dockerfiles import DOCKERFILE, Image, image_of, stages_of
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Ending, Row, Unread
from infra_audit.secrets.paths import PathClass, path_class

MOST_BYTES = 512 * 1024
COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$", re.IGNORECASE)
NOT_OURS = {PathClass.VENDORED, PathClass.FIXTURE, PathClass.DOC, PathClass.EXAMPLE}


def read(repository: OpenRepository) -> Reading:
    unread: list[Unread] = []
    rows: list[Row] = []
    for path, data in repository.text_files(is_of_containers, most_bytes=MOST_BYTES, unread=unread):
        text = data.decode("utf-8", "replace")
        if DOCKERFILE.search(path):
            rows.extend(of_dockerfile(path, text))
            continue
        try:
            rows.extend(of_compose(path, text))
        except (yaml.YAMLError, RecursionError):
            unread.append(Unread(path, Ending.ERROR))
    return Reading(tuple(rows), tuple(unread))


def is_of_containers(path: str) -> bool:
    return bool(DOCKERFILE.search(path) or COMPOSE.search(path)) and path_class(path) not in NOT_OURS


def of_dockerfile(path: str, text: str) -> Iterator[Row]:
    stages = stages_of(text)
    for stage in stages:
        if stage.base is None and stage.image.name != "scratch":
            yield _row("from", path, stage.line, stage.image)
    if stages:
        last = stages[-1]
        yield {**_row("final", path, last.user_line or last.line, last.image), "user": last.user}


def of_compose(path: str, text: str) -> Iterator[Row]:
    """What has a `build` is built from a Dockerfile, and `image` is then the name of what comes out."""
    for service, told in _services(yaml.compose(text, Loader=yaml.SafeLoader)):
        image = _entry(told, "image")
        if isinstance(image, yaml.ScalarNode) and _entry(told, "build") is None:
            row = _row("compose", path, image.start_mark.line + 1, image_of(image.value, {}))
            yield {**row, "service": service}


def _services(document: yaml.Node | None) -> Iterator[tuple[str, yaml.MappingNode]]:
    services = _entry(document, "services")
    if isinstance(services, yaml.MappingNode):
        for name, told in services.value:
            if isinstance(name, yaml.ScalarNode) and isinstance(told, yaml.MappingNode):
                yield name.value, told


def _entry(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value == key:
                return value if isinstance(value, yaml.Node) else None
    return None


def _row(kind: str, path: str, line: int, image: Image) -> Row:
    return {
        "kind": kind,
        "path": path,
        "path_class": path_class(path).value,
        "line": line,
        "image": image.name,
        "version": image.tag,
        "has_digest": image.has_digest,
        "is_known": image.is_known,
    }
