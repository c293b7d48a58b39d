"""A ceiling on what a scan takes from an account's API quota.

A scan that eats the quota breaks the client's own automation. So every request, retries included, is paced by
(account, service, region) and over all, and only so many are under way at once.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Lane = tuple[str, str, str]  # account, service, region


@dataclass(frozen=True)
class Limits:
    """Requests a second and requests under way, for one lane and for this whole process."""

    lane_per_second: float = 20.0
    lane_at_once: int = 8
    overall_per_second: float = 100.0
    overall_at_once: int = 32


class Bucket:
    """A token bucket that holds one second's worth of requests. Not thread-safe: its owner locks."""

    def __init__(self, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._tokens = per_second
        self._seen = now

    def take(self, now: float) -> float:
        """Take one token, and say how many seconds to wait before using it."""
        gained = max(0.0, now - self._seen) * self._per_second
        self._tokens = min(self._per_second, self._tokens + gained) - 1
        self._seen = max(self._seen, now)
        return max(0.0, -self._tokens / self._per_second)


class Throttle:
    """Paces requests; shared by every shard that this process collects."""

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[Lane, Bucket] = {}
        self._slots: dict[Lane, threading.BoundedSemaphore] = {}
        self._overall_bucket = Bucket(self.limits.overall_per_second, clock())
        self._overall_slots = threading.BoundedSemaphore(self.limits.overall_at_once)

    def delay(self, lane: Lane) -> float:
        """Book one request and return the seconds to wait before it is sent."""
        with self._lock:
            now = self._clock()
            if lane not in self._buckets:
                self._buckets[lane] = Bucket(self.limits.lane_per_second, now)
            return max(self._buckets[lane].take(now), self._overall_bucket.take(now))

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
