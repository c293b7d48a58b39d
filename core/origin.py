"""From where a thing was done, so that services can record it without ever seeing a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """`channel` is page, api, task or command; ip and user agent are empty where there is no request."""

    ip: str = ""
    user_agent: str = ""
    channel: str = "command"


_current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039  (it is frozen)


def current() -> Origin:
    return _current.get()


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """Everything recorded inside carries this origin."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)
