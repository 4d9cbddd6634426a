"""A replicated pair of real PostgreSQL servers whose primary may die."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.postgres import create_database, packaged_server
from tests.support.servers import (
    PATIENCE_SECONDS,
    accepts_connections,
    files_folder,
    run_server,
    wait_until,
)


class Cluster:
    """A primary, and a standby that has every commit before it is acknowledged.

    Args:
        folder: where the servers keep their files and sockets; a short path.
        ends: ends the servers.

    Attributes:
        url: a URL with both hosts.
        writable: the same for psycopg, which has to be told that it wants the primary.
    """

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self._folder, self._ends = folder, ends
        self._asleep: int | None = None
        data = folder / "5432"
        package = packaged_server(data, start=False)
        package.ensure_pgdata_inited()
        self._programs, self._user = package.bin_path, package.system_user
        if self._user is not None:
            shutil.chown(folder, self._user)
        self.url = f"postgresql://postgres@/accounts?host={folder},{folder}&port=5432,5433"
        self.writable = f"{self.url}&target_session_attrs=read-write"
        self._primary, self._standby = (self._server(port) for port in (5432, 5433))
        # As an option, which the standby does not inherit: once promoted it has no standby.
        self._pid = self._start(5432, "-c", "synchronous_standby_names=*")
        self._copy(5432, 5433)
        self._start(5433)
        create_database(self._primary, "accounts")

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement on whichever server is the primary, and return its rows."""
        return _run(self.writable, statement)

    def kill_primary(self) -> None:
        """Kill the primary; its backend processes notice that and end."""
        os.kill(self._pid, signal.SIGKILL)

    def promote_standby(self) -> None:
        """Make the standby the primary."""
        self._wake_standby()
        promoted = f"SELECT pg_promote(true, {PATIENCE_SECONDS})"
        assert _run(self._standby, promoted) == [(True,)]

    @contextmanager
    def standby_asleep(self) -> Iterator[None]:
        """Keep everything from reaching the standby, so that no commit is acknowledged."""
        [(receiver,)] = _run(self._standby, "SELECT pid FROM pg_stat_wal_receiver")
        os.kill(receiver, signal.SIGSTOP)
        self._asleep = receiver
        try:
            yield
        finally:
            self._wake_standby()

    def _wake_standby(self) -> None:
        if self._asleep is not None:
            os.kill(self._asleep, signal.SIGCONT)
        self._asleep = None

    def _server(self, port: int) -> str:
        return f"postgresql://postgres@/postgres?host={self._folder}&port={port}"

    def _start(self, port: int, *options: str) -> int:
        data, log = self._folder / str(port), self._folder / f"{port}.log"
        command = [str(self._programs / "postgres"), "-D", str(data), "-p", str(port)]
        command += ["-h", "", "-k", str(self._folder), "-c", "fsync=off", *options]
        server = run_server(command, log=log, signal="QUIT", user=self._user)
        pid = self._ends.enter_context(server)
        wait_until(lambda: accepts_connections(self._server(port)))
        return pid

    def _copy(self, source: int, target: int) -> None:
        """Make the files of a standby."""
        data = self._folder / str(target)
        command = [self._programs / "pg_basebackup", "-d", self._server(source), "-D", data]
        command += ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        subprocess.run(command, check=True, user=self._user, cwd=self._folder)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Yield a cluster with an empty database."""
    # Its sockets want a short path.
    with (
        tempfile.TemporaryDirectory(prefix="uctl-", dir=files_folder()) as name,
        ExitStack() as servers,
    ):
        yield Cluster(Path(name), servers)


def _run(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []
