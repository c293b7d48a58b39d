"""The kit as a folder, or as one ZIP."""

import io
import stat
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from infra_audit.kit.files import KitFile

RUNNABLE = (".sh", ".py")
README = """# Remedy kit

Made from the findings of an audit. Every file says at its beginning what it does. Nothing changes when a file is read,
or run without being told to: scripts show what they would do first.

"""


def with_readme(files: Iterable[KitFile]) -> list[KitFile]:
    """The files, and before them one that lists them."""
    found = sorted(files, key=lambda one: one.path)
    lines = "".join(f"- `{one.path}`\n" for one in found) or "There was nothing to make a file for.\n"
    return [KitFile("README.md", README + lines), *found]


def write(files: Iterable[KitFile], folder: Path) -> None:
    """Into a folder that may exist; files of an earlier run are replaced. Raises OSError."""
    for one in with_readme(files):
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.text, encoding="utf-8")
        if _runs(one):
            path.chmod(0o755)


def packed(files: Iterable[KitFile], *, made_at: datetime) -> bytes:
    """One ZIP, the same for the same files."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in with_readme(files):
            info = zipfile.ZipInfo(f"remedy-kit/{one.path}", made_at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (0o755 if _runs(one) else 0o644)) << 16
            archive.writestr(info, one.text)
    return whole.getvalue()


def _runs(one: KitFile) -> bool:
    return one.path.endswith(RUNNABLE)
