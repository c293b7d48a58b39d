"""What somebody might give us on purpose: addresses that lead inwards, and a file that is all holes."""

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from infra_audit.collectors.repo.cloning import clone_and_import, refuse_url
from infra_audit.collectors.repo.hosts import pinned
from infra_audit.collectors.repo.sandbox import Limits, RepositoryError
from infra_audit.repositories import COLLECTORS, planned_repository
from tests.infra_audit.repo.conftest import Collected

MIB = 1024 * 1024


def the_sentence(collected: Collected) -> str:
    assert collected.endings == dict.fromkeys(planned_repository(), "error")
    (message,) = {unit.message for unit in collected.units}
    return message


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/a/shop.git",
        "https://localhost:8443/a/shop.git",
        "https://git.localhost/a/shop.git",
        "https://metadata.google.internal/a",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/a/shop.git",
        "https://192.168.0.4/a/shop.git",
        "https://100.64.0.1/a/shop.git",
        "https://0.0.0.0/a/shop.git",
        "https://[::1]/a/shop.git",
        "https://[::ffff:10.0.0.1]/a/shop.git",
        "https://[fd00::1]/a/shop.git",
        "https://[fe80::1]/a/shop.git",
        "ssh://git@172.16.0.9/a/shop.git",
        "git@192.168.1.1:a/shop.git",
        "git@localhost:a/shop.git",
    ],
)
def test_an_address_inside_is_not_followed_and_the_way_out_is_named(url, collect):
    with pytest.raises(RepositoryError):
        refuse_url(url)

    assert "give the folder" in the_sentence(collect(url))


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "017700000001"])
def test_an_inner_address_in_another_spelling_is_not_followed(host, collect):
    assert "private network" in the_sentence(collect(f"https://{host}/a/shop.git"))


@pytest.mark.parametrize("inner", [["10.0.0.7"], ["93.184.215.14", "169.254.169.254"], ["::ffff:127.0.0.1"]])
def test_a_name_that_leads_inside_is_not_followed(inner, collect, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in inner]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert "private network" in the_sentence(collect("https://git.example/a/shop.git"))


def test_git_is_held_to_the_addresses_that_were_looked_at(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in ("93.184.215.14", "2606:2800::1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert pinned("https://git.example:8443/a", "git.example") == {
        "http.curloptResolve": "git.example:8443:93.184.215.14,[2606:2800::1]"
    }
    assert pinned("git@git.example:a", "git.example") == {}


def test_a_host_inside_is_read_where_the_machine_s_owner_named_it(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setenv("REPOSITORY_HOSTS_INSIDE", "git.practice.internal, [fd00::1]")

    for url in ("https://git.practice.internal/a/shop.git", "https://[fd00::1]/a", "git@GIT.practice.internal:a/shop"):
        refuse_url(url)
    assert pinned("https://git.practice.internal/a", "git.practice.internal") == {
        "http.curloptResolve": "git.practice.internal:443:10.0.0.7"
    }
    for url in ("https://x.git.practice.internal/a", "https://10.0.0.7/a", "file://git.practice.internal/a"):
        with pytest.raises(RepositoryError):
            refuse_url(url)
    with pytest.raises(RepositoryError):
        pinned("https://other.example/a", "other.example")


class Redirecting(BaseHTTPRequestHandler):
    """Sends whoever asks on to where nobody outside may go."""

    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/inside{self.path}")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_host_that_sends_git_on_is_not_followed(tmp_path):
    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/a/shop.git"
        with pytest.raises(RepositoryError, match="it moved to another address"):
            clone_and_import(url, tmp_path, Limits(), lambda: False, ["http"])
        server.shutdown()

    assert [path for path in Redirecting.asked if path.startswith("/inside")] == []
    assert len(Redirecting.asked) == 1


def test_a_file_of_100_mb_is_named_and_the_rest_is_read(repo, mint, collect):
    repo.commit({"README.md": "Shop", "app.env": f"DB_PASSWORD={mint.password()}\n"})
    with (repo.folder / "dump.sql").open("wb") as file:
        file.truncate(100 * MIB)
    repo.commit()

    collected = collect(repo)

    assert [row["path"] for row in collected.secrets] == ["app.env"]
    assert [(one.resource, one.reason.value) for one in collected["repo.secrets"].unread] == [("dump.sql", "truncated")]
    assert collected["repo.files"].ending.value == "ok"


def test_one_operation_that_breaks_leaves_the_others_and_says_only_its_kind(repo, mint, collect, monkeypatch, caplog):
    word = mint.password()
    repo.commit({"README.md": "Shop"})

    def breaks(_repository):
        raise KeyError(f"DB_PASSWORD={word}")

    broken = {**COLLECTORS, "repo.readme": breaks}
    monkeypatch.setattr("infra_audit.repositories.COLLECTORS", broken)

    collected = collect(repo)

    assert collected.endings == {**dict.fromkeys(planned_repository(), "ok"), "repo.readme": "error"}
    assert "KeyError" in collected["repo.readme"].message
    assert word not in caplog.text + repr(collected.units)
    assert "repo.readme of shop: KeyError at test_hostile.py:" in caplog.text


def test_files_made_to_keep_a_reader_busy_are_read_in_no_time(repo, collect):
    """Each would take hours where a pattern tries every way of splitting it."""
    long = 100_000
    repo.commit(
        {
            "requirements.txt": "@a" * long + " x\n",
            "go.mod": "\n" * long + "a." * long,
            "Gemfile": "\n" * long,
            "build.gradle": "id" + " " * long,
            "Dockerfile": "FROM python:3.12\nRUN a \\\n" + "\\\n" * (long // 2),
            "README.md": "# " + " " * long + "x\n" + "a@" * long + "\n" + "run the " * long,
            "Makefile": "a: " * long,
            "docs/a.md": "# a\n" * (long // 8),
            "package.json": "[" * long,
            "compose.yaml": "[" * long,
        }
    )

    collected = collect(repo, done={"repo.secrets"})

    assert set(collected.endings.values()) <= {"ok", "partial"}
