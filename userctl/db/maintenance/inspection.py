"""Inspects a database for damage, for missing triggers and for orphaned tokens."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, text

from userctl.db.engine import read_only_connection
from userctl.models import TABLES

_AUDIT_TRIGGERS = {
    "sqlite": {"audit_events_no_update", "audit_events_no_delete", "audit_events_no_replace"},
    "postgresql": {"audit_events_append_only"},
}
_TOKEN_TABLES = ("refresh_tokens", "api_tokens")
TOKEN_TRIGGER = "userctl_tokens_end"  # noqa: S105
"""The trigger that adopted SQLite tables need."""

PROBLEMS_LISTED = 5
"""How many problems of each kind are looked for."""


def describe(engine: Engine) -> str:
    """Return the name and the version of a database, and on a server our role."""
    with read_only_connection(engine) as connection:
        if engine.dialect.name == "sqlite":
            return f"SQLite {connection.exec_driver_sql('SELECT sqlite_version()').scalar()}"
        version, role = connection.exec_driver_sql(
            "SELECT current_setting('server_version'), current_user"
        ).one()
        return f"PostgreSQL {version}, as role {role}"


def journal_mode(engine: Engine) -> str:
    """Return the journal mode of an SQLite database."""
    with read_only_connection(engine) as connection:
        return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())


def encoding(engine: Engine) -> str:
    """Return the name of the encoding in which a PostgreSQL database stores text."""
    with read_only_connection(engine) as connection:
        return str(connection.exec_driver_sql("SHOW server_encoding").scalar())


def find_damage(engine: Engine) -> list[str]:
    """Return what is damaged or refers to missing rows; this reads a whole SQLite file."""
    with read_only_connection(engine) as connection:
        if engine.dialect.name == "sqlite":
            return [*_sqlite_damage(connection)]
        return [*_orphans(connection), *_postgresql_damage(connection)]


def find_token_problems(engine: Engine) -> list[str]:
    """Return what lets tokens outlive their user on SQLite."""
    with read_only_connection(engine) as connection:
        problems = [*_orphans(connection)]
        if lacks_token_trigger(connection):
            problems.append(f"the trigger {TOKEN_TRIGGER}, which adopted tables need, is missing")
        return problems


def missing_audit_triggers(engine: Engine) -> list[str]:
    """Return the triggers that protect the audit trail and are missing or disabled."""
    with read_only_connection(engine) as connection:
        if engine.dialect.name == "sqlite":
            query = (
                "SELECT name FROM sqlite_schema WHERE type = 'trigger' "
                "AND tbl_name = 'audit_events' AND sql LIKE '%RAISE(ABORT%'"
            )
        else:
            query = (
                "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
                "WHERE tgrelid = 'audit_events'::regclass AND tgenabled IN ('O', 'A') "
                "AND prosrc LIKE '%%RAISE EXCEPTION%%'"
            )
        existing = set(connection.exec_driver_sql(query).scalars())
        return sorted(_AUDIT_TRIGGERS[engine.dialect.name] - existing)


def lacks_token_trigger(connection: Connection) -> bool:
    """Tell whether SQLite tables need the trigger that deletes the tokens of a user, and lack it.

    Tables that userctl created do not need it: they never reuse an id, and their foreign keys
    cascade.
    """
    query = "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'users'"
    objects = {str(name): str(sql) for name, sql in connection.exec_driver_sql(query)}
    keys = connection.exec_driver_sql("PRAGMA foreign_key_list(refresh_tokens)").mappings()
    cascades = [key["on_delete"] == "CASCADE" for key in keys if key["from"] == "user_id"]
    reuses_ids = "AUTOINCREMENT" not in objects.get("users", "").upper()
    return TOKEN_TRIGGER not in objects and (reuses_ids or not cascades or not all(cascades))


def _sqlite_damage(connection: Connection) -> Iterator[str]:
    for (message,) in connection.exec_driver_sql(f"PRAGMA integrity_check({PROBLEMS_LISTED})"):
        if message != "ok":
            yield str(message)
    for row in _first_problems(connection.exec_driver_sql("PRAGMA foreign_key_check")):
        yield f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}"


def _orphans(connection: Connection) -> Iterator[str]:
    """Yield tokens without a user, which adopted tables without a foreign key may contain."""
    for table in _TOKEN_TABLES:
        orphans = connection.exec_driver_sql(
            f"SELECT id FROM {table} t WHERE NOT EXISTS "  # noqa: S608
            f"(SELECT 1 FROM users WHERE users.id = t.user_id) LIMIT {PROBLEMS_LISTED}"
        )
        for (number,) in orphans:
            yield f"row {number} of {table} refers to a missing row of users"


def _postgresql_damage(connection: Connection) -> Iterator[str]:
    invalid = text(
        "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "WHERE NOT i.indisvalid AND c.relname = ANY (:tables) LIMIT :shown"
    )
    for (index,) in connection.execute(invalid, {"tables": [*TABLES], "shown": PROBLEMS_LISTED}):
        yield f"the index {index} is invalid"


def _first_problems(rows: Any) -> Iterator[Any]:
    for _, row in zip(range(PROBLEMS_LISTED), rows, strict=False):
        yield row
