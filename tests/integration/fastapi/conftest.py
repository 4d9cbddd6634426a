"""An application with the router, whose requests are answered in this process."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.integration.conftest import PASSWORD
from userctl import Accounts, open_accounts
from userctl.fastapi import router
from userctl.fastapi.endpoints.responses import HEADERS

EMAIL, ADMIN = "ada@example.com", "grace@example.com"
SECRET = "a secret that several services share, of 40+ bytes"
API = "/api/v1"

DOCUMENTS: dict[str, Any] = {}
"""The OpenAPI documents of routers, by their options."""


@pytest.fixture(scope="package", autouse=True)
def event_loop() -> Iterator[None]:
    """Make one event loop answer all requests, like that of a server.

    Starting one takes longer than answering.
    """
    with start_blocking_portal() as portal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "portal", portal)
        yield


@dataclass
class Caller:
    """Sends requests to the router of an application."""

    client: TestClient
    headers: dict[str, str]

    def __call__(self, method: str, path: str, **request: Any) -> Response:
        headers = self.headers | request.pop("headers", {})
        answer = self.client.request(method, f"{API}{path}", headers=headers, **request)
        require_documented(self.client.app, method, path, answer)
        return answer

    def as_bearer(self, token: str) -> "Caller":
        """Return a caller that sends a token."""
        return Caller(self.client, self.headers | {"Authorization": f"Bearer {token}"})


def require_documented(app: Any, method: str, path: str, answer: Response) -> None:
    """Make sure that the OpenAPI document has an answer: status, code, content type and headers."""
    called = f"{API}{path.partition('?')[0]}"
    found = [
        operations[method.lower()]
        for template, operations in app.openapi()["paths"].items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), called)
        and method.lower() in operations
    ]
    if not found:
        assert answer.status_code in {404, 405} or method == "HEAD" or path == "/metrics"
        return
    documented = found[0]["responses"]
    assert str(answer.status_code) in documented, (method, path, answer.text)
    told = documented[str(answer.status_code)]
    kind = answer.headers.get("content-type")
    assert list(told.get("content", {})) == ([kind] if kind else [])
    headers = answer.headers.keys() & {"www-authenticate", "retry-after", *map(str.lower, HEADERS)}
    if answer.headers.get("cache-control") == "no-store":
        headers.discard("cache-control")
    assert headers <= {name.lower() for name in told["headers"]}
    if answer.is_error:
        fields = told["content"][kind]["schema"]["properties"]
        assert answer.json().keys() == fields.keys()
        for name in fields.keys() & {"code", "error"}:
            allowed = fields[name].get("enum")
            assert allowed is None or answer.json()[name] in allowed, (method, path, answer.text)


@pytest.fixture
def accounts(database_url: str) -> Iterator[Accounts]:
    with open_accounts(database_url, secret_key=SECRET, password_cost="4") as accounts:
        yield accounts


@pytest.fixture
def local_accounts(sqlite_url: str, tmp_path: Path) -> Iterator[Accounts]:
    """The same on SQLite alone."""
    with open_accounts(sqlite_url, secret_key=SECRET, password_cost="4") as accounts:
        yield accounts


def caller(accounts: Accounts, **options: Any) -> Caller:
    """Return a caller of a router with these options."""
    app = FastAPI()
    app.include_router(router(accounts, **options))
    document = DOCUMENTS.get(repr(options)) or app.openapi()
    # Generating the document takes longer than most tests.
    DOCUMENTS[repr(options)] = document
    vars(app)["openapi"] = lambda: document
    return Caller(TestClient(app, base_url="https://testserver", client=("203.0.113.7", 1)), {})


@pytest.fixture
def call(accounts: Accounts) -> Caller:
    return caller(accounts)


@pytest.fixture
def local_call(local_accounts: Accounts) -> Caller:
    return caller(local_accounts)


def log_in(call: Caller, email: str = EMAIL, password: str = PASSWORD, **request: Any) -> Response:
    """Send a login."""
    return call("POST", "/auth/token", data={"username": email, "password": password}, **request)


Person = Callable[..., Caller]


@pytest.fixture
def ada(accounts: Accounts, call: Caller) -> Caller:
    """A user who is logged in."""
    return create_and_log_in(accounts, call, EMAIL)


@pytest.fixture
def admin(accounts: Accounts, call: Caller) -> Caller:
    """An admin who is logged in."""
    return create_and_log_in(accounts, call, ADMIN, role="admin")


def create_and_log_in(accounts: Accounts, call: Caller, email: str, **values: Any) -> Caller:
    """Create a user and log in."""
    accounts.users.create(email, password=PASSWORD, **values)
    return call.as_bearer(accounts.sessions.login(email, PASSWORD).tokens.access_token)


def code_of(response: Response) -> tuple[int, str]:
    """Return the status and the code of an error, which has the one body of all errors."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert list(problem)[:6] == ["type", "title", "status", "detail", "code", "hint"]
    assert list(problem)[6:] in ([], ["error", "error_description"])
    assert problem["status"] == response.status_code
    assert problem["type"] == f"urn:userctl:error:{problem['code']}"
    return response.status_code, problem["code"]
