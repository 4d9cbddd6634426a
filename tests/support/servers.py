"""Runs servers in the background, which end when the tests do, even if those are killed."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

PATIENCE_SECONDS = 60

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 2**30

_WATCH = 'signal=$1; shift; "$@" & echo $!; read -r _; kill -s "$signal" $!; wait $!'
"""A shell that ends the server when its own input ends, which only the tests write."""


def files_folder() -> Path:
    """Return where servers keep their files, which are not needed after the tests.

    That is in memory if there is room: creating a database there, as hundreds of tests do, takes
    a fifth of the time.
    """
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())


@contextmanager
def run_server(
    command: Sequence[str], *, log: Path, signal: str, user: str | None = None
) -> Iterator[int]:
    """Run a server and yield its process id.

    Args:
        command: what to run; it has to stay in the foreground.
        log: the file that gets its messages.
        signal: the name of the signal that ends it.
        user: the user that it runs as, if that is another one.
    """
    with (
        log.open("ab") as messages,
        subprocess.Popen(
            ["sh", "-c", _WATCH, "sh", signal, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            cwd=log.parent,
            user=user,
            # Ctrl-C is for the tests, which then end their servers in order.
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            # Its children write to the same pipe, so all are gone when that ends.
            process.communicate(timeout=60)


def wait_until(condition: Callable[[], bool]) -> None:
    """Check a condition repeatedly, until it holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "The condition never held."
        time.sleep(0.01)


def accepts_connections(url: str) -> bool:
    """Return whether a database accepts connections."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
