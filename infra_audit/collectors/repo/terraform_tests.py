"""Which files of a repository test its Terraform, and by which tool.

Rows of `repo.terraform`: type "test", path, tool.
"""

import re
from collections.abc import Iterator

from infra_audit.collectors.repo.ledger import readable
from infra_audit.collectors.repo.reading import OpenRepository
from infra_audit.inventory import Row, Unread
from infra_audit.secrets.paths import PathClass, path_class

MOST_BYTES = 512 * 1024
BY_PATH = (
    ("terraform test", re.compile(r"\.tftest\.(?:hcl|json)$")),
    ("tofu test", re.compile(r"\.tofutest\.(?:hcl|json)$")),
)
MAY_TELL = re.compile(
    r"(?:^|/)(?:go\.mod|[^/]+_test\.go|\.?kitchen(?:\.[\w-]+)?\.ya?ml|(?:test_[^/]*|[^/]*_test|conftest)\.py|"
    r"[^/]*requirements[^/]*\.txt|pyproject\.toml|gemfile)$"
)
BY_CONTENT = (
    ("Terratest", re.compile(rb"gruntwork-io/terratest")),
    ("kitchen-terraform", re.compile(rb"kitchen-terraform|name:\s*[\"']?terraform\b")),
    ("testinfra", re.compile(rb"testinfra")),
    ("tftest", re.compile(rb"^\s*(?:import|from)\s+tftest\b|^tftest\b", re.MULTILINE)),
)


def tests_of(repository: OpenRepository) -> Iterator[Row]:
    """One row a file that proves it. What cannot be read proves nothing."""
    for file in repository.tree:
        path = readable(file.path) or ""
        tool = next((tool for tool, pattern in BY_PATH if pattern.search(path.lower())), None)
        if tool and file.is_regular and _counts(path):
            yield _row(path, tool)
    unread: list[Unread] = []
    for path, data in repository.text_files(_may_tell, most_bytes=MOST_BYTES, unread=unread):
        if tool := next((tool for tool, pattern in BY_CONTENT if pattern.search(data)), None):
            yield _row(path, tool)


def _may_tell(path: str) -> bool:
    return bool(MAY_TELL.search(path.lower())) and _counts(path)


def _counts(path: str) -> bool:
    return path_class(path) is not PathClass.VENDORED


def _row(path: str, tool: str) -> Row:
    return {
        "path": path,
        "path_class": path_class(path).value,
        "line": 1,
        "end_line": 1,
        "type": "test",
        "labels": [],
        "address": f"test.{path}",
        "attributes": {},
        "blocks": [],
        "tool": tool,
    }
