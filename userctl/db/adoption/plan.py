"""The plan of an adoption: what has to be done, what to know, and what to correct first."""

from collections.abc import Iterator, Sequence

from alembic.operations import Operations
from sqlalchemy import BigInteger, Connection, Integer

from userctl.core.errors import DatabaseNotMigrated, InvalidInput
from userctl.db.adoption.addresses import address_changes
from userctl.db.adoption.change import Change, is_problem, problem, step
from userctl.db.adoption.columns import TABLES, column_changes
from userctl.db.adoption.constraints import (
    reference_changes,
    token_trigger_changes,
    unique_changes,
    width_changes,
)
from userctl.db.adoption.contents import (
    time_changes,
    token_changes,
    type_changes,
    user_warnings,
)
from userctl.db.adoption.encodings import name_warnings, text_changes
from userctl.db.adoption.names import name_changes
from userctl.db.adoption.nulls import null_changes
from userctl.db.schema.migrations import first_revision, require_known, upgrade_adopted
from userctl.db.schema.revisions import VERSION_TABLE, current_revision, foreign_tables, revisions
from userctl.schemas.adoption import AdoptionOptions


def plan_adoption(connection: Connection, options: AdoptionOptions) -> list[Change]:
    """Return the changes that adopting the tables of a database takes, in their order.

    Raises:
        DatabaseNotMigrated: if the database has no tables to adopt.
        DatabaseTooNew: if a newer userctl migrated it.
        InvalidInput: if tokens are said to be plaintext that userctl may have hashed already.
    """
    current, found = require_known(current_revision(connection)), foreign_tables(connection)
    tables = [table for table in TABLES if table in found]
    if current is not None and options.tokens_in_clear:
        raise InvalidInput(
            f"The database is already at revision {current}: token hashes would be hashed again.",
            hint="Remove --tokens-in-clear.",
        )
    if not tables:
        raise DatabaseNotMigrated("The database has no tables to adopt.")
    if "users" not in tables:
        return [problem("users", "users", "the table is missing; only refresh_tokens exists")]
    changes = [change for table in tables for change in column_changes(connection, table)]
    if current is None:
        changes += name_changes(connection)
    # Rows cannot be queried by columns that are missing.
    if not any(map(is_problem, changes)):
        changes += _row_changes(connection, options, tables)
        changes += _migrations(connection, current)
        changes += token_trigger_changes(connection)
    return changes


def _row_changes(
    connection: Connection, options: AdoptionOptions, tables: Sequence[str]
) -> Iterator[Change]:
    for table in tables:
        yield from null_changes(connection, table, options)
        yield from time_changes(connection, table)
        yield from type_changes(connection, table)
        yield from text_changes(connection, table)
    yield from user_warnings(connection, options)
    yield from name_warnings(connection)
    yield from address_changes(connection)
    if "refresh_tokens" in tables:
        yield from token_changes(connection, options)
        yield from reference_changes(connection)
    else:
        yield step("refresh_tokens", "refresh_tokens", "create the table", _create_refresh_tokens)
    for table in tables:
        yield from unique_changes(connection, table)


def _create_refresh_tokens(op: Operations) -> None:
    kind = Integer if op.get_bind().dialect.name == "sqlite" else BigInteger
    with Operations.context(op.migration_context):
        first_revision().create_refresh_tokens(kind)


def _migrations(connection: Connection, current: str | None) -> Iterator[Change]:
    pending = [revision for revision in revisions() if current is None or revision > current]
    if pending:
        yield step(
            VERSION_TABLE,
            pending[-1],
            f"run the migrations {', '.join(pending)}"
            if current
            else "record the schema version and run the migrations",
            lambda op: upgrade_adopted(op.get_bind()),
        )
    yield from width_changes(connection)
    if connection.dialect.name == "sqlite":
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        if mode != "wal":
            # The journal mode cannot change inside a transaction, so the caller does it afterwards.
            yield step(None, "journal_mode", f"switch from '{mode}' to a write-ahead log", None)
