"""Rows that the database itself refuses to change.

A model declares what may change; the triggers are installed after every migration, because SQLite drops a table's
triggers without a word when a migration rebuilds it. A system check compares what is declared with what is there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

PREFIX = "frozen_"


@dataclass(frozen=True)
class Frozen:
    """Rows of a table that match `when` (SQL over OLD) may only change in the `mutable` columns, and never go."""

    model: type[models.Model]
    when: str = "TRUE"
    mutable: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    def fixed_columns(self) -> list[str]:
        columns = (field.column for field in self.model._meta.concrete_fields)
        return [column for column in columns if column not in self.mutable]


_declared: list[Frozen] = []


def append_only(model: type[models.Model]) -> None:
    """No row of the model is ever changed or deleted."""
    _declared.append(Frozen(model))


def frozen(model: type[models.Model], *, when: str, mutable: tuple[str, ...] = ()) -> None:
    """Rows for which `when` holds may only change in `mutable`, given as column names. `when` is SQL that reads
    OLD's columns and means the same on SQLite and PostgreSQL: "OLD.status = 'frozen'"."""
    _declared.append(Frozen(model, when, mutable))


def declared() -> tuple[Frozen, ...]:
    return tuple(_declared)


def names(rule: Frozen, vendor: str) -> list[str]:
    """The triggers that must stand on the rule's table."""
    acts = ["update", "delete"] + (["truncate"] if vendor == "postgresql" else [])
    return [f"{PREFIX}{rule.table}_{act}" for act in acts]


def existing(connection: BaseDatabaseWrapper) -> set[str]:
    """Names of our triggers that the database has now."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall() if name.startswith(PREFIX)}


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Declared triggers that are not there, on tables that are."""
    tables = set(connection.introspection.table_names())
    there = existing(connection)
    return [
        name
        for rule in _declared
        if rule.table in tables
        for name in names(rule, connection.vendor)
        if name not in there
    ]


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Put every declared trigger in place, anew."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    drop(using)
    with connection.cursor() as cursor:
        for rule in _declared:
            if rule.table in tables:
                for statement in _create_statements(rule, connection.vendor):
                    cursor.execute(statement)


def drop(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take every trigger of ours away: for the tests' flush, and before they are put back."""
    connection = connections[using]
    tables = {name: rule.table for rule in _declared for name in names(rule, connection.vendor)}
    with connection.cursor() as cursor:
        for name in existing(connection):
            on = f' ON "{tables[name]}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f'DROP TRIGGER "{name}"{on}')


def drop_before_migrate(sender: AppConfig, using: str, plan: Sequence[Any], **kwargs: Any) -> None:
    """Answer to `pre_migrate`: PostgreSQL alters no column that a trigger reads. A migration that fails leaves them
    off; the system check says so until the next `migrate` succeeds."""
    if sender.label == "core" and plan:
        drop(using)


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Answer to `post_migrate`, which is sent once an app; once is enough."""
    if sender.label == "core":
        install(using)


def _create_statements(rule: Frozen, vendor: str) -> Iterator[str]:
    message = f"{rule.table} is frozen: this row may no longer change"
    if vendor == "sqlite":
        yield from _sqlite(rule, message)
    else:
        yield from _postgresql(rule, message)


def _sqlite(rule: Frozen, message: str) -> Iterator[str]:
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in rule.fixed_columns())
    for act, when in (("update", f"({rule.when}) AND ({changed})"), ("delete", f"({rule.when})")):
        yield (
            f'CREATE TRIGGER "{PREFIX}{rule.table}_{act}" BEFORE {act.upper()} ON "{rule.table}" '
            f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _postgresql(rule: Frozen, message: str) -> Iterator[str]:
    function = f"{PREFIX}{rule.table}"
    yield (
        f'CREATE OR REPLACE FUNCTION "{function}"() RETURNS trigger LANGUAGE plpgsql AS '
        f"$$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    changed = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in rule.fixed_columns())
    for act, when in (("update", f"({rule.when}) AND ({changed})"), ("delete", f"({rule.when})")):
        yield (
            f'CREATE TRIGGER "{PREFIX}{rule.table}_{act}" BEFORE {act.upper()} ON "{rule.table}" '
            f'FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION "{function}"()'
        )
    yield (
        f'CREATE TRIGGER "{PREFIX}{rule.table}_truncate" BEFORE TRUNCATE ON "{rule.table}" '
        f'FOR EACH STATEMENT EXECUTE FUNCTION "{function}"()'
    )
