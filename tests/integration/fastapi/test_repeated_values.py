"""What stands in a request more than once is read as a whole, or refused."""

import json

import pytest
from httpx2 import Response

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import (
    API,
    EMAIL,
    Caller,
    caller,
    code_of,
    create_and_log_in,
    log_in,
)
from userctl import Accounts

COOKIE = "__Secure-refresh_token"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def local_admin(local_accounts: Accounts, local_call: Caller) -> Caller:
    return create_and_log_in(local_accounts, local_call, "grace@example.com", role="admin")


def send(call: Caller, method: str, path: str, *lines: tuple[str, str], **request: str) -> Response:
    """Send a request with these lines in its head."""
    headers = [*call.headers.items(), *lines]
    return call.client.request(method, f"{API}{path}", headers=headers, **request)  # type: ignore[arg-type]


IF_MATCH = [
    (["{tag}"], 200),
    (['"x"', "{tag}"], 200),
    (["{tag}", '"x"'], 200),
    (['"x", "y,z"', '"a" ,,\t{tag} , '], 200),
    (["*"], 200),
    (['"x"', '"y"'], 412),
    (["W/{tag}"], 412),  # If-Match compares strongly: RFC 9110, section 13.1.1.
    (["{bare}"], 412),
    (["*", '"x"'], 412),  # Either all, or a list.
    ([""], 412),
    ([",", " "], 412),
]


def test_a_user_is_read_and_changed_if_one_line_of_if_match_names_them(
    local_admin: Caller, local_accounts: Accounts
) -> None:
    path = f"/users/{local_accounts.users.create(EMAIL).id}"
    for lines, status in IF_MATCH:
        tag = local_admin("GET", path).headers["etag"]
        named = [("If-Match", line.format(tag=tag, bare=tag.strip('"'))) for line in lines]
        body = json.dumps({"name": f"Ada {len(lines)}"})
        sent = [*named, ("Content-Type", "application/json")]
        read = send(local_admin, "GET", path, *named)
        changed = send(local_admin, "PATCH", path, *sent, content=body)
        assert (read.status_code, changed.status_code) == (status, status), lines


def test_a_user_is_deleted_if_one_line_of_if_match_names_them(
    local_admin: Caller, local_accounts: Accounts
) -> None:
    path = f"/users/{local_accounts.users.create(EMAIL).id}"
    tag = local_admin("GET", path).headers["etag"]
    stale, named = ("If-Match", '"x"'), ("If-Match", tag)
    assert send(local_admin, "DELETE", path, stale, ("If-Match", f"W/{tag}")).status_code == 412
    assert send(local_admin, "DELETE", path, stale, named).status_code == 204


IF_NONE_MATCH = [
    (["{tag}"], 304),
    (["W/{tag}"], 304),  # If-None-Match compares weakly: RFC 9110, section 13.1.2.
    (['"x"', 'W/"y", {tag}'], 304),
    (["*"], 304),
    (['"x"', '"y"'], 200),
    ([""], 200),
]


def test_a_user_is_returned_if_no_line_of_if_none_match_names_them(local_admin: Caller) -> None:
    tag = local_admin("GET", "/users/1").headers["etag"]
    for lines, status in IF_NONE_MATCH:
        named = [("If-None-Match", line.format(tag=tag)) for line in lines]
        answer = send(local_admin, "GET", "/users/1", *named)
        assert (answer.status_code, answer.headers["etag"]) == (status, tag), lines
        assert bool(answer.content) == (status == 200)


def test_a_request_with_two_tokens_has_none(local_admin: Caller) -> None:
    _, mine = next(iter(local_admin.headers.items()))
    for line in (mine, "Bearer x", "Basic eDp4"):
        refused = send(local_admin, "GET", "/auth/me", ("Authorization", line))
        assert code_of(refused) == (401, "token_required")


def test_a_cookie_is_found_in_any_line_and_refused_twice(local_accounts: Accounts) -> None:
    """A neighbouring host can set another cookie of that name, but not take the own one away."""
    local_accounts.users.create(EMAIL, password=PASSWORD)
    browser = caller(local_accounts, cookie=True)
    wanted = {"X-Refresh-Token": "cookie"}
    own, other = (
        log_in(browser, headers=wanted).headers["set-cookie"].partition(";")[0] for _ in range(2)
    )
    browser.client.cookies.clear()
    browser.headers = wanted
    for lines in ([f"{own}; {other}"], [own, other], [own, f"x=y;{COOKIE} = "]):
        cookies = [("Cookie", line) for line in lines]
        for path in ("/auth/refresh", "/auth/logout"):
            assert code_of(send(browser, "POST", path, *cookies)) == (403, "cookie_refused")
    # HTTP/2 sends each in a line of its own: RFC 9113, section 8.2.3.
    lines = [("Cookie", "a=b"), ("Cookie", own), ("Cookie", "c=d")]
    assert send(browser, "POST", "/auth/refresh", *lines).status_code == 200


def test_a_login_with_a_parameter_given_twice_is_refused(
    local_accounts: Accounts, local_call: Caller
) -> None:
    """RFC 6749, section 3.2."""
    local_accounts.users.create(EMAIL, password=PASSWORD)
    right = f"username={EMAIL}&password={PASSWORD}"
    for more in ("password=x", f"username={EMAIL}", "state=1&state=1", "grant_type=&grant_type="):
        form = f"{more}&{right}"
        refused = local_call("POST", "/auth/token", content=form, headers=FORM)
        assert code_of(refused) == (422, "invalid_request"), more
        assert refused.json()["error"] == "invalid_request"
        assert PASSWORD not in refused.text


def test_a_service_asks_about_one_token(local_admin: Caller, local_accounts: Accounts) -> None:
    token = local_accounts.tokens.issue(1, "ci").token
    service = local_admin.as_bearer(token)
    for path in ("/auth/introspect", "/auth/revoke"):
        refused = service("POST", path, content=f"token=x&token={token}", headers=FORM)
        assert code_of(refused) == (422, "invalid_request")
    assert service("GET", "/auth/me").status_code == 200


def test_a_query_with_a_parameter_given_twice_is_refused(local_admin: Caller) -> None:
    for query in ("role=admin&role=user", "limit=1&limit=1", "after=0&limit=1&after="):
        refused = local_admin("GET", f"/users?{query}")
        assert code_of(refused) == (422, "invalid_request")
        assert "given twice" in refused.json()["detail"]


def test_a_body_with_a_name_given_twice_is_refused(
    local_admin: Caller, local_accounts: Accounts
) -> None:
    headers = {"content-type": "application/json"}
    for more in (
        '"role": "user", "role": "admin"',
        '"\\u0065mail": "x"',
        '"name": {"a": 1, "a": 1}',
    ):
        body = f'{{"email": "eve@example.com", {more}}}'
        refused = local_admin("POST", "/users", content=body, headers=headers)
        assert code_of(refused) == (422, "invalid_request"), more
        assert "given twice" in refused.json()["detail"]
    assert len(local_accounts.users.list().items) == 1
