"""Opens archives, in bounds of size, number, depth and time."""

from collections.abc import Iterator
from pathlib import Path

from kingfisher_sdk.inputs import ScanInput, expand_archives

ENDINGS = (".zip", ".jar", ".war", ".whl", ".nupkg", ".gz", ".tgz", ".tar", ".tar.bz2", ".tar.xz")
MOST_BYTES = 64 * 1024 * 1024
MOST_MEMBERS = 2_000
MOST_SECONDS = 20
DEEPEST = 4
INTO = "!"  # between an archive and what is in it


class UnopenedError(Exception):
    """An archive is damaged or encrypted, or it is a bomb."""


def is_archive(path: str) -> bool:
    return path.lower().endswith(ENDINGS)


def members(path: str, data: bytes, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Where each member stands ("!conf/app.env", and so on into archives in archives) and what it holds.

    `path` is one that can be written down; `folder` is for what does not fit into memory. Raises UnopenedError, also in
    the middle.
    """
    source = ScanInput(path=path, data=data)
    expanded = expand_archives(
        [source],
        depth=DEEPEST,
        max_bytes=MOST_BYTES,
        max_entries=MOST_MEMBERS,
        timeout=MOST_SECONDS,
        temp_dir=folder,
    )
    try:
        for member in expanded:
            if member.data is not None and member.path != source.path:
                yield member.path.removeprefix(source.path), member.data
    except (RuntimeError, TimeoutError, ValueError, OSError) as error:
        raise UnopenedError from error


def stays_shut(place: str) -> bool:
    """Whether a member is an archive that lies too deep to be opened."""
    return place.count(INTO) >= DEEPEST and is_archive(place)
