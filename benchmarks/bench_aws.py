"""The AWS audit beside Prowler and ScoutSuite: the same emulated account, one after the other, in one run.

Ours is `manage.py discover` as a process, from sign-in to the PDF, with the default caps on requests and without. The
peers read the services that they share with us and write what they write. CPU is that of each program and its children,
the emulator's not; peak memory is that of its largest process; calls are counted where they arrive. The account is
scored against what was planted: recall and false alarms.

BENCH_RESOURCES (2000) is how large the account is, BENCH_LATENCY_MS (0) is added to every answer, BENCH_PEERS=0 leaves
out the peers. Each peer gets an environment of its own under var/, locked in benchmarks/peers/. Over budget: status 1.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo.account import REFUSED, REGIONS
from demo.audit import audit
from demo.company import company
from demo.faults import Faults

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = int(os.environ.get("BENCH_RESOURCES", "2000"))
LATENCY_S = float(os.environ.get("BENCH_LATENCY_MS", "0")) / 1000
WITH_PEERS = os.environ.get("BENCH_PEERS", "1") != "0"
# What is asked of both where a service of theirs matches one of ours.
PROWLER_SERVICES = (
    *("awslambda", "backup", "cloudformation", "cloudtrail", "dynamodb", "ec2", "iam", "rds", "s3", "secretsmanager"),
    *("sns", "sqs"),
)
SCOUT_SERVICES = ("awslambda", "cloudformation", "cloudtrail", "dynamodb", "ec2", "iam", "rds", "s3", "secretsmanager")
NO_CAPS = {"AWS_REQUESTS_PER_SECOND": "0", "AWS_REQUESTS_IN_ALL": "0"}
# For 2,000 resources: seconds of wall time without caps and with, of CPU, MB, calls; and how often a peer takes it.
BUDGETS = {"wall": 20.0, "wall with caps": 75.0, "cpu": 10.0, "mb": 250.0, "calls": 2500}
RATIOS = {"wall": 6.0, "cpu": 5.0, "mb": 5.0, "calls": 2.5}
LARGEST_MB = 500.0
ENOUGH_S = 3600


@dataclass(frozen=True)
class Spent:
    what: str
    wall: float
    cpu: float
    mb: float
    calls: int
    status: int

    def __str__(self):
        ended = "" if self.status == 0 else f"   exit {self.status}"
        return (
            f"{self.what:34} {self.wall:8.1f} s wall {self.cpu:7.1f} s CPU {self.mb:7.0f} MB {self.calls:7,} calls"
            f"{ended}"
        )


def spent(what, command, environment, emulator, log):
    """Run it to its end. The children that it waited for are in its CPU time."""
    emulator.clear_calls()
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    made = Spent(
        what,
        wall,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        sum(emulator.calls().values()),
        process.returncode,
    )
    print(made, flush=True)
    return made


def ours(made, folder, caps):
    """From sign-in to the PDF, into an empty database."""
    where = folder / f"ours-{'caps' if not caps else 'any'}"
    where.mkdir()
    environment = {
        **os.environ,
        **made.emulator.environment(),
        **caps,
        "VAR_DIR": str(where),
        "DATABASE_URL": f"sqlite:///{where}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    command = [*manage, "discover", "--client", "Bench", "--endpoint-url", made.emulator.url, "--quiet"]
    command += ["--regions", ",".join(REGIONS), "--pdf", f"{where}/summary.pdf", "--json", f"{where}/run.json"]
    command += [word for one in made.states for word in ("--tfstate", str(one))]
    what = "ours, default caps" if not caps else "ours, no caps"
    return spent(what, command, environment, made.emulator, where / "log")


def environment_of(peer):
    """A venv with the peer as it is locked; made once."""
    folder = ROOT / "var" / "bench" / peer
    if not (folder / "ready").exists():
        print(f"installing {peer}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        locked = ROOT / "benchmarks" / "peers" / f"{peer}.txt"
        command = [
            folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "-r",
            locked,
        ]
        subprocess.run(command, check=True)
        (folder / "ready").touch()
    return folder / "bin"


def prowler(made, folder):
    out = folder / "prowler"
    command = [environment_of("prowler") / "prowler", "aws", "--service", *PROWLER_SERVICES, "--region", *REGIONS]
    command += ["--output-directory", out, "--output-formats", "csv", "json-ocsf", "--no-banner"]
    # Status 3 is its word for findings.
    return spent("Prowler, 12 services", command, peers_environment(made), made.emulator, folder / "prowler.log")


def scout(made, folder):
    command = [
        environment_of("scoutsuite") / "scout",
        "aws",
        "--no-browser",
        "--force",
        "--report-dir",
        folder / "scout",
    ]
    command += ["--services", *SCOUT_SERVICES, "--regions", *REGIONS]
    return spent("ScoutSuite, 9 services", command, peers_environment(made), made.emulator, folder / "scout.log")


def peers_environment(made):
    return {**os.environ, **made.emulator.environment(), "PROWLER_DISABLE_TELEMETRY": "1"}


def scored(made):
    """Recall and false alarms over all checks, of one more audit by the engine alone."""
    now = datetime.now(UTC)
    results = audit(made, now=now).scores(made)
    planted, missed = sum(one.planted for one in results), sum(len(one.missed) for one in results)
    alarms = sum(len(one.false_alarms) for one in results)
    print(f"{planted:,} planted, recall {1 - missed / planted:.1%}, {alarms} false alarms")
    return [f"{missed} missed"] * bool(missed) + [f"{alarms} false alarms"] * bool(alarms)


def over_budget(free, capped, peers):
    told = []
    if RESOURCES <= 2_500 and not LATENCY_S:
        figures = {
            "wall": free.wall,
            "wall with caps": capped.wall,
            "cpu": free.cpu,
            "mb": free.mb,
            "calls": free.calls,
        }
        told += [f"{name} {figures[name]:.0f} > {most:.0f}" for name, most in BUDGETS.items() if figures[name] > most]
    if free.mb > LARGEST_MB:
        told.append(f"{free.mb:.0f} MB > {LARGEST_MB:.0f}")
    for peer in peers:
        ratios = {name: getattr(peer, name) / getattr(free, name) for name in RATIOS}
        print(f"{peer.what} takes " + ", ".join(f"{value:.1f} × {name}" for name, value in ratios.items()))
        if peer.what.startswith("Prowler") and not LATENCY_S:
            told += [f"{name} {ratios[name]:.1f} × < {least}" for name, least in RATIOS.items() if ratios[name] < least]
    return told + [f"{one.what}: exit {one.status}" for one in (free, capped) if one.status]


def main():
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-aws-")))
        (folder / "company").mkdir()
        began = time.monotonic()
        made = stack.enter_context(company(folder / "company", resources=RESOURCES))
        made.emulator.set_faults(Faults(deny=REFUSED, latency_s=LATENCY_S))
        count = sum(made.truth.resources.values())
        print(f"{count:,} resources, seeded in {time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f}")
        free, capped = ours(made, folder, NO_CAPS), ours(made, folder, {})
        peers = [run(made, folder) for run in (prowler, scout)] if WITH_PEERS else []
        wrong = scored(made) + over_budget(free, capped, peers)
        for name in ("ours-any", "ours-caps"):
            log = (folder / name / "log").read_text().strip()
            if log:
                print(f"{name}: {shlex.quote(log[-500:])}")
    print(*(f"OVER BUDGET: {one}" for one in wrong), sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
