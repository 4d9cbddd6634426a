"""Managing users over HTTP."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from httpx2 import Response

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import EMAIL, Caller, code_of
from tests.support.marks import repeat
from userctl import Accounts

TOO_LARGE = 2**80


def test_pages_are_followed_to_the_end(admin: Caller, accounts: Accounts) -> None:
    for number in range(4):
        accounts.users.create(f"u{number}@example.com")
    found, path = [], "?limit=2&role=user&sort=email&descending=true"
    while path:
        page = admin("GET", f"/users{path}")
        found += [user["email"] for user in page.json()["items"]]
        link = page.headers.get("link", "")
        path = link.removeprefix("<").partition(">")[0]
        assert bool(path) == (page.json()["next"] is not None)
    assert found == [f"u{number}@example.com" for number in (3, 2, 1, 0)]


@pytest.mark.parametrize("sort", ["id", "email", "name", "created_at"])
def test_pages_go_on_while_users_come_and_go(admin: Caller, accounts: Accounts, sort: str) -> None:
    """Each user who is there all the time is found once, whoever ends a page."""
    names = [f"u{number}@example.com" for number in range(9)]
    for name in names:
        accounts.users.create(name, name=name)
    found, after = [], ""
    while after is not None:
        page = admin("GET", f"/users?limit=2&role=user&sort={sort}{after and f'&after={after}'}")
        found += [user["email"] for user in page.json()["items"]]
        after = page.json()["next"]
        if after is not None:
            accounts.users.delete(after)
            accounts.users.create(f"a{after}@example.com", name="a")
    assert [name for name in found if name in names] == names


def test_a_change_is_made_if_nothing_changed_since_it_was_read(
    admin: Caller, accounts: Accounts
) -> None:
    path = f"/users/{accounts.users.create(EMAIL, name='Ada').id}"
    tag = admin("GET", path).headers["etag"]
    changed = admin("PATCH", path, json={"name": "Augusta"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Augusta")
    stale: list[tuple[str, dict[str, Any]]] = [
        ("PATCH", {"json": {"name": "Ada"}}),
        ("PATCH", {"json": {"status": "disabled"}}),
        ("DELETE", {}),
    ]
    for method, request in stale:
        refused = admin(method, path, headers={"If-Match": tag}, **request)
        assert code_of(refused) == (412, "user_changed")
    new = changed.headers["etag"]
    assert new == admin("GET", path).headers["etag"]
    disabled = admin(
        "PATCH", path, json={"status": "disabled"}, headers={"If-Match": f'"x", {new}'}
    )
    assert disabled.json()["status"] == "disabled"
    unnamed = admin("PATCH", path, json={"name": None}, headers={"If-Match": "*"})
    assert unnamed.json()["name"] is None
    assert admin("DELETE", path).status_code == 204
    assert code_of(admin("GET", path)) == (404, "user_not_found")


def at_once(*requests: Callable[[], Response]) -> list[Response]:
    """Send requests at the same time, and return their answers."""
    with ThreadPoolExecutor(len(requests)) as threads:
        return [each.result() for each in [threads.submit(send) for send in requests]]


@repeat("count", few=2, soak=50)
@pytest.mark.parametrize(
    "methods", [("PATCH", "PATCH"), ("PATCH", "DELETE"), ("DELETE", "DELETE")], ids="-".join
)
def test_of_two_changes_at_once_one_is_refused(
    admin: Caller,
    accounts: Accounts,
    monkeypatch: pytest.MonkeyPatch,
    methods: tuple[str, str],
    count: int,
) -> None:
    """The loser is answered as if it had come after the winner."""
    read = accounts.users.get
    both = Barrier(2)

    def read_and_meet(user_id: int) -> object:
        user = read(user_id)
        both.wait(timeout=60)
        return user

    for number in range(count):
        path = f"/users/{accounts.users.create(f'u{number}@example.com').id}"
        headers = {"If-Match": admin("GET", path).headers["etag"]}

        def send(method: str, name: str) -> Callable[[], Response]:
            body = {"json": {"name": name}} if method == "PATCH" else {}
            return lambda: admin(method, path, headers=headers, **body)  # noqa: B023

        with monkeypatch.context() as patch:
            patch.setattr(accounts.users, "get", read_and_meet)
            answers = at_once(send(methods[0], "first"), send(methods[1], "second"))
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        after = admin("GET", path)
        if won.status_code == 204:
            assert code_of(lost) == code_of(after) == (404, "user_not_found")
        else:
            assert code_of(lost) == (412, "user_changed")
            assert (won.status_code, won.json()) == (200, after.json())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, (422, "invalid_input")),
        ({"status": "active", "name": "x"}, (422, "invalid_request")),
        ({"email": None}, (422, "invalid_request")),
        ({"role": "pope"}, (422, "invalid_input")),
        ({"hashed_password": "x"}, (422, "invalid_request")),
        ({"role": "user"}, (409, "last_admin")),
        ({"status": "disabled"}, (409, "last_admin")),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    admin: Caller, changes: dict[str, object], code: tuple[int, str]
) -> None:
    refused = admin("PATCH", "/users/1", json=changes)
    assert code_of(refused) == code
    assert "--" not in refused.text
    assert "userctl " not in refused.text


def test_only_an_admin_manages_users(ada: Caller, call: Caller) -> None:
    for method, path in (
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", "/users/1"),
        ("PATCH", "/users/1"),
        ("DELETE", "/users/1"),
    ):
        body = {"json": {"email": "x@example.com"}} if method in {"POST", "PATCH"} else {}
        assert call(method, path, **body).status_code == 401
        refused = ada(method, path, **body)
        assert code_of(refused) == (403, "role_required")
        assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'


def test_the_scope_of_an_api_token_limits_it(
    admin: Caller, call: Caller, accounts: Accounts
) -> None:
    token = accounts.tokens.issue(1, "reader", scope=["users:read"]).token
    reader = call.as_bearer(token)
    assert reader("GET", "/users").status_code == 200
    refused = reader("DELETE", "/users/1")
    assert code_of(refused) == (403, "insufficient_scope")
    assert refused.headers["www-authenticate"] == (
        'Bearer error="insufficient_scope", scope="users:write"'
    )


@pytest.mark.parametrize(
    "user_id", [-1, 0, 2**63, TOO_LARGE, "9" * 4300, "1e3", "٣", "ada@example.com"]
)
def test_ids_that_no_user_has_are_not_found(admin: Caller, user_id: object) -> None:
    answer = admin("GET", f"/users/{user_id}")
    assert answer.status_code in {404, 422}
    code_of(answer)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "after=-1", "sort=hashed_password", "x=1"],
)
def test_a_query_that_cannot_be_answered_is_refused(admin: Caller, query: str) -> None:
    answer = admin("GET", f"/users?{query}")
    assert answer.status_code in {404, 422}
    code_of(answer)


@pytest.mark.parametrize("lose", ["demote", "disable"])
def test_an_admin_no_longer_creates_no_user_from_the_queue(
    admin: Caller, accounts: Accounts, monkeypatch: pytest.MonkeyPatch, lose: str
) -> None:
    """The token is verified, and the admin loses the right before the request hashes."""
    accounts.users.create("other@example.com", role="admin", password=PASSWORD)
    verify = accounts.tokens.verify

    def verify_and_lose(token: str) -> object:
        verified = verify(token)
        if lose == "demote":
            accounts.users.update(verified.user.id, role="user")
        else:
            accounts.users.disable(verified.user.id)
        return verified

    monkeypatch.setattr(accounts.tokens, "verify", verify_and_lose)
    refused = admin("POST", "/users", json={"email": EMAIL})
    assert code_of(refused) == (403, "role_required")
