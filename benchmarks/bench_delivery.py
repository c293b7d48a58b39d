"""What reading a history costs: 17,000 commits by 40 people with 200 release tags, made here by `git fast-import`.

Seconds from the taken-over repository to the measures and the shares of each folder, the budget's 5; and the peak of
memory of this process. Over budget ends with status 1.
"""

import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from infra_audit import delivery_measures
from infra_audit.inventory import Inventory, Unit
from infra_audit.repositories import RepositoryTarget, collect_repository, planned_repository

COMMITS, TAGS, PEOPLE, FOLDERS, FILES = 17_000, 200, 40, 60, 2_400
BUDGET_S = 5.0
BEGUN = datetime(2019, 1, 1, tzinfo=UTC)
STEP = timedelta(hours=4)
WANTED = {"repo.delivery", "repo.ownership"}


def stream(chance):
    """What `git fast-import` reads; each commit changes one to four files."""
    for number in range(COMMITS):
        at = int((BEGUN + STEP * number).timestamp())
        who = f"Person {chance.randrange(PEOPLE)} <person{chance.randrange(PEOPLE)}@practice.example> {at} +0000"
        message = ("Revert a change" if number % 90 == 0 else f"Change {number}").encode()
        yield f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {len(message)}\n".encode() + message + b"\n"
        for _file in range(chance.randint(1, 4)):
            place = chance.randrange(FILES)
            content = f"{number} {chance.random()}\n".encode()
            path = f"part{place % FOLDERS}/sub{place % 7}/file{place}.py"
            yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
        yield b"\n"
        if number % (COMMITS // TAGS) == COMMITS // TAGS - 1 and number < COMMITS:
            name = number // (COMMITS // TAGS) + 1
            told = f"tag v1.{name}.0\nfrom refs/heads/main\ntagger {who}\ndata 7\nRelease\n"
            yield told.encode()


def build(folder):
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    command = ["git", "-C", str(folder), "fast-import", "--quiet"]
    subprocess.run(command, input=b"".join(stream(random.Random(7))), check=True)


def main():
    now = BEGUN + STEP * COMMITS
    units: list[Unit] = []
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "shop.git"
        build(repository)
        began = time.perf_counter()
        collect_repository(
            RepositoryTarget(str(repository)),
            key=b"benchmark",
            now=now,
            emit=units.append,
            stop=lambda: False,
            done=frozenset(planned_repository()) - WANTED,
        )
        told = delivery_measures.told(Inventory(tuple(units)), now)["shop"]
        took = time.perf_counter() - began
    commits = next(row["commits"] for unit in units for row in unit.rows if row.get("event") == "history")
    releases = sum(row.get("event") == "release" for unit in units for row in unit.rows)
    folders = sum("folder" in row for unit in units for row in unit.rows)
    lead = told["measures"][0]
    print(f"{commits:,} commits, {releases} release tags, {folders} folders")
    print(
        f"commit to tag: median {lead['value']} h of {lead['number']:,} commits; {told['releases']} releases in a year"
    )
    print(f"{took:.2f} s, {getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at the peak; budget {BUDGET_S:.0f} s")
    if (commits, releases) != (COMMITS, TAGS):
        print("Not all of it was read.")
        return 1
    if took > BUDGET_S:
        print("OVER BUDGET")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
