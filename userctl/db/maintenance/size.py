"""The size of a database, in bytes."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

from userctl.db.engine import read_only_connection
from userctl.db.lock import sqlite_file
from userctl.models import TABLES


class Size(NamedTuple):
    """The bytes of a database, those free for new rows, and those of refresh_tokens.

    On PostgreSQL the free bytes are estimated from the rows that are deleted and not yet vacuumed.
    SQLite does not report the size of a table, so the last is None.
    """

    total: int
    free: int
    refresh_tokens: int | None


def measure(engine: Engine) -> Size:
    """Return the size of a database: its files on SQLite, our tables and indexes on PostgreSQL."""
    if engine.dialect.name == "sqlite":
        return _measure_sqlite(engine)
    with read_only_connection(engine) as connection:
        return _measure_postgresql(connection)


def _measure_sqlite(engine: Engine) -> Size:
    path = sqlite_file(engine)
    total = 0
    for file in (path, Path(f"{path}-wal")):
        # The last connection that closes removes the log.
        with suppress(FileNotFoundError):
            total += file.stat().st_size
    with read_only_connection(engine) as connection:
        pages, bytes_each = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("freelist_count", "page_size")
        )
    return Size(total, pages * bytes_each, None)


def _measure_postgresql(connection: Connection) -> Size:
    total = free = tokens = 0
    query = text(
        "SELECT pg_total_relation_size(relid), n_dead_tup, n_live_tup "
        "FROM pg_stat_user_tables WHERE relid = to_regclass(:table)"
    )
    for table in TABLES:
        size, dead, live = connection.execute(query, {"table": table}).one()
        total += size
        free += size * dead // max(1, dead + live)
        tokens = size if table == "refresh_tokens" else tokens
    return Size(total, free, tokens)
