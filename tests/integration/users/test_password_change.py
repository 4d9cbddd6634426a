"""Passwords that have to be changed at the next login, on both databases."""

import hashlib
from dataclasses import replace

import pytest

from tests.integration.conftest import PASSWORD, Program, Sql, run_at_once, type_names
from tests.support.cli import PASSWORD as CLI_PASSWORD
from tests.support.cli import Userctl
from userctl.core.errors import (
    InvalidCredentials,
    InvalidInput,
    PasswordChangeRequired,
    PasswordRejected,
    TokenRevoked,
)
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant
from userctl.schemas.users import UserCreate, UserCreated
from userctl.security.passwords import PasswordHasher

NEW = "battery staple 88"


@pytest.fixture
def temporary(program: Program, ada: UserCreated) -> UserCreated:
    """An account whose password has to be changed."""
    return program.user_passwords.set_password("1", PASSWORD, must_change=True)


def log_in(program: Program, new: str | None = None, password: str = PASSWORD) -> Grant:
    """Log in as ada, with a new password."""
    credentials = Credentials(identity="ada@example.com", secret=password, new_secret=new)
    return program.log_in_with("password", credentials)


def charges(sql: Sql) -> int:
    """Return how many logins stand charged."""
    digest = hashlib.sha256(b"ada@example.com").hexdigest()
    total = "SELECT coalesce(sum(charges), 0) FROM login_throttles WHERE address = :address"
    return int(sql(total, address=digest)[0][0])


def test_an_account_can_be_created_with_a_password_that_has_to_be_changed(
    program: Program,
) -> None:
    created = program.users.create(
        UserCreate(email="ada@example.com", password=PASSWORD, must_change_password=True)
    )
    assert created.must_change_password
    with pytest.raises(PasswordChangeRequired):
        log_in(program)


def test_a_login_with_a_password_to_be_changed_is_refused_and_costs_nothing(
    program: Program, temporary: UserCreated, sql: Sql
) -> None:
    assert temporary.must_change_password
    for _ in range(10):
        with pytest.raises(PasswordChangeRequired):
            log_in(program)
    assert sql("SELECT count(*) FROM refresh_tokens") == [(0,)]
    assert charges(sql) == 0


def test_only_who_knows_the_password_learns_that_it_has_to_be_changed(
    program: Program, temporary: UserCreated
) -> None:
    with pytest.raises(InvalidCredentials):
        log_in(program, password="wrong password")
    with pytest.raises(InvalidCredentials):
        log_in(program, NEW, password="wrong password")


def test_a_login_with_a_new_password_changes_it(
    program: Program, temporary: UserCreated, sql: Sql
) -> None:
    assert not log_in(program, NEW).user.must_change_password
    assert charges(sql) == 0
    log_in(program, password=NEW)
    with pytest.raises(InvalidCredentials):
        log_in(program)


@pytest.mark.parametrize(
    ("new", "reasons"),
    [
        (PASSWORD, ["same as the current password"]),
        ("short", ["5 characters"]),
        ("iloveyou", ["most common"]),
        ("ada@example.com", ["own e-mail"]),
        ("Ada", ["3 characters", "own e-mail address or name"]),
        ("\0", ["NUL", "1 characters"]),
    ],
)
def test_a_new_password_has_to_keep_the_policy_and_the_refusal_costs_nothing(
    program: Program, temporary: UserCreated, sql: Sql, new: str, reasons: list[str]
) -> None:
    with pytest.raises(PasswordRejected) as caught:
        log_in(program, new)
    assert all(reason in caught.value.message for reason in reasons)
    assert charges(sql) == 0
    with pytest.raises(PasswordChangeRequired):
        log_in(program)


def test_the_present_password_in_another_unicode_form_is_no_new_one(program: Program) -> None:
    program.users.create(
        UserCreate(
            email="ada@example.com", password="caf\u00e9 au lait 7", must_change_password=True
        )
    )
    with pytest.raises(PasswordRejected):
        log_in(program, "caf\u00e9 au lait 7", password="cafe\u0301 au lait 7")


def test_setting_a_new_password_ends_what_was_started_with_the_old_one(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    session = program.log_in("ada@example.com")
    sql("UPDATE users SET must_change_password = true")
    log_in(program, NEW)
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(session.tokens.refresh_token)


def test_a_password_can_be_replaced_at_any_login_which_ends_the_other_sessions(
    program: Program, ada: UserCreated
) -> None:
    other = log_in(program)
    own = log_in(program, NEW)
    program.token_verifier.verify(own.tokens.access_token)
    with pytest.raises(TokenRevoked):
        program.token_verifier.verify(other.tokens.access_token)
    with pytest.raises(InvalidCredentials):
        log_in(program)
    log_in(program, password=NEW)


def test_setting_a_password_for_good_takes_the_duty_to_change_it_away(
    program: Program, temporary: UserCreated
) -> None:
    program.user_passwords.set_password("1", NEW)
    log_in(program, password=NEW)


def test_a_duty_that_came_after_the_check_makes_the_proof_worthless(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    program.tools = replace(program.tools, hasher=PasswordHasher(cost=5))
    credentials = Credentials(identity="ada@example.com", secret=PASSWORD)
    proof = program.authentication.authenticate(credentials)
    sql("UPDATE users SET must_change_password = true")
    with pytest.raises(InvalidCredentials):
        program.token_issuer.start_session(proof)
    assert program.users.show("1").must_change_password


def test_of_two_logins_that_change_the_password_at_once_one_does(
    database_url: str, temporary: UserCreated, program: Program
) -> None:
    outcomes = run_at_once(
        database_url,
        lambda other: log_in(other, "battery staple 88"),
        lambda other: log_in(other, "battery staple 99"),
    )
    assert type_names(outcomes) == ["Grant", "InvalidCredentials"]


def test_a_script_gets_exit_4_and_is_told_what_to_do(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--must-change")
    result = userctl("login", "1@example.com", "--password-stdin", "-o", "json", stdin="x")
    assert result.error["code"] == "invalid_credentials"
    result = userctl(
        "login", "ada@example.com", "--password-stdin", "-o", "json", stdin=CLI_PASSWORD
    )
    assert (result.code, result.error["code"]) == (4, "password_change_required")
    assert "user passwd" in result.error["hint"]
    changed = userctl(
        "user", "passwd", "1", "--password-stdin", "--must-change", "-o", "json", stdin=NEW
    )
    assert changed.json["must_change_password"] is True
    assert userctl("user", "passwd", "1", "--password-stdin", stdin=NEW).code == 0
    assert userctl("login", "ada@example.com", "--password-stdin", stdin=NEW).code == 0


def test_the_present_password_can_be_made_to_be_changed(program: Program, ada: UserCreated) -> None:
    session = program.log_in("ada@example.com")
    assert program.user_passwords.require_change("1").must_change_password
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(session.tokens.refresh_token)
    with pytest.raises(PasswordChangeRequired):
        log_in(program)
    log_in(program, NEW)


def test_an_account_without_a_password_has_none_to_change(program: Program) -> None:
    program.users.create(UserCreate(email="ada@example.com"))
    with pytest.raises(InvalidInput):
        program.user_passwords.require_change("1")


def test_passwd_with_must_change_alone_keeps_the_password(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    changed = userctl("user", "passwd", "1", "--must-change", "-o", "json").json
    assert (changed["has_password"], changed["must_change_password"]) == (True, True)
    refused = userctl(
        "login", "ada@example.com", "--password-stdin", "-o", "json", stdin=CLI_PASSWORD
    )
    assert refused.error["code"] == "password_change_required"
