"""What reading and judging Terraform costs, in CPU seconds for 1,000 files, and whether it finds what is there.

The files are made at run time, as a git repository; whatever real .tf files lie on this machine are read too. Over
budget, a file that cannot be read, an anti-pattern missed, or a word about a pinned module: status 1. BENCH_PEERS=0
leaves out python-hcl2, which only parses; it gets an environment of its own under var/bench.

BENCH_FOLDER=path measures code of your own instead, a copy of it with CloudFormation: files, failures, findings of each
check (BENCH_SHOW=1 also where they stand), CPU seconds (best of 3). A file that cannot be read: status 1.
"""

import os
import random
import secrets
import shutil
import string
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.terraform_sample import ENVIRONMENTS, LOCK, files
from infra_audit.collectors.repo.hcl import parse
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.repositories import RepositoryTarget, collect_repository, planned_repository

ROOT = Path(__file__).resolve().parent.parent
COUNT = 1_000
CPU_S = 1.0  # for 1,000 files: parsed and made to rows; judging by all checks on Terraform is told apart
FOLDER, SHOW = os.environ.get("BENCH_FOLDER", ""), os.environ.get("BENCH_SHOW") == "1"
CODE, TIMES = ("repo.terraform", "repo.cloudformation"), 3
WITH_PEERS = os.environ.get("BENCH_PEERS", "1") != "0"
PEER = "python-hcl2"
PEER_FILES = 100
PARSE_ALL = """
import sys, time, hcl2
hcl2.load(open(sys.argv[1]))  # its grammar is made when first used
failed, began = 0, time.process_time()
for path in sys.argv[1:]:
    try:
        hcl2.load(open(path))
    except Exception:
        failed += 1
print(time.process_time() - began, failed)
"""
PINNING = frozenset(
    {"tf_module_unpinned", "tf_module_ref_is_branch", "tf_registry_module_unversioned", "tf_module_version_open"}
)


def password():
    """Mixed enough to be taken for one."""
    letters = random.choices(string.ascii_letters + string.digits, k=12)
    return f"{''.join(letters[:6])}_{''.join(letters[6:])}x7Q"


def write(folder, made):
    for path, content in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    for service in (folder / "services").iterdir():
        for environment in ENVIRONMENTS:
            if (service / environment).is_dir():
                (service / environment / ".terraform.lock.hcl").write_text(LOCK)


def commit(folder):
    who = ["-c", "user.name=ada", "-c", "user.email=ada@practice.example"]
    for command in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "Begin"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def measured(folder, operation="repo.terraform"):
    """(units, CPU seconds of the operation with the git programs that it ran). The rest is read unmeasured."""
    key, now = secrets.token_bytes(32), datetime.now(UTC)
    cheap, told = {"repo.files", "repo.infrastructure"}, []
    every = frozenset(planned_repository())
    target = RepositoryTarget(str(folder))

    def collect(wanted):
        began = sum(os.times()[:4])
        collect_repository(target, key=key, now=now, emit=told.append, stop=lambda: False, done=every - wanted)
        return sum(os.times()[:4]) - began

    collect(cheap)
    opened = collect({"repo.files"})  # what taking the repository over costs, whatever is read of it
    told.pop()
    return told, collect({operation}) - opened


def judged(units, families=("tf_",)):
    checks = [one for name, one in catalogue().items() if name.startswith(families)]
    inventory, settings = Inventory(tuple(units)), CheckSettings()
    began = time.process_time()
    outcome = evaluate(inventory, settings=settings, now=datetime.now(UTC), key=b"bench", checks=checks)
    return outcome, time.process_time() - began, len(checks)


def wrong_in(outcome, wrong):
    """What was missed, and what was said of pinned modules."""
    found = {(one.check, f"{one.path}:{one.line}" if one.path else "") for one in outcome.findings}
    missed = [f"MISSED: {check} at {place}" for check, place in wrong.items() if (check, place) not in found]
    loud = [
        f"FALSE: {check} at {place}" for check, place in found if check in PINNING and not place.startswith("wrong/")
    ]
    return missed + loud


def real_files():
    """Terraform that others wrote, wherever it lies beside our programs."""
    places = [Path(sys.prefix), Path("/usr/share"), Path("/usr/local/share"), ROOT / "var" / "bench"]
    return [path for place in places if place.is_dir() for path in place.rglob("*.tf") if path.is_file()]


