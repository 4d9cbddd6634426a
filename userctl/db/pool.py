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
from userctl.db.postgresql.session import has_ended

FORK_PATIENCE_SECONDS = 30
"""How long a fork waits for calls: one of them may wait for the fork itself."""


def pool_options(settings: Settings) -> Mapping[str, Any]:
    """Return the settings of the pool, as arguments of ``sqlalchemy.create_engine``."""
    return {
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout,
        "pool_pre_ping": settings.pre_ping,
    }


def replace_if_ended(connection: Any, _record: Any, _proxy: Any) -> None:
    """Make the pool replace a connection to PostgreSQL that ended while it was idle.

    The server may have a timeout for idle sessions, or have restarted meanwhile.
    """
    if has_ended(connection):
        raise DisconnectionError


class _Calls:
    """The library calls in progress: a fork waits for them, and new calls wait for a fork.

    If a process forks while another thread holds a lock, the child never gets that lock: Python
    locks imports, and SQLAlchemy much of what it does for the first time. And SQLite remembers in
    memory which locks the process has on a file. The child would inherit that memory without the
    locks: to it, a transaction of its parent would never end, and another process could delete the
    write-ahead log that it has just committed to. So idle connections to SQLite are closed before a
    fork too. Every child gets pools of its own.
    """

    def __init__(self) -> None:
        self._engines: WeakSet[Engine] = WeakSet()
        self._inherited_pools: list[Pool] = []
        self._start()
        os.register_at_fork(
            before=self._prepare, after_in_parent=self._resume, after_in_child=self._renew
        )

    def _start(self) -> None:
        self._condition = Condition()
        self._depths: dict[int, int] = {}
        self._forks = 0

    def renew_after_fork(self, engine: Engine) -> None:
        """Give the engine a pool of its own in each process."""
        with self._condition:
            self._engines.add(engine)

    def __enter__(self) -> None:
        thread_id = get_ident()
        depth = self._depths.get(thread_id, 0)
        # A thread first announces its call and then looks for a fork; a fork does the opposite.
        # So neither misses the other, without a lock in each call.
        self._depths[thread_id] = depth + 1
        if self._forks and not depth:
            with self._condition:
                del self._depths[thread_id]
                self._condition.notify_all()
                self._condition.wait_for(lambda: not self._forks)
                self._depths[thread_id] = 1

    def __exit__(self, *_: object) -> None:
        thread_id = get_ident()
        # A child that was forked within a call began without any.
        depth = self._depths.get(thread_id, 1) - 1
        if depth:
            self._depths[thread_id] = depth
            return
        self._depths.pop(thread_id, None)
        if self._forks:
            with self._condition:
                self._condition.notify_all()

    def _prepare(self) -> None:
        own_thread = {get_ident()}
        with self._condition:
            self._forks += 1
            self._condition.wait_for(lambda: set(self._depths) <= own_thread, FORK_PATIENCE_SECONDS)
            for engine in self._engines:
                if engine.dialect.name == "sqlite":
                    engine.dispose()

    def _resume(self) -> None:
        with self._condition:
            self._forks -= 1
            self._condition.notify_all()

    def _renew(self) -> None:
        # The threads of the parent do not exist here, and one of them may have the lock.
        self._start()
        for engine in self._engines:
            # The connections belong to the parent: closing them here would end them there, so the
            # pool is kept and never used.
            self._inherited_pools.append(engine.pool)
            engine.dispose(close=False)


calls = _Calls()
"""The context of each library call."""


class ClosingPool(QueuePool):
    """A pool that also closes connections which were in use when it was disposed of."""

    # Otherwise the log would tell of each pool, under the name of this class.
    _sqla_logger_namespace = "sqlalchemy.pool.impl.QueuePool"

    _is_closed = False

    def dispose(self) -> None:
        """Close idle connections now, and those in use when they are returned."""
        self._is_closed = True
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if self._is_closed:
            # The record stays: a thread that waits for it connects anew.
            record.close()
        super()._do_return_conn(record)
