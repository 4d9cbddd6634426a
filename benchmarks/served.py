"""The router against fastapi-users, each served by uvicorn in a process of its own.

fastapi-users needs an older SQLAlchemy than userctl, so it has an environment of its own:

    pip install 'fastapi-users[sqlalchemy]' aiosqlite 'psycopg[binary]' uvicorn

Its users are those of userctl, copied into a table of its own in the same database. Requests to
both sides use connections that stay open.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import databases
import library
import sqlalchemy
from bench import PASSWORD, Bench
from measure import CommandFailed, Row, Sample, Side

APPLICATIONS = Path(__file__).with_name("applications")
CONNECTIONS, ME_TIMES, ME_ROUNDS = 32, 8, 15
LOGINS, LOGIN_ROUNDS = 8, 5
PEER_TABLE = "CREATE TABLE IF NOT EXISTS peer_users AS SELECT id, email, hashed_password, "
PEER_TABLE += "NOT false AS is_active, false AS is_superuser, NOT false AS is_verified FROM users"
PEER_INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS peer_id ON peer_users (id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS peer_email ON peer_users (email)",
)


class Server:
    """An application served on a socket in the file system, until the run ends."""

    def __init__(self, bench: Bench, python: str, application: str, url: str) -> None:
        self.path = str(bench.folder / f"{application}-{time.monotonic_ns()}")
        command = [python, "-m", "uvicorn", f"{application}:app", "--uds", self.path]
        command += ["--app-dir", str(APPLICATIONS), "--no-access-log", "--log-level", "warning"]
        self._process = subprocess.Popen(command, env=bench.environment(url))
        bench.on_exit(self._stop)

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection, once the server has started."""
        while True:
            try:
                return await asyncio.open_unix_connection(self.path)
            except OSError:
                if self._process.poll() is not None:
                    raise CommandFailed("A server did not start.") from None
                await asyncio.sleep(0.1)

    async def ask(self, request: bytes, connections: int, times: int) -> list[bytes]:
        """Send a request over several connections at once, and return the last responses."""
        return await asyncio.gather(*(self._repeat(request, times) for _ in range(connections)))

    async def _repeat(self, request: bytes, times: int) -> bytes:
        reader, writer = await self.connect()
        body = b""
        for _ in range(times):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise CommandFailed(f"answered {head.splitlines()[0].decode()}")
            [length] = [
                line.partition(b":")[2]
                for line in head.lower().splitlines()
                if line.startswith(b"content-length:")
            ]
            body = await reader.readexactly(int(length))
        writer.close()
        return body


def login_request(path: str) -> bytes:
    """Return the request of a login, with an e-mail address and a password."""
    form = {"username": databases.first_address(library.ACCOUNTS), "password": PASSWORD}
    body = urlencode(form | {"grant_type": "password"}).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
    return f"{head}content-type: application/x-www-form-urlencoded\r\n\r\n".encode() + body


def _side(server: Server, login: str, me: str | None) -> Side:
    """Return a function that requests the own user or, without a path, logs in."""
    request, connections, times = login_request(login), LOGINS, 1
    [answer] = asyncio.run(server.ask(request, 1, 1))
    if me is not None:
        token, connections, times = json.loads(answer)["access_token"], CONNECTIONS, ME_TIMES
        request = f"GET {me} HTTP/1.1\r\nhost: localhost\r\n".encode()
        request += f"authorization: Bearer {token}\r\n\r\n".encode()

    def run() -> Sample:
        start = time.perf_counter()
        asyncio.run(server.ask(request, connections, times))
        return Sample(time.perf_counter() - start)

    return run


def _row(database: Callable[[Bench], str], bench: Bench, *, logs_in: bool) -> Row:
    url = database(bench)
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.begin() as connection:
        for statement in (PEER_TABLE, *PEER_INDEXES):
            connection.exec_driver_sql(statement)
    engine.dispose()
    ours = Server(bench, sys.executable, "userctl_app", url)
    peer = Server(bench, bench.peer_python, "fastapi_users_app", url)
    return Row(
        _side(ours, "/auth/token", None if logs_in else "/auth/me"),
        _side(peer, "/auth/login", None if logs_in else "/users/me"),
        1.0,
        LOGIN_ROUNDS if logs_in else ME_ROUNDS,
    )


ROWS = {
    f"served: {path}, {dialect} / fastapi-users": partial(_row, database, logs_in=logs_in)
    for dialect, database in (("SQLite", library.sqlite), ("PostgreSQL", library.postgresql))
    for path, logs_in in (
        (f"/auth/me, {CONNECTIONS} connections", False),
        (f"login, {LOGINS} at once", True),
    )
}
