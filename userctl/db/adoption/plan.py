"""The plan of an adoption: its steps, warnings, and problems to correct first."""

from collections.abc import Iterator, Sequence

from alembic.operations import Operations
from sqlalchemy import BigInteger, Connection, Integer

from userctl.core.errors import InvalidInput
from userctl.db.adoption.addresses import address_changes
from userctl.db.adoption.change import Change, is_problem, refuse_rejected_steps, step
from userctl.db.adoption.columns import column_changes
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
from userctl.db.adoption.renaming import rename_tables
from userctl.db.adoption.tables import find_tables, kind_problems, missing_users
from userctl.db.schema.migrations import first_revision, require_known_revision, upgrade_adopted
from userctl.db.schema.revisions import VERSION_TABLE, current_revision, revisions
from userctl.schemas.adoption import AdoptionOptions


def plan_adoption(
    connection: Connection, options: AdoptionOptions, *, lock: bool = False
) -> list[Change]:
    """Return the changes that adopting the tables of a database takes, in their order.

    Tables with other names than ours are renamed at once; a caller that only plans rolls back.

    Args:
        connection: the database.
        options: what the caller chose.
        lock: whether to lock the tables, because no row may change after the plan has read it.

    Raises:
        AdoptionRefused: if the database refuses to rename a table.
        DatabaseNotMigrated: if the database has no tables to adopt.
        DatabaseTooNew: if a newer userctl migrated it.
        InvalidInput: if tokens are declared as plaintext that userctl may already have hashed, or
            a chosen table does not exist.
    """
    current = require_known_revision(current_revision(connection))
    if current is not None and options.tokens_in_clear:
        raise InvalidInput(
            f"The database is already at revision {current}: token hashes would be hashed again.",
            hint="Remove --tokens-in-clear.",
        )
    names = find_tables(connection, options)
    if "users" not in names:
        return [missing_users(connection)]
    if problems := [*kind_problems(connection, names)]:
        return problems
    with refuse_rejected_steps():
        renames = [*rename_tables(connection, names)]
    tables = list(names)
    if lock and connection.dialect.name == "postgresql":
        # A table whose checks are deferred cannot be altered while one is pending.
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    changes = [change for table in tables for change in column_changes(connection, table)]
    if current is None:
        changes += name_changes(connection)
    # Rows cannot be queried by columns that are missing.
    if not any(map(is_problem, changes)):
        changes += _row_changes(connection, options, tables)
        changes += _migrations(connection, current)
        changes += token_trigger_changes(connection)
    return sorted([*renames, *changes], key=lambda change: change.late)


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
    yield from address_changes(connection, options)
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
    pending_revisions = [
        revision for revision in revisions() if current is None or revision > current
    ]
    if pending_revisions:
        yield step(
            VERSION_TABLE,
            pending_revisions[-1],
            f"run the migrations {', '.join(pending_revisions)}"
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
