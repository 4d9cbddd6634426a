"""Introspection and revocation, for services that have an API token."""

import pytest

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import EMAIL, Caller, code_of, log_in
from userctl import Accounts


@pytest.fixture
def service(accounts: Accounts, call: Caller) -> Caller:
    accounts.users.create("service@example.com")
    scope = ["tokens:introspect", "tokens:revoke"]
    return call.as_bearer(accounts.tokens.issue("service@example.com", "api", scope=scope).token)


def test_a_service_asks_about_tokens_and_revokes_them(
    service: Caller, ada: Caller, accounts: Accounts
) -> None:
    tokens = log_in(ada).json()
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    api = accounts.tokens.issue(EMAIL, "ci").token
    for token, kind in ((access, "access"), (refresh, "refresh"), (api, "api")):
        answer = service("POST", "/auth/introspect", data={"token": token})
        assert (answer.json()["active"], answer.json()["kind"]) == (True, kind)
        assert answer.json()["username"] == EMAIL
        assert answer.headers["cache-control"] == "no-store"
    refused = service("POST", "/auth/revoke", data={"token": access})
    assert code_of(refused) == (400, "unsupported_token_type")
    for token in (refresh, refresh, api, api, "unknown", "\0"):
        hint = {"token": token, "token_type_hint": "nonsense"}
        assert service("POST", "/auth/revoke", data=hint).status_code == 200
    for token in (access, refresh, api, "unknown", "\0", "a.b.c"):
        answer = service("POST", "/auth/introspect", data={"token": token})
        assert answer.json() == {"active": False}


@pytest.mark.parametrize("path", ["/auth/introspect", "/auth/revoke"])
def test_a_session_and_a_token_without_the_scope_are_refused(
    ada: Caller, call: Caller, accounts: Accounts, path: str
) -> None:
    form = {"data": {"token": "x"}}
    assert call("POST", path, **form).status_code == 401
    assert code_of(ada("POST", path, **form)) == (403, "api_token_required")
    other = call.as_bearer(accounts.tokens.issue(EMAIL, "ci", scope=["read"]).token)
    assert code_of(other("POST", path, **form)) == (403, "insufficient_scope")
    assert code_of(call.as_bearer("uctl_api_x")("POST", path, **form)) == (401, "token_invalid")
    unlimited = call.as_bearer(accounts.tokens.issue(EMAIL, "ci").token)
    assert unlimited("POST", path, **form).status_code == 200
    assert code_of(unlimited("POST", path, data={})) == (422, "invalid_request")
    assert accounts.sessions.login(EMAIL, PASSWORD)
