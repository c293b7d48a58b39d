"""What starts together ends together."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from core import processes

# A stand-in for the web server: answers at once. Its worker sleeps, or ends by itself.
SUPERVISE = textwrap.dedent(
    """
    import sys
    from core import processes

    WEB = (
        "import http.server as web, sys;"
        "web.HTTPServer(('127.0.0.1', int(sys.argv[1])), web.BaseHTTPRequestHandler).serve_forever()"
    )
    def commands(bind):
        port = bind.rpartition(":")[2]
        return {"web": [sys.executable, "-c", WEB, port], "worker": [sys.executable, "-c", sys.argv[1]]}

    processes.commands = commands
    def ready(url):
        print(url, flush=True)
    bind = f"127.0.0.1:{processes.free_port(int(sys.argv[2]))}"
    sys.exit(processes.serve_until_interrupted(bind, {}, when_ready=ready))
    """
)
SLEEPING = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"


def supervise(worker, first_port):
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, worker, str(first_port)], stdout=subprocess.PIPE, text=True, cwd=os.getcwd()
    )


def lines(process, count):
    return [process.stdout.readline().strip() for _ in range(count)]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def first_port(worker_id):
    """Each test process looks for free ports in a range of its own."""
    return 21000 + 200 * int(worker_id.removeprefix("gw") or 0) if worker_id != "master" else 20800


def pid_and_url(process):
    said = lines(process, 2)
    return next(int(line) for line in said if line.isdigit()), next(line for line in said if line.startswith("http"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_them(first_port, number):
    process = supervise(SLEEPING, first_port)
    worker, url = pid_and_url(process)
    assert url.startswith("http://localhost:2")

    process.send_signal(number)

    assert process.wait(20) == 0
    assert not is_alive(worker)


def test_when_one_ends_all_end(first_port):
    process = supervise("import os, time; print(os.getpid(), flush=True); time.sleep(4)", first_port)
    _worker, url = pid_and_url(process)

    assert process.wait(20) == 1
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def test_what_a_killed_parent_leaves_ends_by_itself(first_port):
    if sys.platform != "linux":
        pytest.skip("only Linux tells children of their parent's death")
    process = supervise(SLEEPING, first_port)
    worker, _url = pid_and_url(process)

    process.kill()
    process.wait(20)

    wait_until(lambda: not is_alive(worker))


def test_a_child_that_never_comes_up_is_named(first_port, monkeypatch):
    monkeypatch.setattr(
        processes, "commands", lambda bind: {"web server": [sys.executable, "-c", "raise SystemExit(7)"]}
    )

    with (
        pytest.raises(processes.StartError, match="web server ended with status 7"),
        processes.running(bind=f"127.0.0.1:{processes.free_port(first_port)}"),
    ):
        pytest.fail("it was never up")


def test_a_port_that_is_taken_is_named_or_passed_over():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]

        assert processes.free_port(taken) != taken
        with (
            pytest.raises(processes.StartError, match=f"{taken} is taken"),
            processes.running(bind=f"127.0.0.1:{taken}"),
        ):
            pytest.fail("it was taken")


def test_the_real_commands_are_gunicorn_and_one_worker_with_the_schedule():
    web, worker = processes.commands("127.0.0.1:8000").values()

    assert "config.wsgi:application" in web
    assert "127.0.0.1:8000" in web
    assert {"worker", "threads", "-B"} <= set(worker)
