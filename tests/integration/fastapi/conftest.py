"""An application with the router, whose requests are answered in this process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.integration.conftest import PASSWORD
from userctl import Accounts, open_accounts
from userctl.fastapi import router

EMAIL, ADMIN = "ada@example.com", "grace@example.com"
SECRET = "a secret that several services share, of 40+ bytes"
API = "/api/v1"


@dataclass
class Caller:
    """Sends requests to the router of an application."""

    client: TestClient
    headers: dict[str, str]

    def __call__(self, method: str, path: str, **request: Any) -> Response:
        headers = self.headers | request.pop("headers", {})
        return self.client.request(method, f"{API}{path}", headers=headers, **request)

    def as_bearer(self, token: str) -> "Caller":
        """Return one that sends a token."""
        return Caller(self.client, self.headers | {"Authorization": f"Bearer {token}"})


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
    """Return what sends requests to a router with these options."""
    app = FastAPI()
    app.include_router(router(accounts, **options))
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
    return logged_in(accounts, call, EMAIL)


@pytest.fixture
def admin(accounts: Accounts, call: Caller) -> Caller:
    """An admin who is logged in."""
    return logged_in(accounts, call, ADMIN, role="admin")


def logged_in(accounts: Accounts, call: Caller, email: str, **values: Any) -> Caller:
    """Create a user and log in."""
    accounts.users.create(email, password=PASSWORD, **values)
    return call.as_bearer(accounts.sessions.login(email, PASSWORD).tokens.access_token)


def code_of(response: Response) -> tuple[int, str]:
    """Return the status and the code of an error, which has the one body of all errors."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert list(problem) == ["type", "title", "status", "detail", "code", "hint"]
    assert problem["status"] == response.status_code
    assert problem["type"] == f"urn:userctl:error:{problem['code']}"
    return response.status_code, problem["code"]
