"""The router in an application: its dependencies, its errors and its documentation."""

import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import EMAIL, SECRET, Caller, caller, code_of, log_in
from userctl import Accounts, errors, open_accounts
from userctl.fastapi import (
    current_user,
    install_error_handlers,
    require_role,
    require_scope,
    router,
)
from userctl.fastapi.problems import ProblemError
from userctl.fastapi.security import check_role, check_scope
from userctl.schemas.users import UserRead


def application(accounts: Accounts) -> FastAPI:
    app = FastAPI()
    app.include_router(router(accounts))

    @app.get("/mine")
    def mine(user: Annotated[UserRead, Depends(current_user)]) -> str:
        return user.email

    @app.get("/admins", dependencies=[Depends(require_role("admin", "editor"))])
    async def admins() -> str:
        return "welcome"

    @app.get("/books")
    async def books(user: Annotated[UserRead, Depends(require_scope("books"))]) -> str:
        return user.email

    @app.websocket("/live")
    async def live(
        socket: WebSocket, user: Annotated[UserRead, Depends(require_role("admin"))]
    ) -> None:
        await socket.accept()
        await socket.send_text(user.email)

    @app.get("/missing")
    async def missing() -> None:
        accounts.users.get(99)

    return app


def test_the_dependencies_guard_endpoints_of_the_application(local_accounts: Accounts) -> None:
    client = TestClient(application(local_accounts))
    user = local_accounts.users.create(EMAIL, password=PASSWORD)
    access = local_accounts.sessions.login(EMAIL, PASSWORD).tokens.access_token
    reader = local_accounts.tokens.issue(user.id, "ci", scope=["read"]).token
    books = local_accounts.tokens.issue(user.id, "ci", scope=["read", "books"]).token

    def status(path: str, token: str) -> int:
        return client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code

    assert [status("/mine", token) for token in (access, reader, "x")] == [200, 200, 401]
    assert [status("/books", token) for token in (access, reader, books)] == [200, 403, 200]
    assert status("/admins", access) == 403
    local_accounts.users.update(user.id, role="admin")
    assert [status("/admins", token) for token in (access, books)] == [401, 200]
    assert client.get("/mine").json() == {
        "detail": "A token is required: 'Authorization: Bearer TOKEN'."
    }


def test_a_refusal_names_what_is_required(local_accounts: Accounts) -> None:
    user = local_accounts.users.create(EMAIL)
    token = local_accounts.tokens.issue(user.id, "ci", scope=["read"]).token
    verified = local_accounts.tokens.verify(token)
    with pytest.raises(ProblemError, match="This requires the scope 'books' and 'films'"):
        check_scope(verified, ["books", "films"])
    with pytest.raises(ProblemError, match="This requires the role 'admin' or 'editor'"):
        check_role(verified, ["admin", "editor"])


def test_the_dependencies_guard_web_sockets(local_accounts: Accounts) -> None:
    app = application(local_accounts)
    install_error_handlers(app)
    client = TestClient(app)
    user = local_accounts.users.create(EMAIL).id
    headers = {"Authorization": f"Bearer {local_accounts.tokens.issue(user, 'ci').token}"}
    for sent, told in (({}, "token_required"), (headers, "role_required")):
        with (
            pytest.raises(WebSocketDenialResponse) as denied,
            client.websocket_connect("/live", headers=sent),
        ):
            pass
        assert code_of(denied.value)[1] == told
    local_accounts.users.update(user, role="admin")
    with client.websocket_connect("/live", headers=headers) as socket:
        assert socket.receive_text() == EMAIL


def test_an_application_may_answer_with_the_same_errors(local_accounts: Accounts) -> None:
    app = application(local_accounts)
    install_error_handlers(app)
    client = TestClient(app)
    assert code_of(client.get("/mine")) == (401, "token_required")
    assert code_of(client.get("/missing")) == (404, "user_not_found")
    assert code_of(client.get("/nowhere")) == (404, "not_found")
    for path, methods in (
        ("auth/me", "GET"),
        ("users/1", "GET, PATCH, DELETE"),
        ("health", "GET, HEAD"),
    ):
        refused = client.put(f"/api/v1/{path}")
        assert code_of(refused) == (405, "method_not_allowed")
        assert refused.headers["allow"] == methods


def test_a_dependency_without_the_router_says_what_is_missing() -> None:
    app = FastAPI()
    app.get("/mine", dependencies=[Depends(current_user)])(lambda: "x")
    with pytest.raises(RuntimeError, match="Include userctl"):
        TestClient(app).get("/mine", headers={"Authorization": "Bearer x"})


def test_a_service_whose_key_is_missing_does_not_start(sqlite_url: str, tmp_path: Path) -> None:
    with (
        open_accounts(sqlite_url, secret_key_file=tmp_path / "key") as accounts,
        pytest.raises(errors.SecretKeyMissing, match=str(tmp_path)) as caught,
    ):
        router(accounts)
    assert caught.value.__notes__ == [caught.value.hint]


