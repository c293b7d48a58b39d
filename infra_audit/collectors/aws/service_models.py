"""What the SDK knows of the services, cut down to what an audit may ask.

The descriptions as they come take 80 MB for the services that we read, most of it operations that change something and
documentation. Without them a client has no method that writes, and the rest fits into a quarter.
"""

import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader, create_loader

Model = dict[str, Any]
DESCRIPTION = "service-2"  # beside paginators, waiters, endpoint rules
ADDITIONS = "service-2.sdk-extras"
# With these the SDK signs in by itself, in ways that profiles describe.
SIGN_IN = frozenset({"sts", "sso", "sso-oidc", "signin"})


class ReadingFiles(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    """Loads descriptions without the operations that `keeps` refuses; each once, and one at a time: a description as
    it comes takes ten times the memory of what stays, and several threads ask for the same.
    """

    def __init__(self, keeps: Callable[[str], bool]) -> None:
        self._keeps = keeps
        self._lock = threading.Lock()
        self._loaded: dict[str, Any] = {}

    def load_file(self, file_path: str) -> Any:
        """As the SDK calls it, without the ending; None where there is no such file."""
        with self._lock:
            if file_path not in self._loaded:
                self._loaded[file_path] = self._load(file_path)
            return self._loaded[file_path]

    def _load(self, file_path: str) -> Any:
        path = Path(file_path)
        if path.parent.parent.name in SIGN_IN:
            return super().load_file(file_path)
        if path.name == ADDITIONS:  # to operations that copy and write: they would add to shapes that are gone
            return None
        data = super().load_file(file_path)
        return without_writes(data, self._keeps) if data and path.name == DESCRIPTION else data


def loader(keeps: Callable[[str], bool]) -> Loader:
    """For `Session.register_component("data_loader", …)`; it keeps what it read."""
    made = create_loader()
    made.file_loader = ReadingFiles(keeps)
    return made


def without_writes(model: Model, keeps: Callable[[str], bool]) -> Model:
    """The same service with those operations alone, the shapes that they use, and no documentation."""
    operations = {name: one for name, one in model["operations"].items() if keeps(name)}
    shapes = {name: model["shapes"][name] for name in _reached(operations.values(), model["shapes"])}
    return {**model, "operations": _undocumented(operations), "shapes": _undocumented(shapes)}


def _reached(roots: Any, shapes: Model) -> set[str]:
    """Names of the shapes that these lead to."""
    found: set[str] = set()
    waiting = [name for one in roots for name in _named(one)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_named(shapes[name]))
    return found


def _named(part: Any) -> Iterator[str]:
    """Every shape that a part of the description names."""
    if isinstance(part, list):
        for one in part:
            yield from _named(one)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from _named(value)


def _undocumented(part: Any) -> Any:
    if isinstance(part, list):
        return [_undocumented(one) for one in part]
    if isinstance(part, dict):
        # A member may be called "documentation": then it is a description, and no text.
        return {
            _same(key): _undocumented(value)
            for key, value in part.items()
            if key != "documentation" or not isinstance(value, str)
        }
    return _same(part) if isinstance(part, str) else part


@cache
def _same(text: str) -> str:
    """One object for each text: shapes and members are named over and over."""
    return text
