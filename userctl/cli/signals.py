"""Signals that end a command between two steps of its work."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from userctl.cli.errors import INTERRUPTED, TERMINATED

_EXIT_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class StopRequest:
    """Whether a signal asked to stop, and the exit code that tells of it."""

    exit_code: int | None = None

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return self.exit_code is not None


@contextmanager
def deferred_signals() -> Iterator[StopRequest]:
    """Note SIGINT and SIGTERM instead of unwinding at once; the second one acts as ever."""
    request = StopRequest()
    # One that is ignored, as nohup and shells in the background see to, stays so.
    found = {number: signal.getsignal(number) for number in _EXIT_CODES}
    previous = {number: old for number, old in found.items() if callable(old)}

    def restore() -> None:
        for number, old in previous.items():
            signal.signal(number, old)

    def note(number: int, _frame: object) -> None:
        request.exit_code = _EXIT_CODES[signal.Signals(number)]
        restore()

    for number in previous:
        signal.signal(number, note)
    try:
        yield request
    finally:
        restore()
