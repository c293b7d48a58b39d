"""Each thing is broken in turn, and its sentence is looked for."""

import datetime as dt
import io
import json
import shutil
import smtplib
import socket
import subprocess
from collections import namedtuple

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from core import beating, clock, doctor, doctor_checks, pdf, tasks, triggers
from core.doctor import Level
from tests.factories import make_password, make_practice

SMTP = "django.core.mail.backends.smtp.EmailBackend"
Room = namedtuple("Room", "total used free")


def told(name):
    """The line of one check."""
    return next(line for line in doctor.examine([name]) if line.check == name)


@pytest.fixture
def deployed(settings):
    settings.BASE_URL = "https://practice.example"
    settings.ALLOWED_HOSTS = ["practice.example"]
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    settings.SECURE_SSL_REDIRECT = True
    settings.DEFAULT_FROM_EMAIL = "ada@practice.example"
    settings.SECRET_KEY = make_password() * 3
    return settings


@pytest.mark.parametrize(
    ("name", "broken", "mend"),
    [
        ("secret key", {"SECRET_KEY": "short"}, "Set SECRET_KEY to what this prints"),
        ("secret key", {"SECRET_KEY": "a" * 80}, "Set SECRET_KEY to what this prints"),
        ("field keys", {"FIELD_KEYS": []}, "Set FIELD_KEYS to what this prints"),
        ("field keys", {"FIELD_KEYS": ["not-a-key"]}, "Set FIELD_KEYS to keys"),
        ("hosts", {"ALLOWED_HOSTS": ["*"]}, "Set ALLOWED_HOSTS to the names"),
        ("hosts", {"ALLOWED_HOSTS": ["other.example"]}, "Add practice.example to ALLOWED_HOSTS."),
        ("address", {"BASE_URL": "http://practice.example"}, "Set BASE_URL to the address that clients use"),
        ("address", {"BASE_URL": "http://localhost:8000"}, "Set BASE_URL to the address that clients use"),
        ("address", {"BASE_URL": "practice.example"}, "Set BASE_URL to the address that clients use"),
        ("debug", {"DEBUG": True}, "Take DEBUG out of the environment."),
        ("proxies", {"TRUSTED_PROXIES": ["the-proxy"]}, "Set TRUSTED_PROXIES to addresses"),
        ("clock", {"CLOCK_OFFSET_S": 60}, "Take CLOCK_OFFSET_S out of the environment."),
        ("mail sender", {"DEFAULT_FROM_EMAIL": "nobody"}, "Set DEFAULT_FROM_EMAIL to an address of the practice."),
        ("mail sender", {"DEFAULT_FROM_EMAIL": "ada@localhost"}, "Set DEFAULT_FROM_EMAIL to an address"),
    ],
)
def test_a_wrong_setting_is_a_fault_with_its_mend(db, deployed, name, broken, mend):
    assert told(name).level == Level.OK
    for setting, value in broken.items():
        setattr(deployed, setting, value)

    line = told(name)

    assert line.level == Level.FAULT
    assert mend in line.mend


def test_without_a_trusted_proxy_it_warns(deployed):
    deployed.TRUSTED_PROXIES = []

    assert (told("proxies").level, "Set TRUSTED_PROXIES" in told("proxies").mend) == (Level.WARNING, True)


def test_on_one_machine_plain_http_is_well(settings):
    settings.BASE_URL = "http://localhost:8000"

    assert [told(name).level for name in ("address", "hosts", "proxies")] == [Level.OK] * 3


def test_static_files_that_were_not_collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }

    assert "collectstatic" in told("static files").mend


def test_a_database_that_is_away_hides_what_needs_it(monkeypatch):
    def away():
        raise OperationalError('connection to "db" failed: Connection refused\nIs the server running?')

    monkeypatch.setattr(doctor_checks.connection, "cursor", away)
    lines = {line.check: line for line in doctor.examine(["migrations"])}

    assert lines["database"].level == Level.FAULT
    assert "Connection refused" in lines["database"].text
    assert lines["database"].mend == "Start the database, or correct DATABASE_URL."
    assert lines["migrations"].mend == "Mend “database” first, then run the doctor again."


