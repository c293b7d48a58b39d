"""How well credentials are found, and what it costs.

Three corpora: credential files and code with credentials, both made at run time with their truth (see
`tests/infra_audit/secrets/credential_files.py` and `benchmarks/secret_corpus.py`), and well-kept code of others that
lies in this machine's site-packages, in which every alarm outside tests and documentation counts. Where betterleaks is
installed under var/bench/betterleaks, it reads the same files in the same run. Over budget: status 1.
"""

import json
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.secret_corpus import lines
from infra_audit.secrets import SecretEngine
from infra_audit.secrets.paths import PathClass, path_class
from tests.infra_audit.secrets.credential_files import putty_sample, samples

SEEDS = (1, 2, 3)
FILES_RECALL = 0.90
CODE_RECALL = 0.60
CODE_PRECISION = 0.85
MOST_ALARMS = 4
CPU_S = 3.0  # of a working tree of
TREE = 3_000  # files
OTHERS = ("django", "celery", "boto3", "botocore", "rest_framework", "allauth")  # boto3 and botocore are one project
SKIPPED = (".pyc", ".mo", ".so", ".gz")
PEER = Path("var/bench/betterleaks/bin/betterleaks")


@dataclass(frozen=True)
class Piece:
    """A file of a corpus with the lines, from 1, that hold a credential."""

    family: str
    path: str
    data: bytes
    truth: frozenset[int]


@dataclass(frozen=True)
class Score:
    """`found` of `truth` places, and `alarms` where there is nothing."""

    found: int
    truth: int
    alarms: int

    @property
    def recall(self) -> float:
        return self.found / self.truth if self.truth else 1.0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.alarms) if self.found or self.alarms else 1.0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.found + other.found, self.truth + other.truth, self.alarms + other.alarms)

    def __str__(self) -> str:
        counted = f"{self.found:5} of {self.truth:5}, {self.alarms:3} alarms"
        return f"{counted}: recall {self.recall:.3f}, precision {self.precision:.3f}"


Found = dict[str, set[int]]  # lines by path


def credential_files() -> Iterator[Piece]:
    for seed in SEEDS:
        for sample in (*samples(seed), putty_sample(seed)):
            yield Piece(sample.family, f"{seed}/{sample.path}", sample.text.encode(), sample.truth)


def code() -> Iterator[Piece]:
    """A file a template and round; what may span two lines counts where it begins or ends."""
    for seed in SEEDS:
        for line in lines(seed):
            where = frozenset({1}) if line.secret else frozenset()
            yield Piece(line.family, f"{seed}/{line.path}", line.text.encode() + b"\n", where)


def ours(pieces: Iterable[Piece]) -> Found:
    engine = SecretEngine(b"a key of the benchmark")
    return {piece.path: {one.line for one in engine.scan(piece.data, path=piece.path)} for piece in pieces}


def theirs(pieces: Iterable[Piece]) -> Found:
    """What betterleaks says of the same files."""
    with tempfile.TemporaryDirectory() as folder:
        for piece in pieces:
            target = Path(folder) / piece.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(piece.data)
        report = Path(folder) / "report.json"
        options = ("--redact", "--no-banner", "--no-allow-signatures", "--exit-code=0", f"--output={report}")
        subprocess.run([str(PEER), "auto", folder, *options], check=True, capture_output=True)
        found: Found = {}
        for row in json.loads(report.read_text())["findings"]:
            place = row["location"]
            found.setdefault(str(Path(place["path"]).relative_to(folder)), set()).add(place["start_line"])
        return found


def scores(pieces: Iterable[Piece], found: Found, *, whole: bool) -> dict[str, Score]:
    """By family. `whole`: the file is one place, because it holds one credential at most."""
    told: dict[str, Score] = {}
    for piece in pieces:
        lines_found = found.get(piece.path, set())
        if whole:
            one = Score(bool(piece.truth and lines_found), len(piece.truth), bool(lines_found and not piece.truth))
        else:
            one = Score(len(piece.truth & lines_found), len(piece.truth), len(lines_found - piece.truth))
        told[piece.family] = told.get(piece.family, Score(0, 0, 0)) + one
    return told


def shown(title: str, told: dict[str, Score], *, families: bool = True) -> Score:
    total = sum(told.values(), Score(0, 0, 0))
    print(f"{title:34} {total}")
    for family, score in told.items() if families else ():
        print(f"  {family:32} {score}")
    return total


def compared(title: str, pieces: list[Piece], *, whole: bool) -> Score:
    total = shown(title, scores(pieces, ours(pieces), whole=whole))
    if PEER.exists():
        shown("  the same by betterleaks", scores(pieces, theirs(pieces), whole=whole), families=False)
    return total


def others() -> tuple[int, float]:
    """Alarms outside tests and documentation in others' code, and the CPU seconds of 3,000 such files."""
    root = Path(sysconfig.get_paths()["purelib"])
    engine = SecretEngine(b"a key of the benchmark")
    engine.scan(b"warm")
    spent, files, classes, alarms = 0.0, 0, Counter[str](), []
    for path in (path for name in OTHERS for path in sorted((root / name).rglob("*"))):
        place = str(path.relative_to(root))
        if not path.is_file() or path.suffix in SKIPPED or place.startswith("botocore/data"):
            continue
        data = path.read_bytes()
        began = time.process_time()
        found = engine.scan(data, path=place)
        spent += time.process_time() - began
        files += 1
        for one in found:
            classes[path_class(place).value] += 1
            if path_class(place) is PathClass.CODE:
                alarms.append(f"{place}:{one.line} {one.rule}, {one.confidence.value}")
    print(f"{files:,} files of {', '.join(OTHERS)}: alarms {dict(classes)}, {spent:.2f} CPU s", *alarms, sep="\n  ")
    return len(alarms), spent / files * TREE


def main() -> int:
    files = compared("Credential files", list(credential_files()), whole=False)
    generic = compared("Credentials in code", list(code()), whole=True)
    alarms, cpu_s = others()
    print(f"{cpu_s:.2f} CPU s for {TREE:,} files")
    budgets = {
        f"recall of credential files {files.recall:.3f}, budget {FILES_RECALL}": files.recall >= FILES_RECALL,
        f"{files.alarms} alarms outside the truth of credential files": files.alarms == 0,
        f"recall in code {generic.recall:.3f}, budget {CODE_RECALL}": generic.recall >= CODE_RECALL,
        f"precision in code {generic.precision:.3f}, budget {CODE_PRECISION}": generic.precision >= CODE_PRECISION,
        f"{alarms} alarms in others' code, budget {MOST_ALARMS}": alarms <= MOST_ALARMS,
        f"{cpu_s:.2f} CPU s for {TREE:,} files, budget {CPU_S}": cpu_s <= CPU_S,
    }
    over = [budget for budget, held in budgets.items() if not held]
    print(*(f"OVER BUDGET: {one}" for one in over), sep="\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
