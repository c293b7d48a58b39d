"""How long `make setup` takes: in a fresh clone with uv and with pip, caches warm, and again when all is there.

Budgets are for a machine with 2 cores that reaches an index or has a warm cache; what is over ends with status 1.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRESH_S = 60.0
AGAIN_S = 3.0


def setup(folder, environment):
    started = time.monotonic()
    subprocess.run(["make", "setup"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def without_uv():
    """PATH with every folder left out that holds uv; pip is used then."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "uv").exists())


def main():
    ways = {"pip": {**os.environ, "PATH": without_uv()}}
    if shutil.which("uv"):
        ways = {"uv": dict(os.environ), **ways}
    over = False
    for name, environment in ways.items():
        with tempfile.TemporaryDirectory(prefix="setup-") as folder:
            clone = Path(folder) / "clone"
            subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
            fresh, again = setup(clone, environment), setup(clone, environment)
        print(f"{name:4} fresh clone {fresh:6.1f} s    again {again:5.1f} s")
        over = over or fresh > FRESH_S or again > AGAIN_S
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