@pytest.mark.both
def test_the_database_of_the_tests_is_well(db):
    lines = doctor.examine(["migrations", "frozen rows", "journal", "clock"])

    assert {line.check: line.level for line in lines if line.level != Level.OK} == {}


def test_migrations_that_wait(db, monkeypatch):
    monkeypatch.setattr(doctor_checks.MigrationExecutor, "migration_plan", lambda *_all: [("one", False)])

    assert (told("migrations").text, told("migrations").mend) == ("1 not applied", "Run: manage.py migrate")


@pytest.mark.both
def test_a_trigger_that_was_dropped(db):
    triggers.drop()

    line = told("frozen rows")

    assert (line.level, line.mend) == (Level.FAULT, "Run: manage.py migrate")
    assert "frozen_core_event" in line.text or "triggers are missing" in line.text


def test_sqlite_without_its_journal(db, monkeypatch):
    class Cursor:
        def __enter__(self):
            return self

        def __exit__(self, *_all):
            return None

        def execute(self, _sql):
            return self

        def fetchone(self):
            return ("delete",)

    with monkeypatch.context() as patch:
        patch.setattr(doctor_checks.connection, "vendor", "sqlite")
        patch.setattr(doctor_checks.connection, "cursor", Cursor)
        line = doctor_checks.journal()

    assert "local disk" in line.mend


def test_keys_that_do_not_open_what_is_stored(db, settings):
    make_practice()
    assert told("stored secrets").level == Level.OK
    settings.FIELD_KEYS = [doctor_checks.Fernet.generate_key().decode()]

    assert told("stored secrets").mend == "Add the key that was in use before to FIELD_KEYS."


def test_a_cache_that_is_away_forgets_or_is_not_shared(db, settings, monkeypatch):
    assert told("cache").level == Level.WARNING  # the tests keep one in each process
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert told("cache").text == "forgets what it is told"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "nowhere"}}
    assert told("cache").mend == "Run: manage.py createcachetable"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert told("cache").mend == "Start Redis, or correct CACHE_URL."


def test_a_storage_that_cannot_be_written_or_lies(monkeypatch):
    assert told("storage").level == Level.OK

    def refuse(*_all, **_more):
        raise PermissionError("no")

    monkeypatch.setattr(default_storage, "open", lambda *_all: io.BytesIO(b"other"))
    assert "sound disk" in told("storage").mend
    monkeypatch.setattr(default_storage, "save", refuse)
    assert (told("storage").level, "MEDIA_STORAGE_URL" in told("storage").mend) == (Level.FAULT, True)


def test_a_broker_that_is_away(db, monkeypatch):
    def away():
        raise ConnectionRefusedError("redis://:secret@host")

    monkeypatch.setattr(beating, "knock", away)
    lines = {line.check: line for line in doctor.examine(["worker"])}

    assert lines["broker"].mend == "Start Redis, or correct CELERY_BROKER_URL."
    assert "secret" not in lines["broker"].text
    assert lines["worker"].level == Level.WARNING


@pytest.fixture
def silent(monkeypatch):
    """Nobody answers a call."""
    monkeypatch.setattr(beating, "knock", lambda: None)
    monkeypatch.setattr(beating.current_app.control, "ping", lambda **_all: [])


def test_no_worker_and_no_scheduler(db, silent):
    assert told("worker").mend == "Start the worker: systemctl start practice-worker"
    assert told("scheduler").mend == "Start the scheduler: systemctl start practice-beat"


def test_a_beat_that_came_through_speaks_for_both(db, silent):
    tasks.beat()

    assert (told("worker").level, told("scheduler").level) == (Level.OK, Level.OK)


def test_a_beat_of_an_hour_ago_does_not(db, silent):
    cache.set(beating.NOTED_AS, (clock.real_now() - dt.timedelta(hours=1)).isoformat())

    assert told("scheduler").text == "last heard 60 minutes ago"
    assert told("worker").level == Level.FAULT


