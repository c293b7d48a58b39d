"""What searching a long history costs: CPU seconds of ours and of git's, memory, and whether all was found.

Makes a tree of 3,000 files, then a history by `git fast-import`: BENCH_COMMITS commits that edit source text a little,
mostly in one place a file, BENCH_GB of blobs in all, uncompressed. By default a fifth of the whole, which is 17000 and
3.3 and takes minutes to make; a part has a part of the budget. Credentials are planted by a fixed plan, and counted.
Budgets are for a machine with 2 cores that does nothing else; what is over ends with status 1. Where betterleaks is
installed under var/bench/betterleaks, it searches the same history in the same run.
"""

import os
import random
import string
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from infra_audit.repositories import RepositoryTarget, collect_repository, planned_repository

COMMITS = int(os.environ.get("BENCH_COMMITS", "3400"))
TOTAL_BYTES = float(os.environ.get("BENCH_GB", "0.66")) * 1e9
WHOLE = (17_000, 3.3e9)
CPU_S, PEAK_MB, TREE_CPU_S = 30.0, 250.0, 3.0
START_S = 2.0  # of the rules, once a process: not in proportion
PLANTED_EVERY = 500  # commits
BLOBS_A_COMMIT = 4
SUFFIXES = ("py", "js", "html", "yaml", "json")  # those of settings are read whole in every version
TREE_FILES = 3_000
PEER = Path("var/bench/betterleaks/bin/betterleaks")
PEER_OPTIONS = (
    *(
        "--jsonl",
        "--output=-",
        "--no-banner",
        "--exit-code=0",
        "--log-level=error",
        "--redact",
        "--no-allow-signatures",
    ),
    "--log-opts=--all -m --full-history",
)
NOTHING_ELSE = frozenset(planned_repository()) - {"repo.secrets"}


class Source:
    """Source text that looks like what people write, from a fixed seed."""

    WORDS = (
        "order",
        "invoice",
        "total",
        "client",
        "basket",
        "price",
        "stock",
        "route",
        "shelf",
        "page",
        "view",
        "line",
    )
    SHAPES = (
        "def {a}_{b}({c}, {d}=None):",
        "    {a} = self.{b}.get({c}_id, {d})",
        "    if {a}.{b} is not None and {c} > {n}:",
        "        return {a}_{b}({c}, name={d!r})",
        "    # the {a} of a {b} is known before its {c}",
        "    logger.info('%s of %s', {a}, {b}.{c})",
        "{a}_{b} = {{'{c}': {n}, '{d}': [{n}, {n}]}}",
        "",
    )

    TEMPTING = (
        "        token = request.headers.get('Authorization')",
        "    password: str | None = None",
        "for key, value in settings.items():",
        "        self.secret_name = names['secret']",
    )

    def __init__(self, seed):
        self.random = random.Random(seed)

    def line(self):
        """One in twenty speaks of keys or tokens without holding any, as in real sources."""
        if not self.random.randrange(20):
            return self.random.choice(self.TEMPTING)
        pick = self.random.choice
        words = {name: pick(self.WORDS) for name in "abcd"}
        return pick(self.SHAPES).format(**words, n=self.random.randrange(10_000))

    def lines(self, count):
        return [self.line() for _line in range(count)]

    def password(self):
        return "Kq7" + "".join(self.random.choices(string.ascii_letters + string.digits, k=13)) + "!"


def feed(stream, commits, total_bytes):
    """Write the history; returns the number of credentials in it. Each commit edits some files in a few lines."""
    source = Source("history")
    size = total_bytes / commits / BLOBS_A_COMMIT
    usual = max(20, int(size / 36))
    files = [source.lines(int(usual * source.random.uniform(0.4, 1.6))) for _file in range(300)]
    planted = 0
    for number in range(commits):
        message = f"Change {number}".encode()
        stream.write(
            b"commit refs/heads/main\ncommitter ada <ada@practice.example> %d +0000\n" % (1_600_000_000 + number)
        )
        stream.write(b"data %d\n%s\n" % (len(message), message))
        for turn in range(BLOBS_A_COMMIT):
            index = source.random.randrange(len(files))
            lines = files[index]
            place = source.random.randrange(len(lines) - 3)
            lines[place : place + 3] = source.lines(source.random.choice((2, 3, 4)))
            if source.random.random() < 0.2:  # and somewhere else
                lines[source.random.randrange(len(lines))] = source.line()
            if turn == 0 and number % PLANTED_EVERY == 0:
                planted += 1
                lines[source.random.randrange(len(lines))] = f"db_password = '{source.password()}'"
            text = "\n".join(lines).encode()
            stream.write(
                b"M 100644 inline src/part%d/module_%d.%s\ndata %d\n%s\n"
                % (index % 20, index, SUFFIXES[index % len(SUFFIXES)].encode(), len(text), text)
            )
    return planted


