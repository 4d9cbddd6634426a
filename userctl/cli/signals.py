"""Signals that end a command between two steps of its work."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from userctl.cli.errors import INTERRUPTED, TERMINATED

_EXIT_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class StopRequest:
    """Whether a signal asked the command to stop, and the exit code for that signal."""

    exit_code: int | None = None

    def __call__(self) -> bool:
        """Return whether to stop."""
        return self.exit_code is not None


@contextmanager
def defer_signals() -> Iterator[StopRequest]:
    """Record the first SIGINT or SIGTERM instead of unwinding; a second one acts as usual."""
    request = StopRequest()
    # An ignored signal stays ignored: nohup and background jobs of a shell rely on that.
    found = {number: signal.getsignal(number) for number in _EXIT_CODES}
    previous = {number: old for number, old in found.items() if callable(old)}

    def restore() -> None:
        for number, old in previous.items():
            signal.signal(number, old)

    def record(number: int, _frame: object) -> None:
        request.exit_code = _EXIT_CODES[signal.Signals(number)]
        restore()

    for number in previous:
        signal.signal(number, record)
    try:
        yield request
    finally:
        restore()
