"""What the router takes for requests at once, against a bare FastAPI application with the same SQL.

Each side is uvicorn with one process, and the requests come from another one.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import databases
from bench import PASSWORD, SECRET_KEY, Bench
from measure import Row, Sample, Side

from userctl import open_accounts

ACCOUNTS, TOKENS = 1000, 5000
CONNECTIONS, REQUESTS, ROUNDS = 32, 1280, 9
AT_MOST = 1 / 0.7
"""At least 0.7 of the throughput."""

HERE = Path(__file__).parent
APPLICATIONS = {"ours": "router_app:app", "floor": "bare_app:app"}


def _serve(bench: Bench, url: str, application: str) -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = int(listener.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port)]
    environment = os.environ | bench.environment(url)
    bench.processes.append(
        subprocess.Popen(
            [*command, "--log-level", "error", "--no-access-log"],
            cwd=HERE / "floors",
            env=environment,
        )
    )
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/ready", timeout=10):
                return port
        except OSError:
            time.sleep(0.05)


def _side(port: int, path: str, tokens: list[str]) -> Side:
    def run() -> Sample:
        command = [sys.executable, str(HERE / "floors" / "load.py"), str(port), path]
        given = json.dumps({"tokens": tokens, "requests": REQUESTS})
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
        result = json.loads(done.stdout)
        tokens[:] = result["tokens"]
        return Sample(result["seconds"])

    return run


def _row(database: Callable[[Bench], str], path: str, bench: Bench) -> Row:
    url = database(bench)
    sides = []
    for application in APPLICATIONS.values():
        with open_accounts(url, secret_key=SECRET_KEY) as accounts:
            grants = [
                accounts.sessions.login(databases.first_address(ACCOUNTS), PASSWORD).tokens
                for _ in range(CONNECTIONS)
            ]
        name = "access_token" if path == "/auth/me" else "refresh_token"
        tokens = [getattr(grant, name) for grant in grants]
        sides.append(_side(_serve(bench, url, application), path, tokens))
    return Row(sides[0], sides[1], AT_MOST, ROUNDS)


def _sqlite(bench: Bench) -> str:
    return f"sqlite:///{databases.sqlite(bench, ACCOUNTS, TOKENS)}"


def _postgresql(bench: Bench) -> str:
    return bench.postgres_database(databases.postgresql(bench, ACCOUNTS, TOKENS))


ROWS = {
    f"router: {CONNECTIONS} x {path}, {name} / bare FastAPI": partial(_row, database, path)
    for path in ("/auth/me", "/auth/refresh")
    for name, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql))
}
