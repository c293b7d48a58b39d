"""What an audit costs: calls, wall time, CPU and memory of the demo's company, over real HTTP.

Once as fast as the emulator answers, once with 30 ms added to every answer, as a region far away does. Budgets are
for a machine with 2 cores; what is over budget is marked, and ends with status 1.
"""

import os
import secrets
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from demo.account import REFUSED
from demo.audit import account_units, judged, repository_units
from demo.company import company
from demo.faults import Faults
from infra_audit.states import read_states

FAR_AWAY_S = 0.03
CALLS_PER_RESOURCE = 1.0
CPU_S = 15.0
PEAK_MB = 300.0


@dataclass(frozen=True)
class Spent:
    """`cpu_s` is this process's and that of the git programs it ran; the emulator's is not in it."""

    what: str
    wall_s: float
    cpu_s: float
    calls: int = 0

    def __str__(self):
        calls = f"{self.calls:6} calls" if self.calls else ""
        return f"{self.what:44} {self.wall_s:7.2f} s wall {self.cpu_s:7.2f} s CPU {calls}"


@contextmanager
def measured(what, results):
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    yield
    results.append(Spent(what, time.perf_counter() - wall, sum(os.times()[:4]) - cpu))


def peak_mb():
    """Of this process since it began (Linux counts in KiB)."""
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def collect(made, what, results, **moment):
    """The account's units; the calls are counted where they arrive."""
    made.emulator.clear_calls()
    with measured(what, results):
        units = account_units(made, **moment)
    results[-1] = replace(results[-1], calls=sum(made.emulator.calls().values()))
    return units


def run(results):
    """Everything once; returns the number of resources that were found."""
    moment = {"key": secrets.token_bytes(32), "now": datetime.now(UTC)}
    with tempfile.TemporaryDirectory() as folder, company(Path(folder)) as made:
        units = collect(made, "collect the account", results, **moment)
        made.emulator.set_faults(Faults(deny=REFUSED, latency_s=FAR_AWAY_S))
        collect(made, f"collect it, each answer {FAR_AWAY_S * 1000:.0f} ms later", results, **moment)
        with measured("read 3 repositories and a state", results):
            units += [*repository_units(made.repositories, **moment), read_states(made.states)]
    with measured("judge by the whole catalogue", results):
        outcome = judged(units, **moment)
    found = {row["arn"] for unit in units for row in unit.rows if "arn" in row and "tags" in row}
    print(f"{len(found)} resources, {len(units)} units, {len(outcome.evaluation.findings)} findings")
    return len(found)


def main():
    results = []
    resources = run(results)
    print(*results, f"peak memory {peak_mb():.0f} MB", sep="\n")
    over = [
        f"{share:.2f} calls a resource, budget {CALLS_PER_RESOURCE}"
        for share in [results[0].calls / resources]
        if share > CALLS_PER_RESOURCE
    ]
    cpu_s = results[0].cpu_s + results[2].cpu_s + results[3].cpu_s
    over += [f"{cpu_s:.1f} CPU s, budget {CPU_S}"] if cpu_s > CPU_S else []
    over += [f"{peak_mb():.0f} MB, budget {PEAK_MB:.0f}"] if peak_mb() > PEAK_MB else []
    print(*(f"OVER BUDGET: {one}" for one in over), sep="\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
