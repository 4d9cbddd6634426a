"""A PgBouncer in transaction mode, in front of a real server."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests.support import requirements
from tests.support.servers import accepts_connections, run_server, wait_until

SETTINGS = """
[databases]
* = {server}

[pgbouncer]
pool_mode = transaction
default_pool_size = 2
auth_type = any
unix_socket_dir = {folder}
listen_port = 6432
"""
"""All other settings have their defaults."""


@contextmanager
def running_pgbouncer(server_url: str) -> Iterator[str]:
    """Yield a URL of all databases of a server; its clients share two connections to each."""
    program = requirements.program("pgbouncer")
    given = conninfo_to_dict(server_url)
    user = _user(str(given["host"]))
    # Its socket wants a short path.
    with tempfile.TemporaryDirectory(prefix="uctl-") as name:
        folder, settings = Path(name), Path(name, "pgbouncer.ini")
        server = " ".join(
            f"{key}={given[key]}" for key in ("host", "port", "user", "password") if key in given
        )
        settings.write_text(SETTINGS.format(server=server, folder=folder))
        for path in (folder, settings):
            shutil.chown(path, user or os.getuid())
        url = f"postgresql://postgres@/{given['dbname']}?host={folder}&port=6432"
        log = folder / "log"
        with run_server([program, str(settings)], log=log, signal="TERM", user=user):
            wait_until(lambda: accepts_connections(url))
            yield url


def _user(host: str) -> str | None:
    """Return the system user that may be a client of a server; None for the current user."""
    if os.geteuid() != 0:
        return None
    # PgBouncer does not run as root.
    return Path(host).owner() if host.startswith("/") else "nobody"
