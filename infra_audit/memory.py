"""Keeping a process of many threads small, and from looking over its memory all the time."""

import ctypes
import gc
from functools import cache

# Of glibc's mallopt(3).
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
ARENAS = 2
LARGE = 128 * 1024  # bytes
NEW_OBJECTS = 10_000  # Python looks for rings among them every 700 by itself


@cache
def stay_small() -> None:
    """Have all threads share two heaps, and give large blocks back to the system as soon as they are free.

    glibc gives each thread a heap of its own, up to eight a core, and what one of them freed no other uses: a fifth of
    an audit's memory. And whoever frees a large block teaches it to keep blocks of that size: another twentieth.
    Elsewhere than on glibc nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, LARGE)


def collect_seldom() -> None:
    """Look for rings of objects less often, and never among what is loaded at the start: a fifth of an audit's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 5, 2)
