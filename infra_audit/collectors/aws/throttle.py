"""A ceiling on what a scan takes from an account's API quota.

A scan that eats the quota breaks the client's own automation. So every request, retries included, is paced by
(account, service, region) and over all, and only so many are under way at once.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

Lane = tuple[str, str, str]  # account, service, region


@dataclass(frozen=True)
class Limits:
    """Requests a second and requests under way, for one lane and for this whole process. A rate of 0 is no ceiling."""

    lane_per_second: float = 20.0
    lane_at_once: int = 8
    overall_per_second: float = 100.0
    overall_at_once: int = 32


class Window:
    """Lets no more than so many through in any one second. Not thread-safe: its owner locks."""

    def __init__(self, per_second: float) -> None:
        most = ceil(per_second)
        self._span_s = most / per_second  # a second, or a little more where the rate is no whole number
        self._passed: deque[float] = deque(maxlen=most)

    def wait(self, now: float) -> float:
        """Seconds until the next may pass; 0 where it may now."""
        if len(self._passed) < (self._passed.maxlen or 0):
            return 0.0
        return max(0.0, self._passed[0] + self._span_s - now)

    def let_through(self, now: float) -> None:
        self._passed.append(now)


class Throttle:
    """Paces requests; shared by every shard that this process collects."""

    def __init__(
        self,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._windows: dict[Lane, Window] = {}
        self._slots: dict[Lane, threading.BoundedSemaphore] = {}
        self._overall = [Window(self.limits.overall_per_second)] if self.limits.overall_per_second else []
        self._overall_slots = threading.BoundedSemaphore(self.limits.overall_at_once)

    def pace(self, lane: Lane) -> None:
        """Come back as soon as one more request may be sent.

        Nothing is booked ahead: whoever is held back by one ceiling takes no place under the other meanwhile.
        """
        while wait_s := self._wait(lane):
            self._sleep(wait_s)

    def _wait(self, lane: Lane) -> float:
        """Count one request and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            windows = [*self._window_of(lane), *self._overall]
            wait_s = max((one.wait(now) for one in windows), default=0.0)
            for one in windows if not wait_s else ():
                one.let_through(now)
            return wait_s

    def _window_of(self, lane: Lane) -> list[Window]:
        if not self.limits.lane_per_second:
            return []
        if lane not in self._windows:
            self._windows[lane] = Window(self.limits.lane_per_second)
        return [self._windows[lane]]

    @contextmanager
    def slot(self, lane: Lane) -> Iterator[None]:
        """Hold a place among the calls under way; waits until one is free. The lane's is taken first."""
        with self._lock:
            if lane not in self._slots:
                self._slots[lane] = threading.BoundedSemaphore(self.limits.lane_at_once)
            lane_slots = self._slots[lane]
        with lane_slots, self._overall_slots:
            yield


SHARED = Throttle()
