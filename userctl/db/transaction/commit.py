"""A COMMIT whose outcome is not left to a guess."""

import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import Session

from userctl.core import errors

ATTEMPTS = 20
PAUSE_SECONDS = 0.25

_SERVER = "ROW(pg_postmaster_start_time(), pg_stat_get_bgwriter_stat_reset_time())::text"
"""Tells a server from any other, and from itself before a crash, which forgets its statistics."""


def commit(session: Session, engine: Engine) -> None:
    """Commit, and where the connection breaks meanwhile find out what became of it.

    PostgreSQL keeps the fate of recent transactions (``pg_xact_status``), so it is asked over a
    new connection. A server that crashed, or a standby in its place, gives numbers that it had
    not written down yet to other transactions, and so cannot be asked. SQLite needs no such thing:
    there is nothing between it and the file.

    Raises:
        DatabaseUnreachable: if the transaction was rolled back.
        CommitUnknown: if nobody could be asked.
    """
    if engine.dialect.name != "postgresql":
        session.commit()
        return
    query = text(f"SELECT pg_current_xact_id_if_assigned()::text, {_SERVER}")
    transaction, server = session.execute(query).one()
    try:
        session.commit()
    except DBAPIError as error:
        if transaction is None or not error.connection_invalidated:
            raise
        if not _was_committed(engine, transaction, server):
            raise errors.DatabaseUnreachable(
                "The connection to the database was lost; nothing was changed."
            ) from error


def _was_committed(engine: Engine, transaction: str, server: str) -> bool:
    query = text(f"SELECT CASE WHEN {_SERVER} = :server THEN pg_xact_status(CAST(:id AS xid8)) END")
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
        # The server may not have noticed yet that its client is gone.
        time.sleep(PAUSE_SECONDS)
    if status not in {"committed", "aborted"}:
        raise errors.CommitUnknown(
            "The connection was lost during COMMIT, and whether the change was made is unknown."
        )
    return bool(status == "committed")
