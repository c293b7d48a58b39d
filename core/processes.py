"""Web server, worker and scheduler as children of one command: they start together, and when one ends, all end."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from urllib.parse import urlsplit

from core.errors import DomainError

HOST = "127.0.0.1"
FIRST_PORT = 8000
PORTS_TRIED = 100
START_TIMEOUT_S = 60.0
GRACE_S = 10.0  # from "please end" to being killed
POLL_S = 0.2
WORKER_THREADS = 4
PR_SET_PDEATHSIG = 1

# In a container we often are root; Celery's warning is about pickled messages, which we never accept.
NO_WORD_ON_ROOT = ("-W", "ignore:You're running the worker:UserWarning")

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StartError(DomainError):
    """What was to run did not come up."""


class Interrupted(DomainError):
    """A signal came while things were still starting."""


@dataclass(frozen=True)
class Child:
    """A process of ours, in a session of its own: Ctrl-C reaches it only through us, and its children end with it."""

    name: str
    process: subprocess.Popen[bytes]


class Served:
    """What runs now. `url` is where the web answers."""

    def __init__(self, url: str, children: Sequence[Child], stop: threading.Event) -> None:
        self.url = url
        self._children = children
        self._stop = stop

    def wait(self) -> int:
        """Until a signal says to end (0) or one of the children has ended by itself (1)."""
        while not self._stop.wait(POLL_S):
            if ended_child(self._children):
                return 1
        return 0


@contextmanager
def running(*, environment: Mapping[str, str] | None = None, bind: str = "") -> Iterator[Served]:
    """Serve at `bind` ("127.0.0.1:8000"; the first free port from 8000 where none is given) while the block runs.

    `environment` is added to our own. The block is entered once the web answers; whatever way it is left, the
    children have ended after it. Raises StartError where one does not come up, Interrupted on an early Ctrl-C.
    Call it from the main thread: it takes over the signals that end a program until the block is left.
    """
    if bind:
        _require_free(bind)
    bind = bind or f"{HOST}:{free_port()}"
    url = f"http://localhost:{bind.rpartition(':')[2]}"
    everything = {**os.environ, **(environment or {})}
    if urlsplit(everything.get("BASE_URL", url)).hostname == "localhost":
        everything["BASE_URL"] = url  # mails and passkeys must name the port that was free
    stop = threading.Event()
    children: list[Child] = []
    with _signals_set(stop):
        try:
            for name, command in commands(bind).items():
                children.append(_start(name, command, everything))
            _wait_until_it_answers(bind, children, stop)
            yield Served(url, children, stop)
        finally:
            _end(children)


def serve_until_interrupted(bind: str, env: Mapping[str, str], when_ready: Callable[[str], None] = print) -> int:
    """Serve at `bind`, call `when_ready` with the address once it answers, and end on a signal or with a child.

    Returns the exit status: 0 after a signal, 1 where a child ended by itself. Raises StartError.
    """
    try:
        with running(environment=env, bind=bind) as served:
            when_ready(served.url)
            return served.wait()
    except Interrupted:
        return 0


def commands(bind: str) -> dict[str, list[str]]:
    """What runs, by name. One worker process also keeps the schedule."""
    web = ["gunicorn", "config.wsgi:application", "--bind", bind, "--workers", "2", "--threads", str(WORKER_THREADS)]
    worker = [
        "celery",
        "--quiet",
        "-A",
        "config",
        "worker",
        "-P",
        "threads",
        "--concurrency",
        str(WORKER_THREADS),
        "-B",
    ]
    return {
        "web server": [sys.executable, "-m", *web, "--log-level", "warning", "--no-control-socket"],
        "worker": [
            sys.executable,
            *NO_WORD_ON_ROOT,
            "-m",
            *worker,
            "--loglevel",
            "WARNING",
            "--without-gossip",
            "--without-mingle",
        ],
    }


def free_port(first: int = FIRST_PORT) -> int:
    """The first port from `first` on that nobody on this machine listens at. Raises StartError after a hundred."""
    for port in range(first, first + PORTS_TRIED):
        if _is_free(HOST, port):
            return port
    raise StartError("No port from %(first)s on is free.", first=first)


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _require_free(bind: str) -> None:
    """Else another program's answer would be taken for ours."""
    host, _, port = bind.rpartition(":")
    if not _is_free(host, int(port)):
        raise StartError("%(bind)s is taken, or not of this machine. Choose another with PORT=8001.", bind=bind)


def ended_child(children: Sequence[Child]) -> Child | None:
    return next((child for child in children if child.process.poll() is not None), None)


def _start(name: str, command: list[str], environment: Mapping[str, str]) -> Child:
    die_with_us = _die_with_parent if sys.platform == "linux" else None
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_us,
    )
    return Child(name, process)


def _die_with_parent() -> None:
    """Linux sends the child SIGTERM should we be killed without a chance to end it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_it_answers(bind: str, children: Sequence[Child], stop: threading.Event) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(bind):
        if stop.wait(POLL_S):
            raise Interrupted("Interrupted.")
        if ended := ended_child(children):
            raise StartError(
                "The %(name)s ended with status %(status)s; its messages are above.",
                name=ended.name,
                status=ended.process.returncode,
            )
        if time.monotonic() > deadline:
            raise StartError("Nothing answers at %(bind)s after %(s)d seconds.", bind=bind, s=START_TIMEOUT_S)


def _answers(bind: str) -> bool:
    """Any HTTP answer counts: it is up, though it may serve other host names than ours."""
    host, _, port = bind.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _end(children: Sequence[Child]) -> None:
    """Ask every child to end, then kill what is left of its session."""
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + GRACE_S
    for child in children:
        with suppress(subprocess.TimeoutExpired):  # killed below, with all that it started
            child.process.wait(max(0.0, deadline - time.monotonic()))
        _kill_session(child.process.pid)
        child.process.wait()


def _kill_session(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nothing of it is left
        os.killpg(pid, signal.SIGKILL)


@contextmanager
def _signals_set(stop: threading.Event) -> Iterator[None]:
    def note(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, note) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
