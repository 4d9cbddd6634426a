"""Where an application puts the router: below a proxy, in another application, beside others."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urljoin

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.testclient import TestClient

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import ADMIN, code_of
from userctl import Accounts
from userctl.fastapi import current_user, install_error_handlers, router
from userctl.schemas.users import UserRead

WANTED = {"X-Refresh-Token": "cookie"}


def plain(accounts: Accounts) -> FastAPI:
    app = FastAPI()
    app.include_router(router(accounts, cookie=True))
    return app


def mounted(accounts: Accounts) -> FastAPI:
    app = FastAPI()
    app.mount("/outer", plain(accounts))
    return app


def included(accounts: Accounts) -> FastAPI:
    app, outer = FastAPI(), APIRouter(prefix="/outer")
    outer.include_router(router(accounts, cookie=True))
    app.include_router(outer)
    return app


@pytest.mark.parametrize(
    ("build", "root_path", "sent"),
    [
        # A server told of the prefix adds it to the path, and not every one does so.
        (plain, "/outer", "/outer/api/v1"),
        (plain, "/outer", "/api/v1"),
        (plain, "/outer/", "/api/v1"),
        (mounted, "", "/outer/api/v1"),
        (included, "", "/outer/api/v1"),
    ],
)
def test_paths_are_told_as_the_client_knows_them(
    local_accounts: Accounts, build: Callable[[Accounts], FastAPI], root_path: str, sent: str
) -> None:
    app, told = build(local_accounts), "/outer/api/v1"
    client = TestClient(app, base_url="https://testserver", root_path=root_path)
    local_accounts.users.create(ADMIN, password=PASSWORD, role="admin")
    form = {"username": ADMIN, "password": PASSWORD}
    login = client.post(f"{sent}/auth/token", data=form, headers=WANTED)
    assert f"Path={told}/auth;" in login.headers["set-cookie"]
    client.cookies.clear()
    cookie = WANTED | {"Cookie": login.headers["set-cookie"].partition(";")[0]}
    bearer = {"Authorization": f"Bearer {login.json()['access_token']}"}
    made = client.post(f"{sent}/users", json={"email": "ada@example.com"}, headers=bearer)
    assert made.headers["location"] == f"{told}/users/{made.json()['id']}"
    gone = client.post(f"{sent}/auth/logout", headers=cookie)
    assert f"Path={told}/auth;" in gone.headers["set-cookie"]


def mounted_and_included(accounts: Accounts) -> FastAPI:
    app, inner = FastAPI(), included(accounts)
    install_error_handlers(inner)
    app.mount("/more", inner)
    return app


def documented_elsewhere(accounts: Accounts) -> FastAPI:
    app = FastAPI(docs_url="/internal/docs")
    app.include_router(router(accounts, ""), prefix="/outer/api/v1")
    return app


@pytest.mark.parametrize(
    ("build", "root_path", "folder", "page"),
    [
        (plain, "", "", "/docs"),
        (plain, "/outer", "/outer", "/outer/docs"),
        (mounted, "", "/outer", "/outer/docs"),
        (included, "", "", "/docs"),
        (mounted_and_included, "", "/more", "/more/docs"),
        (documented_elsewhere, "", "", "/internal/docs"),
    ],
)
def test_the_documentation_page_logs_in_wherever_the_router_is(
    local_accounts: Accounts,
    build: Callable[[Accounts], FastAPI],
    root_path: str,
    folder: str,
    page: str,
) -> None:
    # Another router of the process may have been the first one.
    router(local_accounts, "/first")
    app = build(local_accounts)
    # Twice, since an application may be started more than once.
    for _ in range(2):
        with TestClient(app, root_path=root_path) as client:
            document = client.get(f"{folder}/openapi.json").json()
            for scheme in document["components"]["securitySchemes"].values():
                if scheme["type"] == "oauth2":
                    url = urljoin(page, scheme["flows"]["password"]["tokenUrl"])
                    assert code_of(client.post(url)) == (422, "invalid_request")


def test_endpoints_of_an_application_log_in_at_its_first_router(local_accounts: Accounts) -> None:
    def application(*prefixes: str) -> FastAPI:
        app = FastAPI()
        for prefix in prefixes:
            app.include_router(router(local_accounts, prefix, jwks=False))

        @app.get("/mine")
        def mine(user: Annotated[UserRead, Depends(current_user)]) -> str:
            return user.email

        return app

    for prefixes in (("/a", "/b"), ("/c",)):
        with TestClient(application(*prefixes)) as client:
            document = client.get("/openapi.json").json()
            schemes = document["components"]["securitySchemes"]
            [name, _] = [n for each in document["paths"]["/mine"]["get"]["security"] for n in each]
            flow = schemes[name]["flows"]["password"]
            assert flow["tokenUrl"] == f"{prefixes[0].lstrip('/')}/auth/token"


def test_the_routers_of_one_application_keep_apart(local_accounts: Accounts) -> None:
    app = FastAPI()
    app.include_router(router(local_accounts, "/closed", register=False))
    app.include_router(router(local_accounts, "/open", jwks=False))
    client = TestClient(app)
    new = {"email": "ada@example.com", "password": PASSWORD}
    assert client.post("/closed/auth/register", json=new).status_code == 404
    assert client.post("/open/auth/register", json=new).status_code == 201
    assert client.get("/.well-known/jwks.json").json() == {"keys": []}


def test_an_application_that_answers_with_pages_has_a_router_all_the_same(
    local_accounts: Accounts,
) -> None:
    app = FastAPI(default_response_class=HTMLResponse)
    app.include_router(router(local_accounts))
    client = TestClient(app)
    for path in ("/api/v1/health", "/.well-known/jwks.json"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize(
    ("status", "detail", "told"),
    [
        (400, {"field": "name"}, '{"field": "name"}'),
        (400, None, "Bad Request"),
        (499, "Gone away", "Gone away"),
    ],
)
def test_every_error_of_the_application_has_the_one_body(
    status: int, detail: object, told: str
) -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    def fail() -> None:
        raise HTTPException(status, detail)

    answer = TestClient(app).get("/")
    assert code_of(answer)[0] == status
    assert answer.json()["detail"] == told


@pytest.mark.parametrize("installed", [False, True])
def test_an_application_answers_to_the_errors_of_its_own_dependencies(
    local_accounts: Accounts, *, installed: bool
) -> None:
    class ClosedError(Exception):
        pass

    app = FastAPI()
    if installed:
        install_error_handlers(app)
    app.add_exception_handler(ClosedError, lambda _, __: PlainTextResponse("closed", 418))

    def require_open(kind: str) -> None:
        raise {"own": ClosedError, "other": ZeroDivisionError}[kind]

    app.include_router(router(local_accounts), dependencies=[Depends(require_open)])
    client = TestClient(app)
    answer = client.get("/api/v1/health?kind=own")
    assert (answer.status_code, answer.text) == (418, "closed")
    assert code_of(client.get("/api/v1/health?kind=other")) == (500, "unexpected")


def test_an_answer_that_may_have_no_body_has_none() -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    def fail() -> None:
        raise HTTPException(304, headers={"ETag": '"x"'})

    answer = TestClient(app).get("/")
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"x"')
