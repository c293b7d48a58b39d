"""repo.readme: the files that introduce the repository, where GitHub and GitLab look for them.

Rows: path, size (bytes), words. No row where there is none.
"""

import re

from infra_audit.collectors.repo.ledger import readable
from infra_audit.collectors.repo.objects import SYMLINK, UnreadableObjectError
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Ending, Row, Unread

README = re.compile(r"^(?:\.github/|docs/)?readme(?:\.[a-z0-9]+){0,2}$", re.IGNORECASE)


def read(repository: OpenRepository) -> Reading:
    """A README that is a link counts as there: where it leads is not followed."""
    rows: list[Row] = []
    unread = []
    for file in repository.tree:
        if not README.match(file.path):
            continue
        try:
            words = (
                _words(repository, file.blob) if file.is_regular and file.size <= repository.limits.blob_bytes else None
            )
        except UnreadableObjectError:
            unread.append(Unread(file.path, Ending.ERROR))
            continue
        if file.is_regular or file.mode == SYMLINK:
            rows.append({"path": readable(file.path), "size": file.size, "words": words})
    return Reading(tuple(rows), tuple(unread))


def _words(repository: OpenRepository, blob: str) -> int:
    return len(repository.reader.read(blob).split())
