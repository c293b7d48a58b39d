"""repo.files: the repository itself, then every file of the commit at HEAD.

First row: arn `repo:<name>`, type "git:repository", name, tags ({}: a repository has none), head (commit id or None),
branch, is_empty, files (count), lacks (sentences on what of its history is not in this copy). Then one row a file:
path, size (bytes), mode ("100644", "120000" for a link).
"""

from collections.abc import Iterator
from itertools import islice

from infra_audit.collectors.repo.ledger import readable
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Row


def repository_arn(name: str) -> str:
    """How findings name a repository as a whole."""
    return f"repo:{name}"


def read(repository: OpenRepository) -> Reading:
    tree = repository.tree
    most = repository.limits.files
    count = f"{'more than ' if repository.tree_is_cut else ''}{len(tree):,}"
    too_many = (f"It has {count} files; the first {most:,} are listed.",) if len(tree) > most else ()
    rows = (_repository_row(repository), *islice(_file_rows(repository), most))
    return Reading(rows, remarks=(*repository.mirror.remarks, *too_many), truncated=bool(too_many))


def _repository_row(repository: OpenRepository) -> Row:
    return {
        "arn": repository_arn(repository.name),
        "type": "git:repository",
        "name": repository.name,
        "tags": {},
        "head": repository.mirror.head,
        "branch": repository.mirror.branch,
        "is_empty": repository.mirror.head is None,
        "files": len(repository.tree),
        "lacks": list(repository.mirror.lacks),
    }


def _file_rows(repository: OpenRepository) -> Iterator[Row]:
    for file in repository.tree:
        yield {"path": readable(file.path), "size": file.size, "mode": file.mode}
