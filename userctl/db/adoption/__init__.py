"""Takes over the tables of an application in place: what there is to do, and doing it.

Nothing is built anew. What SQLite cannot change about a table, triggers make up for, because to
copy an application's table would lose what its author gave it: checks, collations and triggers.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from userctl.core.errors import AdoptionRefused, DatabaseNotMigrated, InvalidInput
from userctl.db.adoption.addresses import address_changes
from userctl.db.adoption.change import Change, is_problem, problem, step
from userctl.db.adoption.columns import TABLES, column_changes
from userctl.db.adoption.constraints import (
    reference_changes,
    tokens_end_changes,
    unique_changes,
    width_changes,
)
from userctl.db.adoption.contents import (
    account_warnings,
    id_changes,
    time_changes,
    token_changes,
    type_changes,
)
from userctl.db.adoption.names import names_in_the_way
from userctl.db.adoption.nulls import null_changes
from userctl.db.errors import typed_failures
from userctl.db.schema.migrations import first_revision, known, take_over
from userctl.db.schema.revisions import VERSION_TABLE, current_revision, foreign_tables, revisions
from userctl.schemas.adoption import AdoptionOptions, AdoptionStep


def plan(connection: Connection, order: AdoptionOptions) -> list[Change]:
    """Return what it takes to work on the tables of a database, in the order of doing it.

    Raises:
        DatabaseNotMigrated: if there is nothing to adopt.
        DatabaseTooNew: if a later userctl migrated it.
        InvalidInput: if tokens shall be in clear that userctl may have hashed already.
    """
    current, found = known(current_revision(connection)), foreign_tables(connection)
    tables = [table for table in TABLES if table in found]
    if current is not None and order.tokens_in_clear:
        raise InvalidInput(
            f"The database is at {current} already, and hashes of tokens would be hashed again.",
            hint="Leave out --tokens-in-clear.",
        )
    if not tables:
        raise DatabaseNotMigrated("There are no tables to adopt.")
    if "users" not in tables:
        return [problem("users", "users", "there is no such table, only one of refresh tokens")]
    changes = [change for table in tables for change in column_changes(connection, table)]
    if current is None:
        changes += names_in_the_way(connection)
    # Nothing can be asked about rows whose columns are not there.
    if not any(map(is_problem, changes)):
        changes += _row_changes(connection, order, tables)
        changes += _migrations(connection, current)
        changes += tokens_end_changes(connection)
    return changes


def adopt(
    connection: Connection, order: AdoptionOptions, *, prepare: Callable[[], object]
) -> list[AdoptionStep]:
    """Do what a plan says, and return it; that lasts if the transaction of the connection does.

    Args:
        connection: the database, whose schema has to be locked.
        order: how to go about it.
        prepare: called before the first change, if there is one.

    Raises:
        AdoptionRefused: if something stands in the way.
        UserctlError: as :func:`plan` does.
    """
    if connection.dialect.name == "postgresql":
        # Nobody may write what the plan has not seen, and no check may be left for later: that
        # would keep tables from being altered.
        if tables := foreign_tables(connection):
            connection.exec_driver_sql(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    changes = plan(connection, order)
    if problems := [change.record for change in changes if is_problem(change)]:
        raise AdoptionRefused(_refusal(problems))
    if changes:
        prepare()
    with _refusals():
        op = Operations(MigrationContext.configure(connection))
        for change in changes:
            if change.apply is not None:
                change.apply(op)
    return [change.record for change in changes]


def _row_changes(
    connection: Connection, order: AdoptionOptions, tables: Sequence[str]
) -> Iterator[Change]:
    for table in tables:
        yield from id_changes(connection, table)
        yield from null_changes(connection, table, order)
        yield from time_changes(connection, table)
        yield from type_changes(connection, table)
    yield from account_warnings(connection, order)
    yield from address_changes(connection)
    if "refresh_tokens" in tables:
        yield from token_changes(connection, order)
        yield from reference_changes(connection)
    else:
        yield step("refresh_tokens", "refresh_tokens", "create the table", _create_refresh_tokens)
    for table in tables:
        yield from unique_changes(connection, table)


def _create_refresh_tokens(op: Operations) -> None:
    with Operations.context(op.migration_context):
        first_revision().create_refresh_tokens()


def _migrations(connection: Connection, current: str | None) -> Iterator[Change]:
    pending = [revision for revision in revisions() if current is None or revision > current]
    if pending:
        yield step(
            VERSION_TABLE,
            pending[-1],
            f"run the migrations {', '.join(pending)}" if current else "stamp and run migrations",
            lambda op: take_over(op.get_bind()),
        )
    yield from width_changes(connection)
    if connection.dialect.name == "sqlite":
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        if mode != "wal":
            # Not inside a transaction: whoever has committed sees to it.
            yield step(None, "journal_mode", f"a write-ahead log instead of '{mode}'", None)


def _refusal(problems: Sequence[AdoptionStep]) -> str:
    count = "One problem stands" if len(problems) == 1 else f"{len(problems)} problems stand"
    first = problems[0]
    ids = f" (ids {', '.join(map(str, first.ids))})" if first.ids else ""
    return (
        f"{count} in the way and nothing was changed. "
        f"{first.table}.{first.subject}: {first.detail}{ids}."
    )


@contextmanager
def _refusals() -> Iterator[None]:
    """Refuse what a database cannot do, rather than fail as if that were a bug."""
    try:
        with typed_failures():
            yield
    except DBAPIError as error:
        primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
        raise AdoptionRefused(
            f"The database refused a step, and nothing was changed ({primary or error.orig})."
        ) from None
