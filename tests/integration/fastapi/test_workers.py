"""The threads of the router: who waits for which, and what a client that leaves does to others."""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import pytest
from fastapi import FastAPI, Request
from httpx2 import ASGITransport, AsyncClient

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import EMAIL
from userctl import Accounts, open_accounts
from userctl.fastapi import router, workers


class Gate:
    """Holds whatever calls it, until it is opened."""

    def __init__(self, call: Callable[..., object]) -> None:
        self._call, self._open = call, Event()
        self.entered = 0

    def __call__(self, *arguments: object, **named: object) -> object:
        self.entered += 1
        opened = self._open.wait(timeout=60)
        # If this failed, the others shall not wait for as long.
        self.open()
        assert opened
        return self._call(*arguments, **named)

    def open(self) -> None:
        """Let all of them go on."""
        self._open.set()


async def until(condition: Callable[[], bool]) -> None:
    """Let others run until something is so."""
    with anyio.fail_after(60):
        while not condition():
            await anyio.sleep(0.005)


@asynccontextmanager
async def requests_to(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Yield a client whose requests run at the same time."""
    url = "https://testserver/api/v1"
    async with AsyncClient(transport=ASGITransport(app), base_url=url) as client:
        yield client


def test_everything_else_is_answered_while_logins_wait_for_their_turn(
    local_accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_accounts.users.create(EMAIL, password=PASSWORD)
    access = local_accounts.sessions.login(EMAIL, PASSWORD).tokens.access_token
    gate = Gate(local_accounts.sessions.login)
    monkeypatch.setattr(local_accounts.sessions, "login", gate)
    monkeypatch.setattr(workers, "WAITING_PER_HASH", 4)
    app = FastAPI()
    app.include_router(router(local_accounts, hashes=2))

    async def run() -> None:
        statuses: list[int] = []
        async with requests_to(app) as client, anyio.create_task_group() as logins:

            async def login() -> None:
                form = {"username": EMAIL, "password": PASSWORD}
                statuses.append((await client.post("/auth/token", data=form)).status_code)

            try:
                for _ in range(2 + 8 + 3):
                    logins.start_soon(login)
                await until(lambda: len(statuses) == 3 and gate.entered == 2)
                assert statuses == [503] * 3
                assert (await client.get("/health")).json()["status"] == "healthy"
                headers = {"Authorization": f"Bearer {access}"}
                assert (await client.get("/auth/me", headers=headers)).status_code == 200
                assert gate.entered == 2
            finally:
                gate.open()
        assert statuses[3:] == [200] * 10

    anyio.run(run)


class Connection:
    """A client that sends one request, and may leave before it is answered."""

    def __init__(self, path: str, body: bytes, kind: str) -> None:
        self._path, self._kind = path, kind
        self._messages = [{"type": "http.request", "body": body}]
        self._left = anyio.Event()
        self.status = 0

    async def send_to(self, app: FastAPI) -> None:
        """Send the request, and wait for the answer."""
        headers = [(b"content-type", self._kind.encode())]
        scope = {"type": "http", "method": "POST", "path": f"/api/v1{self._path}"}
        await app(
            scope | {"query_string": b"", "headers": headers, "client": ("203.0.113.7", 1)},
            self._receive,
            self._note,
        )

    def leave(self) -> None:
        """Close the connection."""
        self._left.set()

    async def _receive(self) -> Any:
        if self._messages:
            return self._messages.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _note(self, message: Any) -> None:
        self.status = message.get("status", self.status)


def held_logins(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, *, most_waiting: int
) -> tuple[FastAPI, Gate, list[int]]:
    """Return an application that checks one password at a time, what holds it, and who waited."""
    accounts.users.create(EMAIL, password=PASSWORD)
    gate = Gate(accounts.sessions.login)
    monkeypatch.setattr(accounts.sessions, "login", gate)
    waiting: list[int] = []
    monkeypatch.setattr(workers.Workers, "report_waiting", staticmethod(waiting.append))
    monkeypatch.setattr(workers, "WAITING_PER_HASH", most_waiting)
    app = FastAPI()
    app.include_router(router(accounts, hashes=1))
    return app, gate, waiting


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("middleware", [False, True])
def test_a_client_that_leaves_the_queue_is_passed_over(
    local_accounts: Accounts, monkeypatch: pytest.MonkeyPatch, *, middleware: bool
) -> None:
    """Its password is not checked, so that it was no attempt."""
    app, gate, waiting = held_logins(local_accounts, monkeypatch, most_waiting=2)
    if middleware:

        @app.middleware("http")
        async def pass_on(request: Request, call_next: Any) -> Any:
            return await call_next(request)

    def login(password: str) -> Connection:
        return Connection("/auth/token", f"username={EMAIL}&password={password}".encode(), FORM)

    async def run() -> None:
        checked, leaving, patient = login("wrong"), login("wrong"), login(PASSWORD)
        new = Connection(
            "/auth/register",
            json.dumps({"email": "eve@example.com", "password": PASSWORD}).encode(),
            "application/json",
        )
        async with anyio.create_task_group() as clients:
            try:
                clients.start_soon(checked.send_to, app)
                await until(lambda: gate.entered == 1)
                for each in (leaving, new):
                    clients.start_soon(each.send_to, app)
                await until(lambda: waiting[-1:] == [2])
                for each in (leaving, new):
                    each.leave()
                # They make room at once, while the password before them is checked still.
                await until(lambda: waiting[-1:] == [0])
                clients.start_soon(patient.send_to, app)
                await until(lambda: waiting[-1:] == [1])
                # A check that has begun is finished, and counts.
                checked.leave()
            finally:
                gate.open()
        assert (gate.entered, patient.status) == (2, 200)
        assert (leaving.status, new.status) == (499, 499)

    anyio.run(run)
    with closing(sqlite3.connect(local_accounts.settings.database_url.sqlite_path)) as database:
        [(failures,)] = database.execute(
            "SELECT count(*) FROM audit_events WHERE tag = 'account:login:failure'"
        )
    assert failures == 1
    assert len(local_accounts.users.list().items) == 1


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_a_client_that_leaves_while_its_password_is_checked_gives_the_turn_back(
    local_accounts: Accounts, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    app, gate, waiting = held_logins(local_accounts, monkeypatch, most_waiting=1)

    async def run() -> None:
        form = {"username": EMAIL, "password": password}
        async with requests_to(app) as client:
            async with anyio.create_task_group() as leaving:
                # One is checked, and the other waits for that.
                for _ in range(2):
                    leaving.start_soon(partial(client.post, "/auth/token", data=form))
                await until(lambda: gate.entered == 1 and waiting[-1:] == [1])
                leaving.cancel_scope.cancel()
                gate.open()
            form["password"] = PASSWORD
            with anyio.fail_after(60):
                assert (await client.post("/auth/token", data=form)).status_code == 200

    anyio.run(run)
    # What the client did not wait for is recorded as ever.
    sessions = local_accounts.sessions.list(user=EMAIL).items
    assert len(sessions) == (2 if password == PASSWORD else 1)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_middleware_may_send_the_body_again_and_again(
    local_accounts: Accounts, *, wrapped: bool
) -> None:
    """As those do that read it before, to log or to sign it; the server never gets to speak."""
    app = FastAPI()
    app.include_router(router(local_accounts))
    if wrapped:

        @app.middleware("http")
        async def pass_on(request: Request, call_next: Any) -> Any:
            return await call_next(request)

    body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    times = 0

    async def receive() -> dict[str, Any]:
        nonlocal times
        times += 1
        # Otherwise a test that fails would never end.
        assert times < 1000
        return {"type": "http.request", "body": body, "more_body": False}

    connection = Connection("/auth/register", body, "application/json")
    connection._receive = receive
    anyio.run(connection.send_to, app)
    assert connection.status == 201


def test_those_who_ask_for_the_health_together_share_a_check(
    local_accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(local_accounts.health)
    monkeypatch.setattr(local_accounts, "health", gate)
    app = FastAPI()
    app.include_router(router(local_accounts))

    async def run() -> None:
        async with requests_to(app) as client:
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(client.get, "/health")
                await until(lambda: gate.entered == 1)
                gate.open()
            assert gate.entered <= 2
            before = gate.entered
            await client.get("/health")
            assert gate.entered == before + 1

    anyio.run(run)


def test_a_process_with_several_event_loops_answers_in_all_of_them(
    local_accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that serves two ports from two threads."""
    gate = Gate(local_accounts.health)
    monkeypatch.setattr(local_accounts, "health", gate)
    app = FastAPI()
    app.include_router(router(local_accounts))

    async def run(position: int) -> int:
        async with requests_to(app) as client, anyio.create_task_group() as group:
            await until(lambda: gate.entered == position)
            group.start_soon(client.get, "/health")
            try:
                with anyio.fail_after(20):
                    await until(lambda: gate.entered >= 2)
            finally:
                gate.open()
            return (await client.get("/health")).status_code

    with ThreadPoolExecutor(2) as threads:
        statuses = [threads.submit(anyio.run, run, position) for position in range(2)]
        assert [status.result() for status in statuses] == [200, 200]


def test_a_router_waits_for_no_other_and_answers_for_its_own_database(
    local_accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(local_accounts.health)
    monkeypatch.setattr(local_accounts, "health", gate)
    missing = open_accounts(f"sqlite:///{tmp_path}/missing.db", secret_key="k" * 32)
    app = FastAPI()
    app.include_router(router(local_accounts))
    app.include_router(router(missing, prefix="/other", jwks=False))

    async def run() -> None:
        async with requests_to(app) as client, anyio.create_task_group() as group:
            group.start_soon(client.get, "/health")
            try:
                await until(lambda: gate.entered == 1)
                with anyio.fail_after(20):
                    assert (await client.get("http://test/other/health/ready")).status_code == 503
            finally:
                gate.open()

    anyio.run(run)
