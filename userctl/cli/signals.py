"""Signals that end a command between two steps of its work, or at a prompt."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from userctl.cli.errors import INTERRUPTED, TERMINATED

_EXIT_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}
_WAKE_SECONDS = 0.5


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
    handlers = {number: signal.getsignal(number) for number in _EXIT_CODES}
    previous = {number: handler for number, handler in handlers.items() if callable(handler)}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def record(number: int, _frame: object) -> None:
        request.exit_code = _EXIT_CODES[signal.Signals(number)]
        restore()

    for number in previous:
        signal.signal(number, record)
    try:
        yield request
    finally:
        restore()


@contextmanager
def wake_at_signals() -> Iterator[None]:
    """Make what waits for a person end at SIGINT and SIGTERM, whenever they arrive.

    Python runs handlers between two of its instructions. If a signal arrives between the last of
    them and the read, its handler would wait until something is typed. So the read is interrupted
    periodically.
    """
    previous = signal.signal(signal.SIGALRM, lambda _number, _frame: None)
    signal.setitimer(signal.ITIMER_REAL, _WAKE_SECONDS, _WAKE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
