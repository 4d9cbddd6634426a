"""Arguments of a wrong type: one error for all calls."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.integration.conftest import PASSWORD
from userctl import Accounts, errors, open_accounts

USER = "ada@example.com"
SECRET = b"hunter2"

Call = Callable[[Accounts, object], object]

TEXT: dict[str, Call] = {
    "refresh": lambda accounts, value: accounts.sessions.refresh(value),
    "logout": lambda accounts, value: accounts.sessions.logout(value),
    "revoke a session": lambda accounts, value: accounts.sessions.revoke(value),
    "log in": lambda accounts, value: accounts.sessions.login(USER, value),
    "log in with": lambda accounts, value: accounts.sessions.login_with_api_token(value),
    "verify": lambda accounts, value: accounts.tokens.verify(value),
    "verify offline": lambda accounts, value: accounts.tokens.verify_offline(value),
    "introspect": lambda accounts, value: accounts.tokens.introspect(value),
    "revoke": lambda accounts, value: accounts.tokens.revoke(value),
    "label": lambda accounts, value: accounts.tokens.issue(USER, value),
    "scope": lambda accounts, value: accounts.tokens.issue(USER, "ci", scope=["a", value]),
    "log in as": lambda accounts, value: accounts.sessions.login(value, "x"),
    "change of": lambda accounts, value: accounts.passwords.change(value, "x", "y"),
    "create": lambda accounts, value: accounts.users.create(value),
    "act": lambda accounts, value: accounts.acting_as(value).__enter__(),
    "change": lambda accounts, value: accounts.passwords.change(USER, "x", value),
}
"""Calls with an argument that is text."""

REFERENCE: dict[str, Call] = {
    "get": lambda accounts, value: accounts.users.get(value),
    "update": lambda accounts, value: accounts.users.update(value, name="x"),
    "disable": lambda accounts, value: accounts.users.disable(value),
    "enable": lambda accounts, value: accounts.users.enable(value),
    "delete": lambda accounts, value: accounts.users.delete(value),
    "restore": lambda accounts, value: accounts.users.restore(value),
    "unlock": lambda accounts, value: accounts.users.unlock(value),
    "set": lambda accounts, value: accounts.passwords.set(value, "x"),
    "generate": lambda accounts, value: accounts.passwords.generate(value),
    "revoke all": lambda accounts, value: accounts.sessions.revoke_all(value),
    "issue": lambda accounts, value: accounts.tokens.issue(value, "ci"),
}
"""Calls with an id or an address."""

OTHERS: list[tuple[Call, object]] = [
    (lambda accounts, value: accounts.sessions.list(user=value), SECRET),
    (lambda accounts, value: accounts.sessions.list(limit=value), "5"),
    (lambda accounts, value: accounts.passwords.set(USER, value), SECRET),
    (lambda accounts, value: accounts.passwords.set(USER, "x", must_change=value), "no"),
    (lambda accounts, value: accounts.users.create(USER, generate_password=value), "no"),
    (lambda accounts, value: accounts.users.create(USER, must_change_password=value), "no"),
    (lambda accounts, value: accounts.users.disable(USER, expected=value), {"id": 1}),
    (lambda accounts, value: accounts.users.update(USER, name="x", expected=value), "x"),
    (lambda accounts, value: accounts.users.list(limit=value), True),
    (lambda accounts, value: accounts.users.list(descending=value), "no"),
    (lambda accounts, value: accounts.users.list(created_since=value), 7),
    (lambda accounts, value: accounts.tokens.issue(USER, "ci", expires_in=value), 60),
    (lambda accounts, value: accounts.tokens.issue(USER, "ci", scope=value), "read"),
    (lambda accounts, value: accounts.tokens.issue(USER, "ci", scope=value), None),
]


def cases() -> Iterator[tuple[str, Call, object]]:
    """Yield the calls with a value of each wrong type."""
    for name, call in TEXT.items():
        for value in (None, 7, True, SECRET, timedelta(1)):
            yield name, call, value
    for name, call in REFERENCE.items():
        for value in (None, True, 1.5, SECRET, [1]):
            yield name, call, value
    for call, value in OTHERS:
        yield "other", call, value


def test_a_value_of_a_wrong_type_is_invalid_input_and_not_repeated(sqlite_url: str) -> None:
    with open_accounts(sqlite_url) as accounts:
        for name, call, value in cases():
            with pytest.raises(errors.InvalidInput) as caught:
                call(accounts, value)
            message = caught.value.message
            assert "hunter2" not in message, name
            assert "pydantic" not in message, name


def test_one_password_is_given_or_generated_and_only_one_that_there_is_must_be_changed(
    sqlite_url: str,
) -> None:
    with open_accounts(sqlite_url, password_cost="4") as accounts:
        accounts.users.create("grace@example.com", password=PASSWORD)
        for call in (
            lambda: accounts.users.create(USER, password=PASSWORD, generate_password=True),
            lambda: accounts.users.create(USER, must_change_password=True),
            lambda: accounts.passwords.set(1, None, must_change=True),
        ):
            with pytest.raises(errors.InvalidInput, match=r"^(A|Without a) password"):
                call()
        assert [user.has_password for user in accounts.users.list().items] == [True]
