"""A refresh token in a cookie, and what other sites cannot do with it."""

import pytest
from httpx2 import Response

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import EMAIL, Caller, caller, code_of, log_in
from userctl import Accounts

COOKIE = "__Secure-refresh_token"
WANTED = {"X-Refresh-Token": "cookie"}


@pytest.fixture
def browser(local_accounts: Accounts) -> Caller:
    local_accounts.users.create(EMAIL, password=PASSWORD)
    return caller(local_accounts, cookie=True, origins=["https://app.example.com"])


def test_a_browser_refreshes_and_logs_out_with_the_cookie_alone(browser: Caller) -> None:
    answer = log_in(browser, headers=WANTED)
    assert answer.json()["refresh_token"] is None
    attributes = answer.headers["set-cookie"].split("; ")
    assert attributes[0].startswith(f"{COOKIE}=uctl_")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/api/v1/auth"} < set(attributes)
    before = browser.client.cookies[COOKIE]
    renewed = browser("POST", "/auth/refresh", headers=WANTED)
    assert renewed.json()["refresh_token"] is None
    assert browser.client.cookies[COOKIE] != before
    assert browser("POST", "/auth/logout", headers=WANTED).status_code == 204
    assert COOKIE not in browser.client.cookies
    assert code_of(browser("POST", "/auth/refresh", headers=WANTED)) == (401, "token_required")


FOREIGN: list[dict[str, str]] = [
    {},
    {"X-Refresh-Token": "body"},
    WANTED | {"Origin": "https://evil.example"},
    WANTED | {"Origin": "https://testserver.evil.example"},
    WANTED | {"Origin": "https://testserver@evil.example"},
    WANTED | {"Origin": "https://evil.example/testserver"},
    WANTED | {"Origin": "null"},
    WANTED | {"Origin": ""},
    WANTED | {"Origin": "https://[testserver"},
]


def test_a_cookie_that_another_site_may_have_sent_is_refused(browser: Caller) -> None:
    log_in(browser, headers=WANTED)
    for headers in FOREIGN:
        for path in ("/auth/refresh", "/auth/logout"):
            refused = browser("POST", path, headers=headers)
            assert code_of(refused) == (403, "cookie_refused"), headers
    assert browser("POST", "/auth/refresh", headers=WANTED).status_code == 200


@pytest.mark.parametrize("origin", ["https://testserver", "https://app.example.com"])
def test_the_own_origin_and_those_that_are_named_may_send_it(browser: Caller, origin: str) -> None:
    log_in(browser, headers=WANTED)
    assert browser("POST", "/auth/refresh", headers=WANTED | {"Origin": origin}).status_code == 200


def test_who_does_not_ask_for_it_gets_no_cookie(browser: Caller, local_accounts: Accounts) -> None:
    answer = log_in(browser)
    assert "set-cookie" not in answer.headers
    assert answer.json()["refresh_token"]
    plain = log_in(caller(local_accounts), headers=WANTED)
    assert "set-cookie" not in plain.headers
    assert plain.json()["refresh_token"]


def test_a_token_in_the_body_wins_and_the_cookie_stays(browser: Caller) -> None:
    token = {"refresh_token": log_in(browser).json()["refresh_token"]}
    log_in(browser, headers=WANTED)
    kept = browser.client.cookies[COOKIE]
    answer = browser("POST", "/auth/refresh", json=token, headers=WANTED)
    assert "set-cookie" not in answer.headers
    assert answer.json()["refresh_token"]
    assert browser.client.cookies[COOKIE] == kept


def test_of_two_tabs_that_refresh_at_once_the_loser_keeps_the_cookie_of_the_winner(
    browser: Caller,
) -> None:
    log_in(browser, headers=WANTED)
    stale = {"Cookie": f"{COOKIE}={browser.client.cookies[COOKIE]}"}
    assert browser("POST", "/auth/refresh", headers=WANTED).status_code == 200
    browser.client.cookies.clear()
    refused = browser("POST", "/auth/refresh", headers=WANTED | stale)
    assert code_of(refused) == (409, "refresh_conflict")
    assert "set-cookie" not in refused.headers


def test_a_cookie_that_is_no_token_is_deleted(browser: Caller) -> None:
    for path in ("/auth/refresh", "/auth/logout"):
        refused = browser("POST", path, headers=WANTED | {"Cookie": f"{COOKIE}=x"})
        assert code_of(refused) == (401, "token_invalid")
        assert f"{COOKIE}=" in refused.headers["set-cookie"]
        assert "Max-Age=0" in refused.headers["set-cookie"]


def test_a_cookie_that_is_not_in_force_is_deleted(
    browser: Caller, local_accounts: Accounts
) -> None:
    log_in(browser, headers=WANTED)
    local_accounts.sessions.revoke_all(EMAIL)
    refused: Response = browser("POST", "/auth/refresh", headers=WANTED)
    assert code_of(refused) == (401, "token_revoked")
    assert "www-authenticate" in refused.headers
    assert COOKIE not in browser.client.cookies
