"""What the program tells of its own work, on standard error and only if it is asked to."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from userctl.cli.output.render import write_error
from userctl.core.text import rfc3339

_LEVELS: tuple[dict[str, int], ...] = (
    {},
    {"userctl": logging.INFO, "alembic": logging.INFO},
    {"userctl": logging.DEBUG, "alembic": logging.INFO, "sqlalchemy.engine": logging.INFO},
)
"""What is told of by whom: nothing, what is done, and with which statements."""


class _Lines(logging.Handler):
    """Writes each record as a line that names the run.

    Args:
        as_json: whether the lines are JSON.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._run = uuid4().hex[:12]

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        line = {
            "time": rfc3339(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "run": self._run,
            "logger": record.name,
            "message": " ".join(record.getMessage().split()),
        }
        write_error(json.dumps(line) if self._as_json else " ".join(line.values()))


@contextmanager
def logging_to_stderr(verbosity: int, *, as_json: bool) -> Iterator[None]:
    """Write what is logged meanwhile to standard error.

    Args:
        verbosity: 0 for nothing, not even warnings of libraries; 1 for what is done; 2 for all.
        as_json: whether each line is JSON.
    """
    levels = _LEVELS[min(verbosity, len(_LEVELS) - 1)]
    # Without any handler Python would write warnings by itself.
    handler = _Lines(as_json=as_json) if levels else logging.NullHandler()
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
