"""What a database says of itself, for whoever looks for trouble."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from userctl.db.engine import READ_ONLY
from userctl.db.errors import typed_failures
from userctl.models import TABLES

_GUARDS = {
    "sqlite": {"audit_events_no_update", "audit_events_no_delete", "audit_events_no_replace"},
    "postgresql": {"audit_events_append_only"},
}
_REFERRING = ("refresh_tokens", "api_tokens")
TOKENS_END = "userctl_tokens_end"
"""The trigger that adopted tables of SQLite need."""

SHOWN = 5
"""How many problems of a kind are looked for."""


def describe(engine: Engine) -> str:
    """Return the name and the version of a database, and on a server the role that we are."""
    with _reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            return f"SQLite {connection.exec_driver_sql('SELECT sqlite_version()').scalar()}"
        version, role = connection.exec_driver_sql(
            "SELECT current_setting('server_version'), current_user"
        ).one()
        return f"PostgreSQL {version}, as role {role}"


def journal_mode(engine: Engine) -> str:
    """Return the journal mode of an SQLite database."""
    with _reading(engine) as connection:
        return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())


def damage(engine: Engine) -> list[str]:
    """Return what is damaged, or refers to what is not there; SQLite reads its whole file."""
    with _reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            return [*_sqlite_damage(connection)]
        return [*_orphans(connection), *_postgresql_damage(connection)]


def token_trouble(engine: Engine) -> list[str]:
    """Return what may let tokens of SQLite outlive their account."""
    with _reading(engine) as connection:
        found = [*_orphans(connection)]
        if lacks_trigger(connection):
            found.append(f"the trigger {TOKENS_END} is gone, which adopted tables need")
        return found


def missing_guards(engine: Engine) -> list[str]:
    """Return which triggers of the audit trail are not there, or not in force."""
    with _reading(engine) as connection:
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
        there = set(connection.exec_driver_sql(query).scalars())
        return sorted(_GUARDS[engine.dialect.name] - there)


def lacks_trigger(connection: Connection) -> bool:
    """Tell whether tables of SQLite lack the trigger that ends the tokens of an account.

    Those that userctl made need none: they give no id again, and their foreign keys cascade.
    """
    query = "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'users'"
    found = {str(name): str(sql) for name, sql in connection.exec_driver_sql(query)}
    keys = connection.exec_driver_sql("PRAGMA foreign_key_list(refresh_tokens)").mappings()
    cascades = [key["on_delete"] == "CASCADE" for key in keys if key["from"] == "user_id"]
    gives_ids_again = "AUTOINCREMENT" not in found.get("users", "").upper()
    return TOKENS_END not in found and (gives_ids_again or not cascades or not all(cascades))


def excess_privileges(engine: Engine) -> list[str]:
    """Return what the role on a server may do that userctl needs nowhere."""
    with _reading(engine) as connection:
        row = connection.exec_driver_sql(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls "
            "FROM pg_roles WHERE rolname = current_user"
        ).one()
        powers = ("superuser", "create roles", "create databases", "replicate", "bypass policies")
        return [power for power, has in zip(powers, row, strict=True) if has]


def missing_privileges(engine: Engine) -> list[str]:
    """Return what the role on a server may not do to our tables, and needs to."""
    needed = [(t, p) for t in TABLES for p in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    with _reading(engine) as connection:
        numbers = text(
            "SELECT has_sequence_privilege(pg_get_serial_sequence(:table, 'id'), 'USAGE')"
        )
        lacks = [
            f"USAGE on the sequence of {table}"
            for table in ("users", *_REFERRING)
            if connection.execute(numbers, {"table": table}).scalar() is False
        ]
        return lacks + [
            f"{privilege} on {table}"
            for table, privilege in needed
            if (table, privilege) not in {("audit_events", "UPDATE"), ("audit_events", "DELETE")}
            and not connection.execute(
                text("SELECT has_table_privilege(:table, :privilege)"),
                {"table": table, "privilege": privilege},
            ).scalar()
        ]


def _sqlite_damage(connection: Connection) -> Iterator[str]:
    for (found,) in connection.exec_driver_sql(f"PRAGMA integrity_check({SHOWN})"):
        if found != "ok":
            yield str(found)
    for row in _first(connection.exec_driver_sql("PRAGMA foreign_key_check")):
        yield f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there"


def _orphans(connection: Connection) -> Iterator[str]:
    """Yield tokens of nobody, whom no foreign key may know."""
    for table in _REFERRING:
        orphans = connection.exec_driver_sql(
            f"SELECT id FROM {table} t WHERE NOT EXISTS "  # noqa: S608
            f"(SELECT 1 FROM users WHERE users.id = t.user_id) LIMIT {SHOWN}"
        )
        for (number,) in orphans:
            yield f"row {number} of {table} refers to a row of users that is not there"


def _postgresql_damage(connection: Connection) -> Iterator[str]:
    invalid = text(
        "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "WHERE NOT i.indisvalid AND c.relname = ANY (:tables) LIMIT :shown"
    )
    for (index,) in connection.execute(invalid, {"tables": [*TABLES], "shown": SHOWN}):
        yield f"the index {index} is not valid"


def _first(rows: Any) -> Iterator[Any]:
    for _, row in zip(range(SHOWN), rows, strict=False):
        yield row


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    options = {READ_ONLY: True, "postgresql_readonly": True}
    with typed_failures(), engine.execution_options(**options).connect() as connection:
        yield connection
