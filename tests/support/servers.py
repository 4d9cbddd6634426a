"""Runs a server in the background, which ends when the tests do, also when they are killed."""

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
"""A shell that ends the server when its own input ends, which nobody but the tests writes."""


def files_folder() -> Path:
    """Return where servers keep their files, which none needs after the tests.

    That is in memory where there is room: to create a database there, as hundreds of tests do,
    takes a fifth of the time.
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
        log: the file to which it writes what it tells.
        signal: the name of the signal that ends it.
        user: whom it runs as, if that is somebody else.
    """
    with (
        log.open("ab") as told,
        subprocess.Popen(
            ["sh", "-c", _WATCH, "sh", signal, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
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
    """Ask again and again, until something is so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "It never came to that."
        time.sleep(0.01)


def accepts_connections(url: str) -> bool:
    """Tell whether a database can be connected to."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
