"""What a maker of the kit yields."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KitFile:
    """A file of the kit: `path` is relative, with slashes; `text` ends with a line break."""

    path: str
    text: str
