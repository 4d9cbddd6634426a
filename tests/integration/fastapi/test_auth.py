"""Logging in and out over HTTP, on both databases."""

import pytest

from tests.integration.conftest import PASSWORD, Sql
from tests.integration.fastapi.conftest import ADMIN, EMAIL, Caller, caller, code_of, log_in
from userctl import Accounts

NEW_PASSWORD = "battery staple 88"


def test_a_user_registers_logs_in_refreshes_and_logs_out(call: Caller, accounts: Accounts) -> None:
    made = call(
        "POST",
        "/auth/register",
        json={"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada"},
    )
    assert (made.status_code, made.json()["email"]) == (201, EMAIL)
    assert "generated_password" not in made.json()
    answer = log_in(call, headers={"User-Agent": "web\t2"})
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
    [session] = accounts.sessions.list(user=EMAIL).items
    assert (session.source, session.client) == ("203.0.113.7", "web2")
    token = {"refresh_token": tokens["refresh_token"]}
    renewed = call("POST", "/auth/refresh", json=token).json()
    me = call.as_bearer(renewed["access_token"])
    assert me("GET", "/auth/me").json() == made.json()
    assert code_of(call("POST", "/auth/refresh", json=token)) == (409, "refresh_conflict")
    for _ in range(2):
        gone = call("POST", "/auth/logout", json={"refresh_token": renewed["refresh_token"]})
        assert (gone.status_code, gone.content) == (204, b"")
    refused = me("GET", "/auth/me")
    assert code_of(refused) == (401, "token_revoked")
    assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


def test_a_wrong_password_is_refused_like_an_unknown_address(ada: Caller) -> None:
    refused = log_in(ada, password="wrong")
    assert code_of(refused) == (401, "invalid_credentials")
    assert refused.headers["www-authenticate"] == "Bearer"
    unknown = log_in(ada, email="nobody@example.com")
    assert (unknown.content, unknown.headers) == (refused.content, refused.headers)


def test_throttling_says_how_long_to_wait(local_accounts: Accounts) -> None:
    call = caller(local_accounts)
    for _ in range(local_accounts.settings.login_attempts):
        log_in(call, password="wrong")
    refused = log_in(call)
    assert code_of(refused) == (429, "throttled")
    assert 1 <= int(refused.headers["retry-after"]) <= 60 * 15
    assert "userctl" not in refused.json()["detail"] + refused.json()["hint"]


def test_an_address_registers_once(ada: Caller) -> None:
    again = ada("POST", "/auth/register", json={"email": EMAIL, "password": PASSWORD})
    assert code_of(again) == (409, "user_exists")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"email": "ada", "password": PASSWORD}, "invalid_email"),
        ({"email": EMAIL, "password": "short"}, "password_rejected"),
        ({"email": EMAIL, "password": "ä" * 40}, "password_rejected"),
        ({"email": EMAIL, "password": f"{PASSWORD}\0"}, "password_rejected"),
        ({"email": EMAIL, "password": PASSWORD, "name": "\x1b"}, "invalid_input"),
        ({"email": EMAIL, "password": PASSWORD, "role": "admin"}, "invalid_request"),
        ({"email": EMAIL, "password": ["geheim"]}, "invalid_request"),
        ({"email": EMAIL, "password": "geheim" * 2000}, "invalid_request"),
        ({"email": EMAIL}, "invalid_request"),
    ],
)
def test_what_cannot_register_is_told_without_its_password(
    local_call: Caller, values: dict[str, object], code: str
) -> None:
    refused = local_call("POST", "/auth/register", json=values)
    assert code_of(refused) == (422, code)
    assert "geheim" not in refused.text
    assert "--" not in refused.text


def test_registration_can_be_closed(local_accounts: Accounts) -> None:
    call = caller(local_accounts, register=False)
    refused = call("POST", "/auth/register", json={"email": EMAIL, "password": PASSWORD})
    assert refused.status_code == 404


def test_a_password_is_changed_and_a_new_session_started(ada: Caller, call: Caller) -> None:
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert code_of(call("POST", "/auth/password", json=change)) == (401, "token_required")
    answer = ada("POST", "/auth/password", json=change)
    own = call.as_bearer(answer.json()["access_token"])
    assert own("GET", "/auth/me").status_code == 200
    assert code_of(ada("GET", "/auth/me")) == (401, "token_revoked")
    assert log_in(call, password=NEW_PASSWORD).status_code == 200


def test_who_has_to_change_the_password_does_so_before_logging_in(
    call: Caller, accounts: Accounts
) -> None:
    made = accounts.users.create(EMAIL, generate_password=True, must_change_password=True)
    given = made.generated_password
    assert given is not None
    refused = log_in(call, password=given)
    assert code_of(refused) == (403, "password_change_required")
    assert "userctl" not in refused.json()["hint"]
    change = {"email": EMAIL, "current_password": given, "new_password": NEW_PASSWORD}
    assert call("POST", "/auth/password", json=change).status_code == 200
    assert log_in(call, password=NEW_PASSWORD).status_code == 200


def test_an_unknown_refresh_token_is_refused(local_call: Caller) -> None:
    for path in ("/auth/refresh", "/auth/logout"):
        refused = local_call("POST", path, json={"refresh_token": "\0x"})
        assert code_of(refused) == (401, "token_invalid")
        assert code_of(local_call("POST", path)) == (401, "token_required")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer \xff\xfe"},
    ],
)
def test_a_request_without_a_token_is_told_what_it_lacks(
    local_call: Caller, headers: dict[str, str]
) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    refused = local_call("GET", "/auth/me", headers=raw)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")


def test_a_token_is_accepted_in_the_header_alone_and_once(ada: Caller) -> None:
    bearer = ada.headers["Authorization"]
    token = bearer.removeprefix("Bearer ")
    bare = Caller(ada.client, {})
    assert bare("GET", f"/auth/me?access_token={token}").status_code == 401
    assert bare("GET", "/auth/me", headers={"Cookie": f"access_token={token}"}).status_code == 401
    twice = ada.client.get(
        "/api/v1/auth/me", headers=[("Authorization", bearer), ("Authorization", bearer)]
    )
    assert code_of(twice) == (401, "token_required")


def test_changes_of_an_admin_are_recorded_with_their_name(
    admin: Caller, sql: Sql, accounts: Accounts
) -> None:
    made = admin("POST", "/users", json={"email": EMAIL, "generate_password": True})
    assert made.status_code == 201
    assert made.headers["location"] == f"/api/v1/users/{made.json()['id']}"
    assert log_in(admin, password=made.json()["generated_password"]).status_code == 200
    actors = dict(sql("SELECT tag, actor FROM audit_events WHERE tag = 'account:create'"))
    assert actors == {"account:create": ADMIN}
