"""The pool of connections: its size, and what happens to it in a process that is forked."""

import os
import weakref
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, Pool
from sqlalchemy.exc import DisconnectionError

from userctl.config.settings import Settings
from userctl.db.postgresql.session import was_ended


def pool_options(settings: Settings) -> Mapping[str, Any]:
    """Return what the settings say of the pool, as arguments of ``sqlalchemy.create_engine``."""
    return {
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout,
        "pool_pre_ping": settings.pre_ping,
    }


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