def test_a_service_that_lacks_the_library_of_its_key_does_not_start(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_accounts(sqlite_url) as accounts:
        accounts._services.keys.generate("EdDSA")
        router(accounts)
        monkeypatch.setitem(sys.modules, "cryptography", None)
        with pytest.raises(errors.CryptoMissing, match="EdDSA needs the library 'cryptography'"):
            router(accounts)


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"prefix": "api"}, "prefix='api'"),
    ({"prefix": "/api/"}, "prefix='/api/'"),
    ({"origins": "https://a.example"}, r"origins=\['https://a.example'\]"),
    ({"origins": ["https://a.example/"]}, "'https://a.example/' is not an origin"),
    ({"origins": ["*"]}, "'\\*' is not an origin"),
    ({"origins": ["https://A.example"]}, "'https://A.example' is not an origin"),
    ({"trusted_proxies": "10.0.0.0/8"}, r"trusted_proxies=\['10.0.0.0/8'\]"),
    ({"trusted_proxies": ["localhost"]}, "'localhost'"),
    ({"hashes": 0}, "hashes=0 is not in 1 to 13"),
    ({"hashes": 14}, "hashes=14 is not in 1 to 13"),
]


def test_an_option_that_cannot_be_meant_is_refused_at_once(local_accounts: Accounts) -> None:
    for options, told in MISTAKES:
        with pytest.raises(ValueError, match=told):
            router(local_accounts, **options)


def test_registration_is_refused_at_once_if_no_user_may_have_its_role(sqlite_url: str) -> None:
    with open_accounts(sqlite_url, secret_key=SECRET, roles=["member", "admin"]) as accounts:
        with pytest.raises(ValueError, match=r"register=True .* 'user', .* member, admin"):
            router(accounts)
        router(accounts, register=False)


@pytest.mark.parametrize("demand", [require_role, require_scope])
def test_a_dependency_that_demands_nothing_is_refused_at_once(
    demand: Callable[..., object],
) -> None:
    for names in ((), ("",), (["admin"],)):
        with pytest.raises(ValueError, match=f"{demand.__name__}"):
            demand(*names)


def test_a_service_whose_database_is_missing_starts_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    with open_accounts(f"sqlite:///{file}") as accounts:
        call = caller(accounts)
        assert call("GET", "/health").json()["status"] == "unhealthy"
    assert not file.exists()


def token_urls(described: dict[str, Any], path: str) -> list[str]:
    """Return where the documentation page logs in for an endpoint, besides taking a token."""
    schemes = described["components"]["securitySchemes"]
    [operation] = described["paths"][path].values()
    found = [schemes[name] for each in operation["security"] for name in each]
    assert [scheme["type"] for scheme in found] == ["oauth2", "http"]
    return [f"/{found[0]['flows']['password']['tokenUrl']}"]


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_the_documentation_knows_where_to_log_in(local_accounts: Accounts, prefix: str) -> None:
    app = FastAPI()
    app.include_router(router(local_accounts, prefix=prefix))
    client = TestClient(app)
    described = client.get("/openapi.json").json()
    assert token_urls(described, f"{prefix}/auth/me") == [f"{prefix}/auth/token"]
    optional = described["paths"][f"{prefix}/auth/password"]["post"]["security"]
    assert {} in optional
    assert len(optional) == 3
    assert "requestBody" in described["paths"][f"{prefix}/auth/token"]["post"]
    for operation in [each for path in described["paths"].values() for each in path.values()]:
        for status, answer in operation["responses"].items():
            assert status[0] in "23" or list(answer["content"]) == ["application/problem+json"]


def test_the_documentation_logs_in_at_each_of_several_routers(local_accounts: Accounts) -> None:
    app = application(local_accounts)
    app.include_router(router(local_accounts, "/caf\u00e9/v2", jwks=False))
    described = TestClient(app).get("/openapi.json").json()
    for prefix in ("/api/v1", "/caf\u00e9/v2"):
        assert token_urls(described, f"{prefix}/auth/me") == [f"{prefix}/auth/token"]
    names = described["components"]["securitySchemes"]
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in names)


