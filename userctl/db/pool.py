"""The pool of connections: its size, and what happens to it in a process that is forked."""

import os
import weakref
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Pool
from sqlalchemy.exc import DisconnectionError

from userctl.config.settings import Settings
from userctl.db.postgresql.session import was_ended


@dataclass(frozen=True)
class PoolOptions:
    """How many connections an engine keeps.

    Attributes:
        size: how many stay open.
        overflow: how many more may be open at once.
        timeout: for how many seconds a caller waits for one before it fails.
        pre_ping: whether each is tested with a statement before it is used.
    """

    size: int = 5
    overflow: int = 10
    timeout: int = 30
    pre_ping: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of ``sqlalchemy.create_engine``."""
        return {
            "pool_size": self.size,
            "max_overflow": self.overflow,
            "pool_timeout": self.timeout,
            "pool_pre_ping": self.pre_ping,
        }


def pool_options(settings: Settings) -> PoolOptions:
    """Return the options that the settings choose."""
    return PoolOptions(
        settings.pool_size, settings.max_overflow, settings.pool_timeout, settings.pre_ping
    )


def renew_after_fork(engine: Engine) -> None:
    """Give the engine a pool of its own in every process that is forked from this one.

    The connections stay with the parent: closing them here would end them there, so that the pool
    is kept, and never used.
    """
    found = weakref.ref(engine)
    inherited: list[Pool] = []

    def renew() -> None:
        if (engine := found()) is not None:
            inherited.append(engine.pool)
            engine.dispose(close=False)

    os.register_at_fork(after_in_child=renew)


def replace_if_ended(connection: Any, _record: Any, _proxy: Any) -> None:
    """Let the pool replace a connection to PostgreSQL that was ended while it was idle.

    The server may have a timeout for idle sessions, or have restarted meanwhile.
    """
    if was_ended(connection):
        raise DisconnectionError
