"""Keeping a process of many threads small."""

import ctypes
from functools import cache

M_ARENA_MAX = -8  # of glibc's mallopt(3)
ARENAS = 2


@cache
def few_arenas() -> None:
    """Have all threads share two heaps. glibc gives each a heap of its own, up to eight a core, and what one of them
    freed no other uses: a fifth of an audit's memory. Elsewhere than on glibc nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
