"""`make run` on a bare machine: three answers, and somebody can sign in."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from core import first_start
from core.models import Practice, User
from core.services.practice import needs_first_start
from tests.factories import make_password


@pytest.fixture(autouse=True)
def _nothing_said_beforehand(monkeypatch):
    for name in (first_start.NAME, first_start.EMAIL, first_start.PASSWORD):
        monkeypatch.delenv(name, raising=False)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_environment_answers_where_there_is_no_terminal(db, monkeypatch):
    password = make_password()
    monkeypatch.setenv(first_start.NAME, "Lovelace & Co")
    monkeypatch.setenv(first_start.EMAIL, "ada@practice.example")
    monkeypatch.setenv(first_start.PASSWORD, password)
    assert needs_first_start()

    first_start.make_practice()

    assert Practice.get().name == "Lovelace & Co"
    assert User.objects.get(is_consultant=True).check_password(password)
    assert not needs_first_start()


def test_with_neither_it_says_what_to_set(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(CommandError, match="PRACTICE_NAME, FIRST_CONSULTANT_EMAIL, FIRST_CONSULTANT_PASSWORD"):
        first_start.make_practice()


def test_on_a_terminal_it_asks_until_the_answers_will_do(db, monkeypatch, capsys):
    password = make_password()
    typed = iter(["", "Lovelace & Co", "no address", "ada@practice.example"])
    hidden = iter(["short", password])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(hidden))

    ada = first_start.make_practice()

    assert ada.email == "ada@practice.example"
    assert ada.check_password(password)
    assert "too short" in capsys.readouterr().err


def test_a_weak_password_in_the_environment_is_refused_by_name(db, monkeypatch):
    monkeypatch.setenv(first_start.NAME, "Lovelace & Co")
    monkeypatch.setenv(first_start.EMAIL, "ada@practice.example")
    monkeypatch.setenv(first_start.PASSWORD, "ada" * 2)

    with pytest.raises(CommandError, match="FIRST_CONSULTANT_PASSWORD: "):
        first_start.make_practice()
    assert not User.objects.exists()


def test_a_colleague_is_added_by_command(db, monkeypatch):
    password = make_password()
    monkeypatch.setenv("CONSULTANT_PASSWORD", password)

    call_command("add_consultant", "eve@practice.example", stdout=io.StringIO())

    assert User.objects.get(email="eve@practice.example", is_consultant=True).check_password(password)
    with pytest.raises(CommandError, match="is here already"):
        call_command("add_consultant", "EVE@practice.example", stdout=io.StringIO())
