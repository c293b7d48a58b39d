"""Asks GitHub one question at a time, page by page, with the patience that it asks for."""

import importlib
import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra_audit.collectors.repo.reading import StoppedError
from infra_audit.github.refusals import Answer, RefusedError, refusal_of
from infra_audit.github.way_in import GitHubWayIn
from infra_audit.inventory import Ending, Row

if TYPE_CHECKING:
    from infra_audit.github.connection import Connection

logger = logging.getLogger(__name__)

PATIENCE_S = 600.0  # in all, for everything that is asked of one repository
ATTEMPTS = 3
PAUSE_S = 2.0
UNNAMED_PAUSE_S = 60.0  # what GitHub asks for where it names no time
SLICE_S = 1.0
PAGE = 100
FOLLOWING = re.compile(r'<(?P<address>[^>]+)>;\s*rel="next"')


@dataclass(frozen=True)
class Listed:
    """Rows of a list, and whether there are more than were asked for."""

    rows: tuple[Row, ...]
    is_cut: bool


class GitHub:
    """Asks on behalf of one way in. The token stands in no text of its own, and in none that it raises or logs.

    `patience_s` bounds what is waited for in all; `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        way_in: GitHubWayIn,
        *,
        stop: Callable[[], bool] = lambda: False,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.way_in = way_in
        self._stop = stop
        self._patience_s = patience_s
        self._clock = clock
        self._sleep = sleep
        self._free_at = 0.0  # before, GitHub takes no question
        self._connection: Connection | None = None

    def __repr__(self) -> str:
        return f"GitHub({self.way_in!r})"

    def get(self, path: str, *, permission: str = "", **parameters: str | int) -> Answer:
        """Ask once, or again where GitHub wants a pause or stumbles. `permission` is what the question takes.

        Raises RefusedError, and StoppedError where somebody says stop.
        """
        for attempt in range(1, ATTEMPTS + 1):
            self._rest_until(self._free_at)
            answer = self._ask(path, parameters)
            if pause_until := self._asks_to_wait(answer):
                self._rest_until(pause_until)
            elif answer.status < 300:
                return answer
            elif answer.status >= 500 and attempt < ATTEMPTS and self._patience_s >= PAUSE_S * attempt:
                self._rest_until(self._clock() + PAUSE_S * attempt)
            else:
                raise refusal_of(answer, self.way_in, permission)
        raise RefusedError(Ending.THROTTLED, "GitHub kept asking for a pause until we gave up.")

    def rows(self, path: str, *, most: int, permission: str = "", key: str = "", **parameters: str | int) -> Listed:
        """A list, page by page, up to `most`; `key` is where a page keeps its rows. Raises as `get` does."""
        rows: list[Row] = []
        for page in self.pages(path, permission=permission, key=key, **parameters):
            rows += page
            if len(rows) > most:
                return Listed(tuple(rows[:most]), is_cut=True)
        return Listed(tuple(rows), is_cut=False)

    def pages(self, path: str, *, permission: str = "", key: str = "", **parameters: str | int) -> Iterator[list[Row]]:
        """One list a page, asked for when it is wanted."""
        answer = self.get(path, permission=permission, per_page=PAGE, **parameters)
        while True:
            found = answer.data.get(key) if key and isinstance(answer.data, dict) else answer.data
            if not isinstance(found, list):
                raise RefusedError(Ending.ERROR, "GitHub answered with something else than a list.")
            yield [one for one in found if isinstance(one, dict)]
            following = next_page(answer.headers.get("link", ""))
            if not following:
                return
            answer = self.get(following, permission=permission)

    def git_password(self) -> str:
        """What git signs in with, as the user `x-access-token`. Raises RefusedError."""
        return self._connected().token()

    def _ask(self, path: str, parameters: dict[str, Any]) -> Answer:
        if self._stop():
            raise StoppedError
        return self._connected().ask(path, parameters)

    def _connected(self) -> "Connection":
        if self._connection is None:
            module = importlib.import_module("infra_audit.github.connection")
            self._connection = module.Connection(self.way_in)
        return self._connection

    def _asks_to_wait(self, answer: Answer) -> float | None:
        """Until when, where this very question has to be asked again. Notes it for the next one where it has not.

        https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
        """
        reset = _number(answer.headers.get("x-ratelimit-reset"))
        is_used_up = answer.headers.get("x-ratelimit-remaining") == "0" and reset is not None
        if answer.status < 400 and is_used_up and reset:
            self._free_at = reset
        if answer.status not in {403, 429}:
            return None
        after = _number(answer.headers.get("retry-after"))
        if after is not None:
            self._free_at = self._clock() + max(after, SLICE_S)
        elif is_used_up and reset:
            self._free_at = max(reset, self._clock() + SLICE_S)
        elif answer.status == 429 or "rate limit" in answer.said.lower():
            self._free_at = self._clock() + UNNAMED_PAUSE_S
        else:
            return None
        return self._free_at

    def _rest_until(self, moment: float) -> None:
        wait = moment - self._clock()
        if wait <= 0:
            return
        told = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"
        if wait > self._patience_s:
            raise RefusedError(Ending.THROTTLED, f"GitHub takes no more questions until {told}; ask again after that.")
        self._patience_s -= wait
        if wait > SLICE_S * ATTEMPTS:
            logger.warning("GitHub takes no more questions until %s: waiting.", told)
        while (wait := moment - self._clock()) > 0:
            if self._stop():
                raise StoppedError
            self._sleep(min(wait, SLICE_S))


def next_page(link: str) -> str:
    """Where a list goes on: the path alone is used, so that another host in it gets no token."""
    match = FOLLOWING.search(link)
    return match["address"] if match else ""


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
