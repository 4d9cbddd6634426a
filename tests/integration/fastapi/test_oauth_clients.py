"""What a client of OAuth 2 understands: the grants, and why one is refused."""

from typing import Any

import pytest
from oauthlib.oauth2 import LegacyApplicationClient, OAuth2Error

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import ADMIN, EMAIL, Caller, caller, code_of
from userctl import Accounts

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def fetch(call: Caller, path: str, body: str, **headers: str) -> dict[str, Any]:
    """Send what a client prepared, and return what it reads from the answer."""
    answer = call("POST", path, content=body, headers=FORM | headers)
    return dict(LegacyApplicationClient("any").parse_request_body_response(answer.text))


def test_a_client_logs_in_and_refreshes_at_the_token_endpoint(
    accounts: Accounts, call: Caller
) -> None:
    accounts.users.create(EMAIL, password=PASSWORD)
    client = LegacyApplicationClient("any")
    body = client.prepare_request_body(EMAIL, PASSWORD, scope=["read"], include_client_id=True)
    tokens = fetch(call, "/auth/token", body)
    body = client.prepare_refresh_body(refresh_token=tokens["refresh_token"])
    renewed = fetch(call, "/auth/token", body)
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert accounts.tokens.verify(renewed["access_token"]).user.email == EMAIL
    with pytest.raises(OAuth2Error) as caught:
        fetch(call, "/auth/token", body)
    assert (caught.value.error, caught.value.status_code) == ("invalid_grant", 400)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ("username=ada%40example.com&password=wrong", "invalid_grant"),
        ("grant_type=password&username=ada%40example.com", "invalid_request"),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=x", "invalid_grant"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
        ("grant_type=%C3%A9%22", "unsupported_grant_type"),
        (f"username={'x' * 5000}", "invalid_request"),
        ("x" * 70_000, "invalid_request"),
    ],
)
def test_a_client_learns_why_it_gets_no_tokens(local_call: Caller, form: str, error: str) -> None:
    with pytest.raises(OAuth2Error) as caught:
        fetch(local_call, "/auth/token", form)
    assert caught.value.error == error
    assert caught.value.description


def test_a_client_that_is_throttled_may_come_again(local_accounts: Accounts) -> None:
    call = caller(local_accounts)
    for _ in range(local_accounts.settings.login_attempts):
        call("POST", "/auth/token", data={"username": EMAIL, "password": "wrong"})
    with pytest.raises(OAuth2Error) as caught:
        fetch(call, "/auth/token", f"username={EMAIL}&password=wrong")
    assert caught.value.error == "temporarily_unavailable"


def test_the_endpoint_of_refreshes_tells_the_same(local_call: Caller) -> None:
    for token, error in (({"refresh_token": "x"}, "invalid_grant"), (None, "invalid_request")):
        refused = local_call("POST", "/auth/refresh", json=token)
        assert refused.json()["error"] == error


@pytest.mark.parametrize("path", ["/auth/introspect", "/auth/revoke"])
def test_a_service_learns_why_its_token_is_refused(
    local_accounts: Accounts, local_call: Caller, path: str
) -> None:
    user = local_accounts.users.create(ADMIN, password=PASSWORD)
    reader = local_accounts.tokens.issue(user.id, "ci", scope=["read"]).token
    access = local_accounts.sessions.login(ADMIN, PASSWORD).tokens.access_token
    form = {"data": {"token": access}}
    told = [
        local_call.as_bearer(token)("POST", path, **form).json()["error"]
        for token in ("x", reader, access)
    ]
    assert told == ["invalid_token", "insufficient_scope", "insufficient_scope"]
    assert local_call("POST", path, **form).json()["error"] == "invalid_client"


def test_a_description_holds_only_what_oauth_allows(local_call: Caller) -> None:
    refused = local_call("POST", "/auth/refresh", json={'\u00e4"\\\n': 1})
    assert code_of(refused) == (422, "invalid_request")
    text = refused.json()["error_description"]
    assert all(" " <= each <= "~" and each not in '"\\' for each in text)
