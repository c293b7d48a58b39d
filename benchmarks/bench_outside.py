"""How well credentials are found in somebody else's code, by labels that somebody made.

BENCH_FOLDER is the folder, BENCH_LABELS a CSV with the columns file (in the folder), line (from 1) and is_credential (1
or 0); a column `weight`, if there, says for how many lines of its kind a labelled one stands in a sample. Every place
counts, also in tests and documentation, and also where a credential only stands again. What lies on lines without a
label counts for nobody; how much that is, is said. Peers that are installed under var/bench read the same folder.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra_audit.secrets import SecretEngine

RECALL = 0.50
PRECISION = 0.85
BETTERLEAKS = Path("var/bench/betterleaks/bin/betterleaks").absolute()
CREDSWEEPER = Path("var/bench/credsweeper/bin/credsweeper").absolute()

Place = tuple[str, int]  # a file in the folder, and a line of it


@dataclass(frozen=True)
class Label:
    """What somebody said of a place."""

    is_credential: bool
    weight: float


@dataclass(frozen=True)
class Score:
    """Places, weighted: credentials found and missed, alarms where there is none."""

    found: float
    missed: float
    alarms: float

    @property
    def recall(self) -> float:
        return self.found / (self.found + self.missed) if self.found or self.missed else 1.0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.alarms) if self.found or self.alarms else 1.0

    def __str__(self) -> str:
        counted = f"{self.found:.0f} of {self.found + self.missed:.0f}, {self.alarms:.0f} alarms"
        return f"{counted}: recall {self.recall:.3f}, precision {self.precision:.3f}"


def labels(path: Path) -> dict[Place, Label]:
    with path.open(newline="") as stream:
        return {
            (row["file"], int(row["line"])): Label(row["is_credential"] == "1", float(row.get("weight") or 1))
            for row in csv.DictReader(stream)
        }


def score(told: dict[Place, Label], found: set[Place]) -> Score:
    """Of places with a label only."""

    def weighed(*, true: bool, seen: bool) -> float:
        return sum(one.weight for place, one in told.items() if one.is_credential is true and (place in found) is seen)

    return Score(weighed(true=True, seen=True), weighed(true=True, seen=False), weighed(true=False, seen=True))


def ours(folder: Path) -> set[Place]:
    engine = SecretEngine(b"a key of the benchmark")
    return {(name, line) for name in _files(folder) for line in engine.lines((folder / name).read_bytes(), path=name)}


def betterleaks(folder: Path) -> set[Place]:
    options = ("--redact", "--no-banner", "--no-allow-signatures", "--exit-code=0")
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [str(BETTERLEAKS), "auto", str(folder), *options, f"--output={report}"]
        subprocess.run(command, check=True, capture_output=True)
        places = [row["location"] for row in json.loads(report.read_text())["findings"]]
    return {(str(Path(place["path"]).relative_to(folder)), place["start_line"]) for place in places}


def credsweeper(folder: Path) -> set[Place]:
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        options = ("--jobs", "1", "--no-stdout", "--save-json", str(report))
        subprocess.run([str(CREDSWEEPER), "--path", str(folder), *options], check=True, capture_output=True)
        lines = [row["line_data_list"][0] for row in json.loads(report.read_text())]
    return {(str(Path(line["path"]).relative_to(folder)), line["line_num"]) for line in lines}


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder))


def measured(title: str, search: Callable[[Path], set[Place]], folder: Path, told: dict[Place, Label]) -> Score:
    began = time.perf_counter()
    found = search(folder)
    result = score(told, found)
    print(
        f"{title:12} {result}; {len(found - told.keys()):,} places without a label, {time.perf_counter() - began:.1f} s"
    )
    return result


def main() -> int:
    given = os.environ.get("BENCH_FOLDER"), os.environ.get("BENCH_LABELS")
    if not all(given):
        print("Nothing to measure: BENCH_FOLDER is a folder of code, BENCH_LABELS a CSV: file,line,is_credential")
        return 0
    folder, told = Path(given[0] or "").absolute(), labels(Path(given[1] or ""))
    if missing := {name for name, _line in told if not (folder / name).is_file()}:
        print(f"Of the labelled files {len(missing)} are not in {folder}, as {min(missing)}", file=sys.stderr)
        return 1
    print(f"{len(told):,} labels, {sum(one.is_credential for one in told.values()):,} of them credentials")
    result = measured("ours", ours, folder, told)
    for title, program, search in (
        ("betterleaks", BETTERLEAKS, betterleaks),
        ("credsweeper", CREDSWEEPER, credsweeper),
    ):
        if program.exists():
            measured(title, search, folder, told)
    budgets = {
        f"recall {result.recall:.3f}, budget {RECALL}": result.recall >= RECALL,
        f"precision {result.precision:.3f}, budget {PRECISION}": result.precision >= PRECISION,
    }
    over = [budget for budget, held in budgets.items() if not held]
    print(*(f"OVER BUDGET: {one}" for one in over), sep="\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
