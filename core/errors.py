"""A rule said no. The text of each is fit for a client to read."""

from typing import Any


class DomainError(Exception):
    """A rule refused; the message names the mend. `params` fill the message's %(names)s."""

    def __init__(self, message: Any, **params: Any) -> None:
        self.message = message
        self.params = params
        super().__init__(message)

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)


class TransitionError(DomainError):
    """A thing cannot become that from what it is."""


class StaleError(DomainError):
    """What was seen is no longer what is stored."""


class NotAllowedError(DomainError):
    """The person sees the thing, but their role may not do this. Views answer 403."""
