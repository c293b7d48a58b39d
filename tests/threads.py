"""Things that happen at the same instant."""

import threading
from concurrent.futures import ThreadPoolExecutor


def all_at_once(count, act):
    """Call `act` from that many threads, which start together; returns what each returned, in no order."""
    gate = threading.Barrier(count)

    def wait_and_act(_number):
        gate.wait()
        return act()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_act, range(count)))
