"""Reads values that Python cannot hold, so that one does not make a whole result unreadable."""

from typing import Any

import psycopg
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

_TIMES = ("timestamp", "timestamptz")
_TEXTS = ("text", "varchar", "bpchar", "name")


def register_loaders(connection: "psycopg.Connection[Any]") -> None:
    """Register loaders with which a connection reads times and texts of every kind.

    A time that Python does not know, such as ``infinity`` or one before Christ, is read as text. A
    server whose encoding is SQL_ASCII stores any bytes, which are read and written as they are.
    """
    adapters = connection.adapters
    for name in _TIMES:
        adapters.register_loader(name, _time_loader(adapters.get_loader(_oid(name), Format.TEXT)))
    if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        for name in _TEXTS:
            adapters.register_loader(name, _BytesLoader)
        adapters.register_dumper(str, _BytesDumper)
        # In UTF-8 the server would refuse to send bytes that are not UTF-8.
        connection.execute("SET client_encoding TO SQL_ASCII")
        connection.commit()


def _oid(name: str) -> int:
    info = psycopg.adapters.types[name]
    return info.oid


def _time_loader(native: Any) -> type[Loader]:
    class TimeLoader(Loader):
        """Reads a time, or the text of one that Python does not know."""

        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = native(oid, context).load

        def load(self, data: Any) -> Any:
            """Return the time or its text."""
            try:
                return self._load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return TimeLoader


class _BytesLoader(Loader):
    """Reads text of any bytes."""

    def load(self, data: Any) -> str:
        """Return the text; a byte that is not UTF-8 becomes a lone surrogate."""
        return bytes(data).decode("utf-8", "surrogateescape")


class _BytesDumper(Dumper):
    """Writes text of any bytes."""

    def dump(self, obj: str) -> bytes:
        """Return the bytes that the text was read from."""
        return obj.encode("utf-8", "surrogateescape")
