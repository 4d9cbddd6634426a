"""Commits a transaction, and finds out what happened if the connection is lost meanwhile."""

import time
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import Session

from userctl.core import errors
from userctl.repositories.transactions import SERVER

ATTEMPTS = 20
PAUSE_SECONDS = 0.25


def commit(work: Session | Connection, engine: Engine, transaction: Sequence[str] | None) -> None:
    """Commit, and if the connection breaks meanwhile, find out the outcome.

    PostgreSQL remembers the outcome of recent transactions (``pg_xact_status``), so a new
    connection asks for it. A server that crashed, or a standby that was promoted, may reuse a
    transaction id that had not been written to disk, and so must not be asked. SQLite needs none of
    this, because it has no connection to lose.

    Args:
        work: the session or the connection.
        engine: its engine.
        transaction: what identifies the transaction on PostgreSQL; None if it is not known.

    Raises:
        DatabaseUnreachable: if the transaction was rolled back.
        CommitUnknown: if the outcome could not be found out.
    """
    if engine.dialect.name != "postgresql":
        work.commit()
        return
    if transaction is None:
        query = text(f"SELECT pg_current_xact_id_if_assigned()::text, {SERVER}")
        transaction = work.execute(query).one()
    number, server = transaction
    try:
        work.commit()
    except DBAPIError as error:
        if number is None or not error.connection_invalidated:
            raise
        if not _was_committed(engine, number, server):
            raise errors.DatabaseUnreachable(
                "The connection to the database was lost; nothing was changed."
            ) from error


def _was_committed(engine: Engine, transaction: str, server: str) -> bool:
    query = text(f"SELECT CASE WHEN {SERVER} = :server THEN pg_xact_status(CAST(:id AS xid8)) END")
    values = {"id": transaction, "server": server}
    status = "in progress"
    for _ in range(ATTEMPTS):
        try:
            with engine.connect() as connection:
                status = connection.scalar(query, values)
        except SQLAlchemyError:
            break
        if status != "in progress":
            break
        # The server may not have noticed yet that the client disconnected.
        time.sleep(PAUSE_SECONDS)
    if status not in {"committed", "aborted"}:
        raise errors.CommitUnknown(
            "The connection was lost during COMMIT, and whether the change was made is unknown."
        )
    return bool(status == "committed")