def made(folder, fill, *arguments):
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    process = subprocess.Popen(
        ["git", "-C", str(folder), "fast-import", "--quiet", "--depth=20"], stdin=subprocess.PIPE
    )
    planted = fill(process.stdin, *arguments)
    process.stdin.close()
    if process.wait():
        raise SystemExit("git fast-import failed")
    subprocess.run(["git", "-C", str(folder), "repack", "-adfq", "--window=4"], check=True)  # as hosts pack
    subprocess.run(["git", "-C", str(folder), "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
    return planted


def feed_tree(stream):
    source = Source("tree")
    stream.write(b"commit refs/heads/main\ncommitter ada <ada@practice.example> 1600000000 +0000\ndata 3\nAll\n")
    for number in range(TREE_FILES):
        lines = source.lines(150)
        lines[7] = f"db_password = '{source.password()}'" if number % 100 == 0 else lines[7]
        text = "\n".join(lines).encode()
        stream.write(b"M 100644 inline src/p%d/m%d.py\ndata %d\n%s\n" % (number % 50, number, len(text), text))
    return TREE_FILES // 100


def cpu_s():
    return sum(used.ru_utime + used.ru_stime for used in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


def search(folder, *, done=NOTHING_ELSE):
    """(units, CPU seconds of ours and git's, wall seconds)."""
    units, cpu, wall = [], cpu_s(), time.perf_counter()
    collect_repository(
        RepositoryTarget(str(folder)),
        key=b"bench",
        now=datetime.now(UTC),
        emit=units.append,
        stop=lambda: False,
        done=done,
    )
    return units, cpu_s() - cpu, time.perf_counter() - wall


def report(what, folder, planted, budget_s, **how):
    """Print one line; True where it is over its budget or did not find all."""
    units, cpu, wall = search(folder, **how)
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    found = next(len(unit.rows) for unit in units if unit.operation == "repo.secrets")
    spent = f"{cpu:.1f} CPU s (budget {budget_s:.1f}), {wall:.1f} s wall, peak {peak:.0f} MB"
    print(f"{what}: {spent}, {found} of {planted} found")
    return cpu > budget_s or peak > PEAK_MB or found < planted


def compare(folder):
    """Print what betterleaks takes for the same history; places, because it tells one secret many times."""
    cpu, wall = cpu_s(), time.perf_counter()
    told = subprocess.run([str(PEER), "git", *PEER_OPTIONS, str(folder)], check=True, capture_output=True).stdout
    spent = f"{cpu_s() - cpu:.1f} CPU s, {time.perf_counter() - wall:.1f} s wall"
    print(f"  the same by betterleaks: {spent}, {len(told.splitlines())} places")


def main():
    with tempfile.TemporaryDirectory(prefix="history-") as name:
        tree, history = Path(name) / "tree.git", Path(name) / "history.git"
        planted = made(tree, feed_tree)
        over = report(f"a tree of {TREE_FILES:,} files, everything read", tree, planted, TREE_CPU_S, done=frozenset())
        began = time.perf_counter()
        planted = made(history, feed, COMMITS, TOTAL_BYTES)
        size = sum(one.stat().st_size for one in history.rglob("*.pack")) / 1e6
        print(f"made in {time.perf_counter() - began:.0f} s, {size:.0f} MB packed")
        share = max(COMMITS / WHOLE[0], TOTAL_BYTES / WHOLE[1])
        what = f"a history of {COMMITS:,} commits, {TOTAL_BYTES / 1e9:.1f} GB"
        over |= report(what, history, planted, START_S + (CPU_S - START_S) * share)
        if PEER.exists():
            compare(history)
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
