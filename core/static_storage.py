"""Static files as a deployed site serves them: hashed, compressed, and the style sheets of every page as one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage

JOINED = "css/all.css"
LISTS = ("templates/components/_stylesheets.html", "templates/components/_head.html")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def sheets() -> list[str]:
    """What every page loads, in its order: the templates are the list."""
    text = "".join((Path(settings.BASE_DIR) / name).read_text() for name in LISTS)
    return re.findall(r"{% static '(css/[\w/-]+\.css)' %}", text)


def joined(texts: list[str]) -> str:
    """One sheet of several, without comments and indents. Packed together they take half of what each takes alone."""
    return re.sub(r"\n\s*", "\n", COMMENT.sub("", "\n".join(texts))).strip() + "\n"


class JoinedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it carries no types
    """Whitenoise's, with one sheet more. It lies beside the others, so that what it refers to is found from it."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            folder = Path(self.location)
            text = joined([(folder / name).read_text() for name in sheets()])
            (folder / JOINED).write_text(text)
            paths = {**paths, JOINED: (self, JOINED)}
        yield from super().post_process(paths, dry_run, **options)

    def joined_url(self) -> str:
        """The address of the one sheet; empty where nothing was collected yet."""
        return self.url(JOINED) if JOINED in self.hashed_files else ""
