"""Keeping a process of many threads small."""

import ctypes
from functools import cache

# Of glibc's mallopt(3).
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
ARENAS = 2
LARGE = 128 * 1024  # bytes


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
