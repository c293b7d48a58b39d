"""A backup is made, and comes back in an empty place exactly as it was, or is refused in one sentence."""

import errno
import gzip
import hashlib
import io
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import boto3
import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from moto import mock_aws
from psycopg import sql

from config.settings.base import media_storage
from core import archive, clock, dumps
from core.errors import DomainError
from core.models import StoredFile
from core.services import backups
from tests.factories import make_client, make_consultant, make_practice, make_stored_file
from tests.scope_factories import make_engagement

ROOT = Path(django_settings.BASE_DIR)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def media(settings, tmp_path):
    """A storage of this test's own: others' files would be in the way."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "media")},
        },
    }
    return tmp_path / "media"


@pytest.fixture
def practice(transactional_db, media):
    """A little of everything, files and a ledger too."""
    make_practice()
    make_engagement(make_client("ben"), owner=make_consultant("ada"))
    for content in (b"", b"short", os.urandom(3 * 1024 * 1024)):
        make_stored_file(content)


def rows_of(cursor, tables):
    """Every row of every table, in no order."""
    rows = {}
    for table in tables:
        cursor.execute(f'SELECT * FROM "{table}"')
        rows[table] = sorted(repr(row) for row in cursor.fetchall())
    return rows


def tables_of(cursor, vendor):
    cursor.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if vendor == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    return sorted(name for (name,) in cursor.fetchall())


def raw(vendor, address):
    return closing(sqlite3.connect(address) if vendor == "sqlite" else psycopg.connect(address))


def everything(vendor, address):
    with raw(vendor, address) as database:
        cursor = database.cursor()
        return rows_of(cursor, tables_of(cursor, vendor))


def triggers_of(vendor, address):
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with raw(vendor, address) as database:
        cursor = database.cursor()
        cursor.execute(query)
        return sorted(name for (name,) in cursor.fetchall())


def address_of(name):
    given = connection.settings_dict
    return f"postgresql://{given['USER']}@{given['HOST']}:{given['PORT']}/{name}"


@pytest.fixture
def here():
    name = str(connection.settings_dict["NAME"])
    return name if connection.vendor == "sqlite" else address_of(name)


@pytest.fixture
def empty(tmp_path):
    """The address of an empty database, as programs take it and as settings do."""
    if connection.vendor == "sqlite":
        yield str(tmp_path / "new.sqlite3"), f"sqlite:///{tmp_path / 'new.sqlite3'}"
        return
    name = f"restored_{os.getpid()}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    with psycopg.connect(address_of("postgres"), autocommit=True) as server:
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield address_of(name), address_of(name).replace("postgresql:", "postgres:")
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def run_in_empty(tmp_path, empty, settings):
    """Our command line on another machine, so to say: nothing there but the keys."""

    def run(*arguments):
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "DJANGO_"))},
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATABASE_URL": empty[1],
            "VAR_DIR": str(tmp_path / "var"),
            "MEDIA_STORAGE_URL": str(tmp_path / "new-media"),
            "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        }
        command = [sys.executable, "manage.py", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return run


def hashes(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.both
@pytest.mark.slow
def test_what_was_backed_up_comes_back_exactly(practice, folder, media, here, empty, run_in_empty, tmp_path):
    made = backups.back_up(folder=folder)
    before = everything(connection.vendor, here)

    ended = run_in_empty("restore", made.path, "--into-empty")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    after = everything(connection.vendor, empty[0])
    assert list(before) == list(after)
    assert {table: rows for table, rows in before.items() if rows != after[table]} == {}
    assert before["engagements_scopeentry"]
    assert hashes(media) == hashes(tmp_path / "new-media")
    assert len(hashes(media)) == made.files >= 3
    assert triggers_of(connection.vendor, here) == triggers_of(connection.vendor, empty[0])
    assert "1 checked, none broken" in ended.stdout

    again = run_in_empty("restore", made.path, "--into-empty")

    assert again.returncode == 1
    assert "The database is not empty" in again.stderr
    assert "Traceback" not in again.stderr
    assert everything(connection.vendor, empty[0]) == after


@pytest.mark.slow
def test_with_other_keys_the_restore_says_so(practice, folder, run_in_empty, settings):
    made = backups.back_up(folder=folder)
    settings.FIELD_KEYS = ["2Yc7ixvPdbo8Bd5WrTNbRLJmnLFBYVYPcOBGhMhwI8M="]

    ended = run_in_empty("restore", made.path, "--into-empty")

    assert ended.returncode == 1
    assert "Add the key that was in use before to FIELD_KEYS." in ended.stdout


def test_only_its_owner_reads_a_backup_and_no_key_is_in_it(practice, folder, settings, capsys):
    call_command("backup", to=folder)

    path = backups.backups_in(folder)[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in folder.iterdir()] == [path.name]
    inside = gzip.decompress(path.read_bytes())
    assert settings.FIELD_KEYS[0].encode() not in inside
    assert settings.SECRET_KEY.encode() not in inside
    assert "FIELD_KEYS and SECRET_KEY are not in it." in capsys.readouterr().out


def test_only_so_many_are_kept_and_the_newest_stay(practice, folder):
    paths = [backups.back_up(folder=folder, keep=2).path for _time in range(4)]
    (folder / "notes.txt").write_text("not ours")

    assert {path.name for path in folder.iterdir()} == {"notes.txt", paths[2].name, paths[3].name}


def test_none_is_no_number_to_keep(folder):
    with pytest.raises(CommandError, match="1 or more"):
        call_command("backup", to=folder, keep=0)


class Full(io.BytesIO):
    def read(self, size=-1):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fails", ["disk", "dump", "storage"])
def test_a_backup_that_fails_leaves_nothing_and_takes_nothing(practice, folder, monkeypatch, fails):
    kept = backups.back_up(folder=folder).path

    def refuse(*_all, **_more):
        raise dumps.DumpError("pg_dump failed: connection refused.")

    if fails == "disk":
        monkeypatch.setattr(archive.Writer, "add", lambda *_all: Full().read())
    elif fails == "dump":
        monkeypatch.setattr(dumps, "dump", refuse)
    else:
        monkeypatch.setattr(FileSystemStorage, "open", lambda *_all, **_more: Full())
    with pytest.raises(CommandError, match=r"^(No room for a backup|pg_dump failed)"):
        call_command("backup", to=folder, keep=1)

    assert [path.name for path in folder.iterdir()] == [kept.name]
    assert archive.read(kept)["database"] == connection.vendor


def test_what_a_killed_backup_left_is_swept_a_day_later(practice, folder):
    folder.mkdir()
    old, young = folder / ".practice-old.part", folder / ".practice-young.part"
    young.touch()
    old.mkdir()
    (old / "database.dump").touch()
    os.utime(old, (0, clock.real_now().timestamp() - 2 * 86400))

    backups.back_up(folder=folder)

    assert (old.exists(), young.exists()) == (False, True)


def test_a_file_that_is_lost_is_named_and_the_rest_is_saved(practice, folder, capsys):
    gone, changed = StoredFile.objects.order_by("pk")[:2]
    default_storage.delete(gone.file.name)
    Path(changed.file.path).write_bytes(b"somebody else's")

    call_command("backup", to=folder)

    said = capsys.readouterr()
    assert gone.file.name in said.err
    assert changed.file.name in said.err
    assert archive.read(backups.backups_in(folder)[0])["lost"] == [gone.file.name, changed.file.name]


@pytest.fixture
def made(practice, folder):
    return backups.back_up(folder=folder).path


def refused(path):
    with pytest.raises(DomainError) as refusal:
        backups.restore(path=path)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.9, 0.9999])
def test_a_truncated_archive_is_refused(made, share):
    whole = made.read_bytes()
    made.write_bytes(whole[: int(len(whole) * share)])

    assert refused(made) == "The archive is damaged or cut short. Take another one."


def test_an_archive_with_a_flipped_bit_is_refused(made):
    content = bytearray(made.read_bytes())
    content[len(content) // 2] ^= 1
    made.write_bytes(content)

    assert "Take another" in refused(made)


def rewritten(path, change):
    """The archive again, each member as `change` gives it back; None leaves it out."""
    with tarfile.open(path) as old:
        members = [(member, old.extractfile(member).read()) for member in old]
    with tarfile.open(path, "w:gz") as new:
        for member, content in members:
            told = change(member.name, content)
            if told is None:
                continue
            member.name, content = told
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda name, content: (name, content + b"x" if name.startswith("files/") else content), "SHA-256 differs"),
        (lambda name, content: None if name.startswith("files/") else (name, content), "SHA-256 differs"),
        (lambda name, content: None if name == "manifest.json" else (name, content), "it has no manifest"),
        (lambda name, content: (name.replace("files/", "files/../../"), content), "which no backup of ours does"),
        (lambda name, content: (name.replace("files/", "/etc/"), content), "which no backup of ours does"),
        (lambda name, content: (name, b"[]" if name == "manifest.json" else content), "lists no parts"),
        (lambda name, content: (name, b"{" if name == "manifest.json" else content), "damaged or cut short"),
        (lambda name, content: (name, content.replace(b'"format": 1', b'"format": 2')), "this version reads 1"),
        (
            lambda name, content: (name, content.replace(f'"{connection.vendor}"'.encode(), b'"oracle"')),
            "The backup is of oracle",
        ),
        (
            lambda name, content: (name, content.replace(b'"core.0001', b'"core.9999')),
            "The backup is of a newer version",
        ),
    ],
)
def test_what_is_no_archive_of_ours_is_refused(made, change, words):
    rewritten(made, change)

    assert words in refused(made)


def test_a_file_that_is_not_there_or_no_archive(db, tmp_path):
    assert "There is no file" in refused(tmp_path / "away.tar.gz")
    (tmp_path / "text").write_text("Dear Ada")
    assert "damaged or cut short" in refused(tmp_path / "text")


def test_a_place_that_is_not_empty_is_refused(made, monkeypatch):
    assert "The database is not empty" in refused(made)
    monkeypatch.setattr(dumps, "tables", list)
    assert "The storage is not empty" in refused(made)


def test_a_restore_that_runs_out_of_room_says_what_to_do(made, monkeypatch):
    def no_room(name, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("_require_empty_database", "_require_empty_storage", "_load_database"):
        monkeypatch.setattr(backups, name, lambda *_: None)
    monkeypatch.setattr(backups, "_store", no_room)

    with pytest.raises(DomainError, match=r"stopped halfway: .*No space left.* restore again"):
        backups.restore(path=made)


@pytest.fixture
def bucket(settings, monkeypatch):
    """An S3-compatible bucket as storage."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="practice")
        settings.STORAGES = {**settings.STORAGES, "default": media_storage("s3://practice?region_name=us-east-1")}
        yield


def test_files_in_a_bucket_are_saved_and_put_back(transactional_db, bucket, folder):
    make_practice()
    stored, gone = make_stored_file(b"in the bucket"), make_stored_file(b"gone")
    default_storage.delete(gone.file.name)

    made = backups.back_up(folder=folder)

    found = {}
    archive.read(made.path, lambda name, content: found.update({name: content.read(-1)}))
    assert made.lost == [gone.file.name]
    assert found[f"files/{stored.file.name}"] == b"in the bucket"
    with pytest.raises(DomainError, match="The storage is not empty"):
        backups._require_empty_storage()
    default_storage.delete(stored.file.name)
    backups._require_empty_storage()
    backups._store(stored.file.name, io.BytesIO(b"in the bucket"))
    assert default_storage.open(stored.file.name).read() == b"in the bucket"


def test_restoring_must_be_meant(made):
    with pytest.raises(CommandError, match="--into-empty"):
        call_command("restore", made)


def test_without_its_program_the_package_is_named(monkeypatch):
    monkeypatch.setattr(dumps, "glob", lambda _pattern: [])
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(DomainError, match="apt-get install postgresql-client"):
        dumps._program("pg_dump")
