"""How long a commit of 20 files takes with the hooks and without them, Python's start included: best of five.

The budget is for a machine with 2 cores that does nothing else; what is over it ends with status 1.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGET_S = 1.0
FILES = 20
ROOT = Path(__file__).resolve().parent.parent


def git(folder, *arguments):
    who = ["-c", "user.name=ada", "-c", "user.email=ada@practice.example"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def sources():
    """Our own: as long and as dense as a client's."""
    return sorted(ROOT.glob("infra_audit/*.py"))[:FILES]


def best_commit_s(folder):
    times = []
    for turn in range(5):
        for one in sources():
            (folder / f"{turn}-{one.name}").write_text(one.read_text())
        git(folder, "add", "--all")
        started = time.perf_counter()
        git(folder, "commit", "--quiet", "--message", "A change")
        times.append(time.perf_counter() - started)
    return min(times)


def main():
    with tempfile.TemporaryDirectory(prefix="hook-") as name:
        folder = Path(name)
        git(folder, "init", "--quiet")
        bare = best_commit_s(folder)
        for one in folder.glob("*.py"):
            one.unlink()
        command = [sys.executable, "-m", "infra_audit", "hook", "install"]
        subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
        hooked = best_commit_s(folder)
    print(f"a commit of {FILES} files: {hooked:.2f} s with both hooks, {bare:.2f} s without")
    return int(hooked > BUDGET_S)


if __name__ == "__main__":
    sys.exit(main())
