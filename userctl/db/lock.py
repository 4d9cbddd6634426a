"""Work that one process at a time does on a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine, text

from userctl.core.file_lock import try_file_lock
from userctl.db.engine import READ_ONLY
from userctl.db.errors import typed_failures


@contextmanager
def try_lock(engine: Engine, work: str) -> Iterator[bool]:
    """Keep other processes from the same work meanwhile, and tell whether it is ours to do.

    Nobody waits. Whatever ends the process ends its claim too, so that one that was killed is in
    nobody's way.

    Args:
        engine: the database.
        work: a word for the work.

    Raises:
        DatabaseNotReady: if the database cannot be reached.
        InputOutputFailed: if no lock can be made beside an SQLite file.
    """
    if engine.dialect.name == "sqlite":
        path = sqlite_file(engine)
        with try_file_lock(path.with_name(f"{path.name}.{work}.lock")) as free:
            yield free
        return
    key = int.from_bytes(sha256(f"userctl {work}".encode()).digest()[:8], signed=True)
    # Bound to an open transaction, because PgBouncer hands a session on. Between two statements
    # it holds no snapshot, so nothing that is deleted meanwhile is kept for it.
    with typed_failures(), engine.connect() as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        query = text("SELECT pg_try_advisory_xact_lock(:key)")
        ours = bool(connection.scalar(query, {"key": key}))
        if not ours:
            # PgBouncer has few connections, and who does the work needs them.
            connection.rollback()
        try:
            yield ours
        except BaseException:
            # What ended the work may have taken this connection too, whose end would then fail
            # and hide it.
            connection.invalidate()
            raise


def sqlite_file(engine: Engine) -> Path:
    """Return where the file of an SQLite database lies."""
    with typed_failures(), engine.execution_options(**{READ_ONLY: True}).connect() as connection:
        # The file is the first; the second holds temporary tables, if somebody asked for them.
        return Path(connection.exec_driver_sql("PRAGMA database_list").all()[0][2])
