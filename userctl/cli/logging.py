"""Logs to standard error, if --verbose asks for it."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import uuid4

from userctl.cli.output.render import write_error
from userctl.core.text import rfc3339

_LEVELS: tuple[dict[str, int], ...] = (
    {},
    {"userctl": logging.INFO, "alembic": logging.INFO},
    {"userctl": logging.DEBUG, "alembic": logging.INFO, "sqlalchemy.engine": logging.INFO},
)
"""The level of each logger by verbosity: nothing, each step, SQL statements too."""


class _LineHandler(logging.Handler):
    """Writes each record as a line with the id of the run and, if it has one, of its trace.

    Args:
        as_json: whether the lines are JSON.
        trace: the fields that identify the trace.
    """

    def __init__(self, *, as_json: bool, trace: Mapping[str, str]) -> None:
        super().__init__()
        self._as_json = as_json
        self._run = {"run": uuid4().hex[:12], **trace}

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        line = {
            "time": rfc3339(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            **self._run,
            "logger": record.name,
            "message": " ".join(record.getMessage().split()),
        }
        write_error(json.dumps(line) if self._as_json else " ".join(line.values()))


@contextmanager
def log_to_stderr(
    verbosity: int, *, as_json: bool, trace: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """Write log records to standard error within the block.

    Args:
        verbosity: 0 for nothing, not even warnings of libraries; 1 for each step; 2 for SQL too.
        as_json: whether each line is JSON.
        trace: the fields that identify the trace of the run.
    """
    levels = _LEVELS[min(verbosity, len(_LEVELS) - 1)]
    # Without a handler, Python itself would write warnings to standard error.
    handler = _LineHandler(as_json=as_json, trace=trace) if levels else logging.NullHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for name in levels:
            logging.getLogger(name).setLevel(logging.NOTSET)
