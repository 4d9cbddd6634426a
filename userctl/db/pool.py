"""The pool of connections: its size, and what happens to it when the process is forked."""

import os
from collections.abc import Mapping
from threading import Condition, get_ident
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, Pool, QueuePool
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from userctl.config.settings import Settings
from userctl.db.postgresql.session import was_ended

FORK_PATIENCE_SECONDS = 30
"""How long a fork waits for calls: one of them may wait for the fork itself."""


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


class _Calls:
    """The calls of the library in progress, for which a fork waits, and which wait for a fork.

    In a process that was forked while another thread holds a lock, that lock is held for ever:
    Python has some around imports, and SQLAlchemy around much that it does first. And SQLite knows
    from its memory which locks the process has on a file. The child would inherit that memory
    without the locks: to it, a transaction of its parent would never end, and another process could
    delete the write-ahead log that it has just committed to. So idle connections to SQLite are
    closed before a fork too. Every child gets pools of its own.
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
        self._depths: dict[int, int] = {}
        self._forking = 0

    def renew_after_fork(self, engine: Engine) -> None:
        """Let the engine have a pool of its own in each process."""
        with self._changed:
            self._engines.add(engine)

    def __enter__(self) -> None:
        own = get_ident()
        depth = self._depths.get(own, 0)
        # A thread says so first and looks for a fork then, and a fork does the opposite. So none
        # of both is missed, without a lock in each call.
        self._depths[own] = depth + 1
        if self._forking and not depth:
            with self._changed:
                del self._depths[own]
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self._forking)
                self._depths[own] = 1

    def __exit__(self, *_: object) -> None:
        own = get_ident()
        # A child that was forked within a call began without any.
        depth = self._depths.get(own, 1) - 1
        if depth:
            self._depths[own] = depth
            return
        self._depths.pop(own, None)
        if self._forking:
            with self._changed:
                self._changed.notify_all()

    def _prepare(self) -> None:
        own = {get_ident()}
        with self._changed:
            self._forking += 1
            self._changed.wait_for(lambda: set(self._depths) <= own, FORK_PATIENCE_SECONDS)
            for engine in self._engines:
                if engine.dialect.name == "sqlite":
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


calls = _Calls()
"""To be entered for as long as a call takes."""


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
