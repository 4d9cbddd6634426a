"""The example of the how-to page: uvicorn serves it, and the command line works beside it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest

from tests.support.cli import PASSWORD, Userctl

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[3]
EMAIL = "ada@example.com"
AT_ONCE, ROUNDS = 20, 40

# One process on PostgreSQL would show nothing that these do not.
served_everywhere = pytest.mark.parametrize(
    ("database_url", "workers"), [("sqlite", 1), ("sqlite", 4), ("postgresql", 4)], indirect=True
)


@pytest.fixture
def userctl(userctl: Userctl) -> Userctl:
    """The command line with a keyring, whose keys it can rotate."""
    userctl = replace(userctl, keyring=True)
    assert userctl("key", "generate").code == 0
    return userctl


@pytest.fixture
def workers(request: pytest.FixtureRequest) -> int:
    """How many processes serve the example."""
    return int(request.param)


@pytest.fixture
def client(userctl: Userctl, workers: int) -> Iterator[httpx2.Client]:
    """A client of the example."""
    with served(userctl, workers=workers) as (client, _):
        yield client


@contextmanager
def served(
    userctl: Userctl, *, workers: int
) -> Iterator[tuple[httpx2.Client, subprocess.Popen[bytes]]]:
    """A client of the example, and the process that serves it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "examples.fastapi_app:app", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--workers", str(workers), "--log-level", "warning"],
        cwd=ROOT,
        env=userctl.environment,
    )
    try:
        # The retries of the transport wait for the socket.
        transport = httpx2.HTTPTransport(retries=12)
        url = f"http://127.0.0.1:{port}"
        with httpx2.Client(base_url=url, transport=transport, timeout=60) as client:
            yield client, server
    finally:
        server.terminate()
        assert server.wait(timeout=60) in {0, -15}


def tokens(client: httpx2.Client) -> dict[str, str]:
    """Log in."""
    form = {"username": EMAIL, "password": PASSWORD}
    answer = client.post("/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@served_everywhere
def test_the_paths_of_the_example_work_and_the_command_line_beside_them(
    userctl: Userctl, client: httpx2.Client
) -> None:
    assert client.get("/").json()["docs"] == "/docs"
    assert client.get("/health").json()["status"] == "healthy"
    new = {"email": EMAIL, "password": PASSWORD}
    assert client.post("/auth/register", json=new).status_code == 201
    assert client.post("/auth/register", json=new).status_code == 409
    pair = tokens(client)
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    assert client.get("/auth/me", headers=bearer).json()["email"] == EMAIL
    assert client.get("/report", headers=bearer).status_code == 403
    page = {"Origin": "http://localhost:3000"}
    wanted = {"Method": "PATCH", "Headers": "authorization, content-type, if-match"}
    asked = {f"Access-Control-Request-{name}": value for name, value in wanted.items()}
    assert client.options("/users/1", headers=page | asked).status_code == 200
    refused = client.get("/users/1", headers=page)
    assert refused.headers["access-control-allow-origin"] == page["Origin"]
    assert "ETag" in refused.headers["access-control-expose-headers"]
    assert userctl("key", "generate").code == 0
    assert userctl("key", "rotate", "--min-age", "0s").code == 0
    assert userctl("db", "migrate").code == 0
    # The key before stays valid until its tokens have ended.
    assert client.get("/auth/me", headers=bearer).status_code == 200
    renewed = {"Authorization": f"Bearer {tokens(client)['access_token']}"}
    for _ in range(8):
        assert client.get("/auth/me", headers=renewed).status_code == 200
    assert userctl("session", "end", "--user", EMAIL, "--yes").code == 0
    for _ in range(8):
        assert client.get("/auth/me", headers=renewed).status_code == 401
    bearer = {"Authorization": f"Bearer {tokens(client)['access_token']}"}
    assert userctl("user", "disable", EMAIL).code == 0
    for _ in range(8):
        assert client.get("/auth/me", headers=bearer).status_code == 401
    assert client.post("/auth/token", data={"username": EMAIL, "password": PASSWORD}).is_error


@served_everywhere
def test_of_many_requests_with_one_refresh_token_one_gets_its_only_successor(
    userctl: Userctl, client: httpx2.Client
) -> None:
    userctl.create(EMAIL)
    token = tokens(client)["refresh_token"]

    def refresh(_: int) -> httpx2.Response:
        return client.post("/auth/refresh", json={"refresh_token": token})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(ROUNDS):
            answers = list(pool.map(refresh, range(AT_ONCE)))
            assert sorted(a.status_code for a in answers) == [200, *[409] * (AT_ONCE - 1)]
            [token] = [a.json()["refresh_token"] for a in answers if a.status_code == 200]


@served_everywhere
def test_a_schema_that_is_migrated_beside_a_service_needs_no_restart(
    userctl: Userctl, client: httpx2.Client
) -> None:
    userctl.create(EMAIL)
    pair = tokens(client)
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    assert userctl("db", "downgrade", "0007", "--yes").code == 0
    for _ in range(4):
        refused = client.get("/auth/me", headers=bearer)
        assert refused.status_code == 503, refused.text
    assert userctl("db", "migrate").code == 0
    for _ in range(8):
        assert client.get("/auth/me", headers=bearer).status_code == 200
    assert client.post("/auth/refresh", json={"refresh_token": pair["refresh_token"]}).is_success


@served_everywhere
def test_a_request_that_has_begun_is_finished_at_sigterm(userctl: Userctl, workers: int) -> None:
    userctl.create(EMAIL)
    form = urlencode({"username": EMAIL, "password": PASSWORD}).encode()
    login = (
        "POST /auth/token HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    with served(userctl, workers=workers) as (client, server), ExitStack() as stack:
        assert client.get("/health").is_success
        address = (client.base_url.host, client.base_url.port)
        idle, *connections = [
            stack.enter_context(socket.create_connection(address, timeout=60)) for _ in range(6)
        ]
        idle.sendall(b"HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(1000).startswith(b"HTTP/1.1 200 ")
        for connection in connections:
            connection.sendall(login.encode())
            # The endpoint reads the body now.
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        server.terminate()
        # Idle connections are closed by a process that has the signal.
        assert idle.recv(1000) == b""
        for connection in connections:
            connection.sendall(form)
        answers = [connection.recv(1000) for connection in connections]
    assert [answer.split()[1] for answer in answers] == [b"200"] * 5
