"""A key that the program makes for itself on its first start."""

import os
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, make: Callable[[], str]) -> str:
    """The key in `path`, made first where there is none. Two processes that start at once agree on one."""
    if not path.exists():
        part = path.with_name(f"{path.name}.{os.getpid()}")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(make())
        try:
            os.link(part, path)
        except FileExistsError:
            pass  # another process was first; its key is the one
        finally:
            part.unlink()
    return path.read_text().strip()