def test_a_mail_server_is_greeted_and_no_mail_is_sent(settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", port
    assert told("mail server").mend == "Correct host, port, user and password in EMAIL_URL."
    server = Controller(Sink(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert told("mail server").text == f"127.0.0.1:{port} answers"
    finally:
        server.stop()


def test_a_wrong_mail_password_is_not_repeated(settings, monkeypatch):
    password = make_password()
    settings.EMAIL_BACKEND, settings.EMAIL_HOST_PASSWORD = SMTP, password

    def refuse(_self):
        raise smtplib.SMTPAuthenticationError(535, password.encode())

    monkeypatch.setattr(doctor_checks.SmtpBackend, "open", refuse)

    assert told("mail server").level == Level.FAULT
    assert password not in repr(told("mail server"))


def test_mail_that_goes_to_files_is_a_warning(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)

    assert (told("mail server").level, told("mail server").mend) == (
        Level.WARNING,
        "Set EMAIL_URL to your mail server.",
    )


def test_pdfs_that_cannot_be_drawn(monkeypatch):
    def refuse(*_all, **_more):
        raise pdf.PdfUnavailable("PDFs cannot be made on this machine: no Pango. Install the system packages x.")

    monkeypatch.setattr(doctor_checks, "render_pdf", refuse)

    assert "apt-get install libpango-1.0-0" in told("PDF").mend


def test_the_page_is_really_drawn():
    assert told("PDF").text == "one page drawn"


@pytest.mark.parametrize(("free", "level"), [(0.5, Level.FAULT), (5, Level.WARNING), (50, Level.OK)])
def test_a_full_disk(monkeypatch, free, level):
    gigabyte = 1024**3
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Room(100 * gigabyte, 0, int(free * gigabyte)))

    assert told("disk").level == level
    assert ("Make room" in told("disk").mend) == (level != Level.OK)


def test_no_git(monkeypatch):
    assert told("git").level == Level.OK
    monkeypatch.setattr(subprocess, "run", lambda *_all, **_more: namedtuple("Ended", "returncode")(127))
    assert told("git").mend == "As root: apt-get install --reinstall git"
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert told("git").mend == "As root: apt-get install git"


def test_clocks_that_disagree(db, monkeypatch):
    monkeypatch.setattr(doctor_checks, "_database_now", lambda: clock.real_now() - dt.timedelta(seconds=90))

    assert (told("clock").level, "keep time" in told("clock").mend) == (Level.WARNING, True)


def test_a_folder_that_is_not_there(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "gone"

    assert "to the program's user" in told("var").mend


def test_a_check_that_fails_is_a_fault_and_its_words_are_kept(monkeypatch):
    monkeypatch.setitem(doctor._checks, "odd", (lambda: 1 / 0, ()))

    assert told("odd").text == "the check itself failed (ZeroDivisionError)"


def test_no_secret_gets_into_the_report(settings, monkeypatch):
    password = make_password()
    settings.CELERY_BROKER_URL = f"redis://:{password}@127.0.0.1/0"
    words = f"{settings.SECRET_KEY} {password} {settings.FIELD_KEYS[0]} amqp://ada:other-{password}@host/"
    monkeypatch.setitem(doctor._checks, "talker", (lambda: doctor.fault(words, words), ()))

    report = repr(told("talker"))

    assert "ada:…@host" in report
    assert not [one for one in (settings.SECRET_KEY, password, settings.FIELD_KEYS[0]) if one in report]


def test_the_command_ends_with_1_while_something_is_at_fault(capsys, settings):
    call_command("doctor", "debug", "git")
    assert capsys.readouterr().out.endswith("All is well.\n")
    settings.DEBUG = True

    with pytest.raises(SystemExit) as end:
        call_command("doctor", "debug", "--json")

    report = json.loads(capsys.readouterr().out)
    assert end.value.code == 1
    assert not report["well"]
    assert report["checks"][0]["mend"] == "Take DEBUG out of the environment."


def test_a_check_that_there_is_not_is_named():
    with pytest.raises(CommandError, match="There is no check spleen"):
        call_command("doctor", "spleen")


@pytest.mark.both
def test_the_whole_round_ends(db, silent):
    lines = doctor.examine()

    assert len(lines) >= 23
    assert not [line for line in lines if "the check itself failed" in line.text]
    assert connection.vendor in {"sqlite", "postgresql"}
