"""The pool of connections: its size, and what happens to it when the process is forked."""

import os
from collections.abc import Callable, Mapping
from threading import Condition, get_ident
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, Pool, QueuePool
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from userctl.config.settings import Settings
from userctl.db.postgresql.session import was_ended

FORK_PATIENCE_SECONDS = 30
"""How long a fork waits for transactions on SQLite: one of them may wait for the fork itself."""


def pool_options(settings: Settings) -> Mapping[str, Any]:
    """Return what the settings say of the pool, as arguments of ``sqlalchemy.create_engine``."""
    return {
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout,
        "pool_pre_ping": settings.pre_ping,
    }


def replace_if_ended(connection: Any, _record: Any, _proxy: Any) -> None:
    """Let the pool replace a connection to PostgreSQL that was ended while it was idle.

    The server may have a timeout for idle sessions, or have restarted meanwhile.
    """
    if was_ended(connection):
        raise DisconnectionError


class _Forks:
    """Gives the engines pools of their own in every process that is forked from this one.

    SQLite knows from its memory which locks the process has on a file. The child would inherit
    that memory without the locks: to it, a transaction of its parent would never end, and another
    process could delete the write-ahead log that it has just committed to. So a fork waits until
    no other thread uses a connection to SQLite, and those that are idle are closed before it.
    """

    def __init__(self) -> None:
        self._engines: WeakSet[Engine] = WeakSet()
        self._inherited: list[Pool] = []
        self._start()
        os.register_at_fork(
            before=self._prepare, after_in_parent=self._resume, after_in_child=self._renew
        )

    def _start(self) -> None:
        self._changed = Condition()
        self._threads: dict[object, int] = {}
        self._forking = 0

    def add(self, engine: Engine) -> None:
        """Let the engine have a pool of its own in each process."""
        with self._changed:
            self._engines.add(engine)

    def take(self, get: Callable[[], ConnectionPoolEntry]) -> ConnectionPoolEntry:
        """Return a connection to SQLite, which this thread uses from now on; not during a fork."""
        own = get_ident()
        # A thread says so first and looks for a fork then, and a fork does the opposite. So none
        # of both is missed, without a lock in each transaction.
        self._threads[own] = own
        if self._forking:
            self._wait(own)
        try:
            entry = get()
            self._threads[entry] = own
        finally:
            # SQLAlchemy may get here again within the same call.
            self._threads.pop(own, None)
            self._tell()
        return entry

    def give_back(self, entry: ConnectionPoolEntry) -> None:
        """Take note that a connection is idle, or closed."""
        self._threads.pop(entry, None)
        self._tell()

    def _wait(self, own: int) -> None:
        with self._changed:
            del self._threads[own]
            # The fork waits for a thread that has another connection.
            if own not in self._threads.values():
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self._forking)
            self._threads[own] = own

    def _tell(self) -> None:
        if self._forking:
            with self._changed:
                self._changed.notify_all()

    def _prepare(self) -> None:
        own = get_ident()
        with self._changed:
            self._forking += 1
            self._changed.wait_for(
                lambda: set(self._threads.values()) <= {own}, FORK_PATIENCE_SECONDS
            )
            for engine in self._engines:
                if isinstance(engine.pool, SqlitePool):
                    engine.dispose()

    def _resume(self) -> None:
        with self._changed:
            self._forking -= 1
            self._changed.notify_all()

    def _renew(self) -> None:
        # The threads of the parent do not exist here, and one of them may have the lock.
        self._start()
        for engine in self._engines:
            # The connections stay with the parent: closing them here would end them there, so that
            # the pool is kept, and never used.
            self._inherited.append(engine.pool)
            engine.dispose(close=False)


_forks = _Forks()

renew_after_fork = _forks.add


class ClosingPool(QueuePool):
    """A pool that leaves no connection open which was in use when it was closed."""

    # Otherwise the log would tell of each pool, under the name of this class.
    _sqla_logger_namespace = "sqlalchemy.pool.impl.QueuePool"

    _is_closed = False

    def dispose(self) -> None:
        """Close what is idle now, and what is in use when it is returned."""
        self._is_closed = True
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if self._is_closed:
            # The record stays: a thread that waits for it connects anew.
            record.close()
        super()._do_return_conn(record)


class SqlitePool(ClosingPool):
    """A pool of connections to SQLite, none of which a forked process inherits in use."""

    def _do_get(self) -> ConnectionPoolEntry:
        return _forks.take(super()._do_get)

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        try:
            super()._do_return_conn(record)
        finally:
            _forks.give_back(record)
