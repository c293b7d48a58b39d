"""Run the suite on SQLite, then the tests marked `both` on PostgreSQL with Redis. Arguments go on to pytest.

The servers are those at TEST_DATABASE_URL and TEST_REDIS_URL or at their standard local ports. Where none answers
but its programs are installed, a private one is started and removed again. A pass that could not happen is said
aloud; with CI=true it is a failure. How each pass closed is kept in var/test/closing-lines.txt, the whole suite last.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from glob import glob
from pathlib import Path

import psycopg
import redis
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parent.parent
CLOSING_LINES = ROOT / "var" / "test" / "closing-lines.txt"
NOTHING_SELECTED = 5  # pytest's exit status when no test matched
SERVER_START_S = 20
SUMMARY = re.compile(r"^.* in \d+\.\d+s.*$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def say(words: str) -> None:
    print(f"test: {words}", flush=True)


def run_pytest(arguments: list[str], servers: dict[str, str]) -> tuple[int, str]:
    """Run pytest with these addresses and no others in its environment. Return exit status and closing line."""
    environment = {name: value for name, value in os.environ.items() if name not in {"TEST_DATABASE", "TEST_REDIS_URL"}}
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *arguments]
    if sys.stdout.isatty():
        command.append("--color=yes")
    process = subprocess.Popen(command, cwd=ROOT, env=environment | servers, stdout=subprocess.PIPE)
    assert process.stdout is not None  # noqa: S101  (for mypy: it is a pipe)
    tail = b""
    while chunk := os.read(process.stdout.fileno(), 8192):  # not by line: a debugger's prompt has no line end
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        tail = (tail + chunk)[-8192:]
    lines = SUMMARY.findall(COLOUR.sub("", tail.decode(errors="replace")))
    return process.wait(), lines[-1] if lines else "pytest said nothing"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def postgres_answers(url: str) -> bool:
    """Whether a server is there; the database that the address names need not be: Django makes its own."""
    for address in (url, make_conninfo(url, dbname="postgres")):
        try:
            psycopg.connect(address, connect_timeout=3).close()
        except psycopg.OperationalError:
            continue
        return True
    return False


def redis_answers(url: str) -> bool:
    try:
        redis.Redis.from_url(url, socket_connect_timeout=3).ping()
    except redis.RedisError:
        return False
    return True


def postgres_programs() -> Path | None:
    """The folder that holds initdb and pg_ctl; Debian keeps it off the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    return Path(folders[-1]).parent if folders else None


def unprivileged() -> dict[str, object]:
    """Arguments for subprocess that drop root, because initdb refuses it."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name for user in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def start_postgres(stack: ExitStack) -> str | None:
    """Start a private cluster for as long as the stack is open. Return its address, None without its programs."""
    programs = postgres_programs()
    if programs is None:
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True)))
    who = unprivileged()
    if who:
        os.chown(folder, who["user"], who["group"])  # type: ignore[arg-type]
    data, port = folder / "data", free_port()

    def run(program: str, *arguments: str, check: bool = True) -> None:
        command = [str(programs / program), "-D", str(data), *arguments]
        subprocess.run(command, check=check, stdout=subprocess.DEVNULL, cwd=folder, **who)  # type: ignore[call-overload]

    run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    stack.callback(run, "pg_ctl", "--mode=immediate", "-w", "stop", check=False)
    # What is thrown away need not survive a power cut.
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    run("pg_ctl", "-w", "-t", str(SERVER_START_S), "-l", str(folder / "log"), "-o", options, "start")
    return f"postgres://postgres@127.0.0.1:{port}/suite"


def start_redis(stack: ExitStack) -> str | None:
    """Start a private server for as long as the stack is open. Return its address, None without its program."""
    program = shutil.which("redis-server")
    if program is None:
        return None
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="redis-"))
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", folder]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    url = f"redis://127.0.0.1:{port}/0"
    deadline = time.monotonic() + SERVER_START_S
    while not redis_answers(url):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)
    return url


def find_postgres(stack: ExitStack) -> str | None:
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url if postgres_answers(url) else None
    # Named for this process: two runs that share the server must not share a database.
    url = f"postgres://postgres@127.0.0.1:5432/suite_{os.getpid()}"
    return url if postgres_answers(url) else start_postgres(stack)


def find_redis(stack: ExitStack) -> str | None:
    if url := os.environ.get("TEST_REDIS_URL"):
        return url if redis_answers(url) else None
    # A private server first: tests empty their database, and the standard port may serve someone's work.
    if url := start_redis(stack):
        return url
    url = "redis://127.0.0.1:6379/15"
    return url if redis_answers(url) else None


def run_on_servers(arguments: list[str]) -> tuple[int, str]:
    """The second pass. A missing server is said aloud and, with CI=true, fails."""
    with ExitStack() as stack:
        postgres, redis_url = find_postgres(stack), find_redis(stack)
        missing = [name for name, url in [("PostgreSQL", postgres), ("Redis", redis_url)] if url is None]
        if missing:
            say(f"SKIPPED on {' and '.join(missing)}: no server answers and no program of it is installed")
        if postgres is None:
            return int(os.environ.get("CI") == "true"), "SKIPPED on PostgreSQL"
        servers = {"TEST_DATABASE": postgres} | ({"TEST_REDIS_URL": redis_url} if redis_url else {})
        say("tests marked `both` on PostgreSQL" + (" with Redis" if redis_url else ""))
        status, closing = run_pytest([*arguments, "--both"], servers)
        if status == NOTHING_SELECTED:
            return 0, "no test of this selection is marked `both`"
        return status or int(bool(missing) and os.environ.get("CI") == "true"), closing


def main(arguments: list[str]) -> int:
    CLOSING_LINES.parent.mkdir(parents=True, exist_ok=True)
    say("the suite on SQLite")
    on_sqlite, sqlite_closing = run_pytest(arguments, {})
    on_servers, servers_closing = run_on_servers(arguments)
    summary = f"PostgreSQL: {servers_closing}\nSQLite: {sqlite_closing}\n"
    CLOSING_LINES.write_text(summary)
    print(summary, end="")
    return on_sqlite or on_servers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
