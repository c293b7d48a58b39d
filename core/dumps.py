"""The whole database as one file, and back: SQLite by its backup API, PostgreSQL by pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from glob import glob
from pathlib import Path

from django.db import connection

from core.doctor import scrubbed
from core.errors import DomainError

PART_OF = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


class DumpError(DomainError):
    """The database could not be written to a file, or read from one; the text names the mend."""


def part_name() -> str:
    """What the database is called within an archive; it tells the kind of database too."""
    return PART_OF[connection.vendor]


def dump(path: Path) -> None:
    """Write the database as it is at this moment to `path`. Others go on writing meanwhile. Raises DumpError."""
    if connection.vendor == "sqlite":
        _dump_sqlite(path)
    else:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def load(path: Path) -> None:
    """Fill the empty database from `path`: all of it, or nothing. Raises DumpError."""
    if connection.vendor == "sqlite":
        _load_sqlite(path)
    else:
        name = str(connection.settings_dict["NAME"])
        _run("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={name}", str(path))
    connection.close()


def tables() -> list[str]:
    """What stands in the database now; an empty one has none."""
    return connection.introspection.table_names()


def _dump_sqlite(path: Path) -> None:
    source = Path(str(connection.settings_dict["NAME"]))
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=20)) as from_,
            closing(sqlite3.connect(path)) as to,
        ):
            from_.backup(to)
    except sqlite3.Error as problem:
        raise DumpError("SQLite could not be copied: %(why)s.", why=str(problem)) from problem


def _load_sqlite(path: Path) -> None:
    connection.close()
    target = Path(str(connection.settings_dict["NAME"]))
    part = target.with_name(f".{target.name}.part")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as from_:
            if from_.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise DumpError("The database in the archive is damaged. Take an older backup.")
            with closing(sqlite3.connect(part)) as to:
                from_.backup(to)
        for rest in ("-wal", "-shm"):  # of the empty database that was there
            target.with_name(target.name + rest).unlink(missing_ok=True)
        os.replace(part, target)
    except sqlite3.Error as problem:
        raise DumpError("SQLite could not be filled: %(why)s.", why=str(problem)) from problem
    finally:
        part.unlink(missing_ok=True)


def _run(program: str, *arguments: str) -> None:
    """The address goes by the environment, where no list of processes shows a password."""
    command = [_program(program), "--no-password", *arguments]
    ended = subprocess.run(command, env=_environment(), capture_output=True, check=False)
    if ended.returncode:
        words = ended.stderr.decode(errors="replace").strip().splitlines()
        why = scrubbed(words[0] if words else f"exit status {ended.returncode}")[:300].rstrip(".")
        raise DumpError("%(program)s failed: %(why)s.", program=program, why=why)


def _program(name: str) -> str:
    """The newest that is installed: an old pg_dump refuses a newer server."""
    installed = sorted(glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    program = installed[-1] if installed else shutil.which(name)
    if program is None:
        raise DumpError("%(name)s is not installed. As root: apt-get install postgresql-client", name=name)
    return program


def _environment() -> dict[str, str]:
    given = connection.settings_dict
    wanted = {
        "PGHOST": given["HOST"],
        "PGPORT": given["PORT"],
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGDATABASE": given["NAME"],
        "PGSSLMODE": (given.get("OPTIONS") or {}).get("sslmode"),
    }
    return {**os.environ, **{name: str(value) for name, value in wanted.items() if value}}