def test_an_unexpected_error_is_logged_and_not_told(
    local_accounts: Accounts,
    local_call: Caller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("geheim")

    monkeypatch.setattr(local_accounts.users, "create", fail)
    body = {"email": EMAIL, "password": PASSWORD}
    answer = local_call("POST", "/auth/register", json=body)
    assert code_of(answer) == (500, "unexpected")
    assert "geheim" not in answer.text
    assert PASSWORD not in caplog.text
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.exc_info is not None


def test_why_the_database_cannot_serve_is_for_the_log(
    local_accounts: Accounts,
    local_call: Caller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise errors.DatabaseUnreachable("db7.internal does not answer.", hint="Start db7.")

    monkeypatch.setattr(local_accounts.tokens, "verify", fail)
    answer = local_call.as_bearer("x")("GET", "/auth/me")
    assert code_of(answer) == (503, "database_unreachable")
    assert answer.headers["retry-after"] == "2"
    assert "db7" not in answer.text
    assert "db7.internal does not answer. Start db7." in caplog.text


BODIES: list[tuple[bytes, dict[str, str], tuple[int, str]]] = [
    (b"x" * 70_000, {}, (413, "body_too_large")),
    (b"[" * 60_000, {}, (400, "bad_request")),
    (b"{", {}, (422, "invalid_request")),
    (b"\xff\xfe", {}, (422, "invalid_request")),
    (b'{"email": "\\ud800", "password": "x"}', {}, (422, "invalid_request")),
    (b'{"email": NaN, "password": 1e999}', {}, (422, "invalid_request")),
    (b'{"a": 1, "a": 2}', {"content-type": "text/plain"}, (422, "invalid_request")),
    (b"x", {"content-type": "multipart/form-data"}, (422, "invalid_request")),
    (b"", {}, (422, "invalid_request")),
]


def test_a_body_that_cannot_be_read_is_refused(local_call: Caller) -> None:
    for content, headers, code in BODIES:
        sent = {"content-type": "application/json"} | headers
        refused = local_call("POST", "/auth/register", content=content, headers=sent)
        assert code_of(refused) == code, content[:40]


def test_a_form_in_place_of_json_is_told_what_is_expected(local_call: Caller) -> None:
    answer = local_call("POST", "/auth/refresh", data={"refresh_token": "x"})
    assert code_of(answer) == (422, "invalid_request")
    assert "'Content-Type: application/json'" in answer.json()["detail"]


def test_a_form_that_cannot_be_read_is_refused(local_call: Caller) -> None:
    cases: list[dict[str, object]] = [
        {"content": b"a" * 70_000},
        {"content": b"a&" * 2000},
        {"content": b"\xff=%ff&username=%00"},
        {"data": {"username": EMAIL, "password": "x", "grant_type": "refresh_token"}},
        {"files": {"username": b"x", "password": b"y"}},
    ]
    for request in cases:
        answer = local_call(
            "POST",
            "/auth/token",
            **(
                {"headers": {"content-type": "application/x-www-form-urlencoded"}} | request
                if "content" in request
                else request
            ),
        )
        assert code_of(answer)[0] in {400, 413, 422}


def test_a_long_body_in_pieces_is_refused_before_it_ends(local_call: Caller) -> None:
    def pieces():  # type: ignore[no-untyped-def]
        for _ in range(100):
            yield b" " * 10_000

    answer = local_call(
        "POST", "/auth/register", content=pieces(), headers={"content-type": "application/json"}
    )
    assert code_of(answer) == (413, "body_too_large")


def test_health_tells_the_state_of_the_database(
    local_call: Caller, local_accounts: Accounts, tmp_path: object
) -> None:
    assert local_call("GET", "/health").json()["database"] == "connected"
    assert local_call("HEAD", "/health/ready").status_code == 200
    assert local_accounts.settings.database_url.sqlite_path is not None
    local_accounts.close()
    local_accounts.settings.database_url.sqlite_path.unlink()
    found = local_call("GET", "/health")
    assert (found.status_code, found.json()["status"]) == (200, "unhealthy")
    refused = local_call("GET", "/health/ready")
    assert code_of(refused)[0] == 503
    assert refused.headers["retry-after"] == "2"


def test_metrics_count_requests_and_logins(local_accounts: Accounts) -> None:
    local_accounts.users.create(EMAIL, password=PASSWORD)
    call = caller(local_accounts, metrics=True)
    log_in(call)
    log_in(call, password="wrong")
    for number in range(3):
        call("GET", f"/users/{number}")
    # Whatever a client makes up is no label: others could fill the memory with it.
    call("GET", f"/users/{EMAIL}")
    call("GET", f"/nowhere/{EMAIL}")
    call("MADE-UP", "/users/1")
    text = call("GET", "/metrics").text
    assert "nowhere" not in text
    assert "MADE-UP" not in text
    for line in (
        'userctl_http_requests_total{method="GET",path="/api/v1/users/{user_id}",status="401"} 4.0',
        'userctl_http_logins_total{outcome="success"} 1.0',
        'userctl_http_logins_total{outcome="invalid_credentials"} 1.0',
        "userctl_http_hashes_waiting 0.0",
    ):
        assert line in text
    assert EMAIL not in text
    assert caller(local_accounts)("GET", "/metrics").status_code == 404
