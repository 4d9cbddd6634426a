"""The router under 32 connections, against a bare FastAPI application that runs the same SQL.

Both applications run in this process, and are called as a server calls them, without a socket.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import library
from bench import SECRET_KEY, Bench
from fastapi import Body, FastAPI, Header
from floors.sessions_by_hand import ManualSessions
from measure import Row, Sample, Side
from pydantic import BaseModel

from userctl import open_accounts
from userctl.fastapi import router

CONNECTIONS, TIMES, ROUNDS = 32, 4, 21
AT_MOST = 1 / 0.7
"""At least 0.7 of the throughput."""


class UserRead(BaseModel):
    """A user in the responses of the bare application."""

    id: int
    email: str
    name: str | None
    role: str


def bare_application(url: str) -> FastAPI:
    """Return an application with the same two paths, whose threads share a pool of connections."""
    app, by_hand = FastAPI(), ManualSessions(url, SECRET_KEY)

    @app.get("/auth/me")
    def me(authorization: Annotated[str, Header()]) -> UserRead:
        return UserRead(**dict(by_hand.verify(authorization.removeprefix("Bearer "))))

    @app.post("/auth/refresh")
    def refresh(refresh_token: Annotated[str, Body(embed=True)]) -> dict[str, str]:
        return {"refresh_token": by_hand.refresh(refresh_token)}

    return app


async def call(app: FastAPI, method: str, path: str, token: str, body: bytes = b"") -> Any:
    """Send a request as a server does, and return the body of the response."""
    headers = [
        (b"host", b"localhost"),
        (b"authorization", f"Bearer {token}".encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {"type": "http", "method": method, "path": path, "query_string": b""}
    scope |= {"headers": headers, "client": ("127.0.0.1", 1), "scheme": "http"}
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]
    assert messages[0]["status"] == 200, messages
    return json.loads(b"".join(part.get("body", b"") for part in messages))


def _side(loop: asyncio.AbstractEventLoop, turn: Callable[[int], Awaitable[None]]) -> Side:
    async def connection(number: int) -> None:
        for _ in range(TIMES):
            await turn(number)

    async def run_connections() -> None:
        await asyncio.gather(*(connection(number) for number in range(CONNECTIONS)))

    def run() -> Sample:
        start = time.perf_counter()
        loop.run_until_complete(run_connections())
        return Sample(time.perf_counter() - start)

    return run


def _row(database: Callable[[Bench], str], path: str, bench: Bench) -> Row:
    url, loop = database(bench), asyncio.new_event_loop()
    accounts = open_accounts(url, secret_key=SECRET_KEY)
    ours = FastAPI()
    ours.include_router(router(accounts, prefix=""))

    def side(app: FastAPI) -> Side:
        access = library.login(accounts).tokens.access_token
        if path == "/auth/me":
            return _side(loop, lambda _: call(app, "GET", path, access))
        count = range(CONNECTIONS)
        latest = [library.login(accounts).tokens.refresh_token for _ in count]

        async def refresh(number: int) -> None:
            body = json.dumps({"refresh_token": latest[number]}).encode()
            latest[number] = (await call(app, "POST", path, access, body))["refresh_token"]

        return _side(loop, refresh)

    return Row(side(ours), side(bare_application(url)), AT_MOST, ROUNDS)


ROWS = {
    f"router: {path}, {CONNECTIONS} at once, {dialect} / bare FastAPI, the same SQL": partial(
        _row, database, path
    )
    for dialect, database in (("SQLite", library.sqlite), ("PostgreSQL", library.postgresql))
    for path in ("/auth/me", "/auth/refresh")
}