def peer(folder):
    """CPU seconds of python-hcl2 for 1,000 files, measured on some; None where it cannot be installed in a minute."""
    home = ROOT / "var" / "bench" / PEER
    program = home / "bin" / "python"
    try:
        if not (home / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=60)
            locked = ROOT / "benchmarks" / "peers" / f"{PEER}.txt"
            install = [
                str(program),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--require-hashes",
                "-r",
                str(locked),
            ]
            subprocess.run(install, check=True, timeout=60)
            (home / "ready").touch()
    except (subprocess.SubprocessError, OSError):
        return None
    some = random.Random(7).sample(sorted(folder.rglob("*.tf")), PEER_FILES)  # every tenth would be of one kind
    done = subprocess.run([program, "-c", PARSE_ALL, *some], capture_output=True, text=True, check=True)
    cpu_s, failed = done.stdout.split()
    return float(cpu_s) * 1_000 / len(some), int(failed)


def _several(folder, operation):
    """The first compiles what later ones find compiled."""
    return (measured(folder, operation) for _ in range(TIMES))


def own_code(given):
    """What a folder of anybody's comes to; its own ignore rules do not count."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / given.name
        ignored = shutil.ignore_patterns(".git", ".gitignore", ".gitattributes")
        shutil.copytree(given, folder, symlinks=True, ignore=ignored)
        commit(folder)
        found = {operation: min(_several(folder, operation), key=lambda told: told[1]) for operation in CODE}
    unread = []
    for operation, (units, cpu_s) in found.items():
        unit = next(one for one in units if one.operation == operation)
        missing = [one.resource for one in unit.unread]
        count = len({row["path"] for row in unit.rows}.union(missing))
        each = cpu_s * 1_000 / max(1, count)
        print(f"{operation}: {count:,} files, {len(missing)} not read, {cpu_s:.2f} CPU s, {each:.2f} for 1,000 files")
        unread += missing
    units = {unit.operation: unit for units, _cpu_s in found.values() for unit in units}
    outcome, judging_s, checks = judged(units.values(), ("tf_", "cfn_"))
    print(
        f"judged by {checks} checks: {judging_s:.2f} CPU s, {len(outcome.findings)} findings, {len(outcome.gaps)} gaps"
    )
    for check, number in sorted(Counter(one.check for one in outcome.findings).items()):
        print(f"{number:6} {check}")
    for one in outcome.findings if SHOW else ():
        print(f"{one.check} {one.path}:{one.line} {one.resource_name}: {one.detail}")
    print(*(f"NOT READ: {path}" for path in unread), sep="\n")
    return 1 if unread else 0


def main():
    if FOLDER:
        return own_code(Path(FOLDER).resolve())
    made, wrong = files(COUNT, password)
    count, lines = sum(path.endswith(".tf") for path in made), sum(text.count("\n") for text in made.values())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "terraform"
        write(folder, made)
        commit(folder)
        units, cpu_s = measured(folder)
        theirs = peer(folder) if WITH_PEERS else None
    outcome, judging_s, checks = judged(units)
    unread = [one for unit in units if unit.operation == "repo.terraform" for one in unit.unread]
    real = real_files()
    began = time.process_time()
    broken = [path for path in real if not parse(path.read_bytes())[1]]
    real_s = time.process_time() - began

    per_thousand = cpu_s * 1_000 / count
    print(f"{count:,} files, {lines:,} lines: {per_thousand:.2f} CPU s for 1,000 files, {len(unread)} not read")
    print(f"judged by {checks} checks on Terraform: {judging_s:.2f} CPU s, {len(outcome.findings)} findings")
    print(f"real files on this machine: {len(real)}, {len(broken)} not read, {real_s:.2f} CPU s")
    if theirs:
        print(f"{PEER} takes {theirs[0]:.2f} CPU s for 1,000 files only to parse them, {theirs[1]} not read")
    over = wrong_in(outcome, wrong)
    print(f"{len(wrong) - sum(one.startswith('MISSED') for one in over)} of {len(wrong)} anti-patterns found")
    over += [f"{per_thousand:.2f} CPU s, budget {CPU_S}"] if per_thousand > CPU_S else []
    over += [f"not read: {one.resource}" for one in unread] + [f"not read: {path}" for path in broken]
    print(*(f"OVER BUDGET: {one}" for one in over), sep="\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
