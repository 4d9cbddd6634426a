"""Credentials through the command line, on both databases: what is asked first, kept and undone."""

import os

import pytest

from tests.support.cli import PASSWORD, Userctl
from userctl.cli.commands.token.revoke import GUARD

ADA = "ada@example.com"
NEW = "battery staple 88"
SOON = ("--expires-within", "100d")


@pytest.fixture
def ada(userctl: Userctl) -> Userctl:
    userctl.create(ADA)
    return userctl


def issue(userctl: Userctl, times: int = 1) -> str:
    """Issue tokens for ada and return the text of the last one."""
    command = ("token", "issue", "--user", ADA, "--label", "ci", "-o", "json")
    return str([userctl(*command).json["token"] for _ in range(times)][-1])


def active(userctl: Userctl) -> int:
    """Return how many tokens work."""
    return userctl("token", "list", "--state", "active", "--all", "-q").out.count("\n")


def test_a_token_ends_after_ninety_days_unless_something_else_was_said(ada: Userctl) -> None:
    issue(ada)
    ada("token", "issue", "--user", ADA, "--label", "ci", "--expires", "never")
    for days, expected in ((89, ""), (91, "api-1\n")):
        assert ada("token", "list", "--expires-within", f"{days}d", "-q").out == expected


def test_a_filter_may_revoke_as_many_tokens_as_the_guard_admits(ada: Userctl) -> None:
    issue(ada, GUARD)
    revoked = ada("token", "revoke", *SOON, "-o", "json").json
    assert revoked["revoked_api_tokens"] == GUARD
    assert active(ada) == 0


def test_a_filter_that_means_more_needs_a_yes(ada: Userctl) -> None:
    issue(ada, GUARD + 1)
    ada.login(ADA, "--no-store")
    for wanted in (SOON, ("--unused-since", "0s"), (*SOON, "--user", ADA)):
        refused = ada("token", "revoke", *wanted, "-o", "json")
        assert (refused.code, refused.error["code"]) == (5, "guard_refused")
    assert active(ada) == GUARD + 2
    assert ada("token", "revoke", *SOON, "--yes").code == 0
    # A session, which always ends soon, is meant only where that is said.
    assert active(ada) == 1
    assert ada("token", "revoke", *SOON, "--kind", "refresh").code == 0
    assert active(ada) == 0


@pytest.mark.parametrize("wanted", [("--user", ADA), ("--all",), ("--user", ADA, "--kind", "api")])
def test_all_tokens_of_an_account_or_of_everybody_need_a_yes_however_few(
    ada: Userctl, wanted: tuple[str, ...]
) -> None:
    issue(ada)
    refused = ada("token", "revoke", *wanted, "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "confirmation_required")
    assert active(ada) == 1
    assert ada("token", "revoke", *wanted, "--yes").code == 0
    assert active(ada) == 0


def test_an_api_token_verifies_and_logs_in_until_it_is_revoked(ada: Userctl) -> None:
    token = issue(ada)
    log_in = ("login", "--method", "api-token", "--password-stdin", "-o", "json")
    claims = ada("token", "verify", "--stdin", "-o", "json", stdin=token).json
    assert (claims["sub"], claims["jti"], claims["label"]) == (ADA, "api-1", "ci")
    assert ada(*log_in, stdin=token).json["email"] == ADA
    assert ada("whoami").code == 0
    assert ada("token", "revoke", "--stdin", stdin=token).code == 0
    for command in (("token", "verify", "--stdin", "-o", "json"), log_in):
        refused = ada(*command, stdin=token)
        assert (refused.code, refused.error["code"]) == (4, "token_revoked")
        assert token not in refused.err
    assert ada("whoami").code == 4


def test_an_api_token_is_not_verified_without_the_database(ada: Userctl) -> None:
    refused = ada("token", "verify", "--stdin", "--offline", "-o", "json", stdin=issue(ada))
    assert (refused.code, refused.error["code"]) == (2, "invalid_input")


def test_an_api_token_that_is_lost_on_its_way_out_is_revoked(ada: Userctl) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        lost = ada.spawn("token", "issue", "--user", ADA, "--label", "ci", stdout=writer)
    finally:
        os.close(writer)
    assert (lost.code, lost.err.count("\n")) == (9, 1)
    assert ada("token", "list", "--state", "revoked", "-q").out == "api-1\n"


def test_tokens_that_would_be_neither_kept_nor_printed_are_not_asked_for(ada: Userctl) -> None:
    pair = ada.login(ADA, "--no-store")
    for command, secret in (
        (("login", ADA, "--password-stdin", "--no-store", "-q"), PASSWORD),
        (("token", "refresh", "--stdin", "-q"), pair["refresh_token"]),
    ):
        assert ada(*command, stdin=secret).code == 2
    assert active(ada) == 1
    assert ada("token", "refresh", "--stdin", stdin=pair["refresh_token"]).code == 0


def test_failures_are_counted_against_the_source_that_is_named(ada: Userctl) -> None:
    ada.extra["USERCTL_LOGIN_ATTEMPTS"] = "2"

    def log_in(source: str, password: str) -> tuple[int, str | None]:
        result = ada(
            "login", ADA, "--source", source, "--password-stdin", "-o", "json", stdin=password
        )
        return result.code, None if result.code == 0 else result.error["code"]

    assert log_in("10.0.0.1", PASSWORD) == (0, None)
    for _ in range(2):
        assert log_in("10.0.0.2", "wrong") == (4, "invalid_credentials")
    assert log_in("10.0.0.3", PASSWORD) == (4, "throttled")
    assert log_in("10.0.0.1", PASSWORD) == (0, None)


MUST_CHANGE = ("user", "passwd", ADA, "--must-change", "--password-stdin")


def test_a_scripted_login_with_a_password_that_has_to_be_changed_is_told_so(ada: Userctl) -> None:
    assert ada(*MUST_CHANGE, stdin=PASSWORD).code == 0
    for options in ((), ("--no-store",)):
        refused = ada("login", ADA, "--password-stdin", "-o", "json", *options, stdin=PASSWORD)
        assert (refused.code, refused.error["code"]) == (4, "password_change_required")
        assert "terminal" in str(refused.error["hint"])
    assert active(ada) == 0
    assert ada("user", "passwd", ADA, "--password-stdin", stdin=NEW).code == 0
    assert ada("login", ADA, "--password-stdin", stdin=NEW).code == 0


def test_a_key_is_not_retired_without_a_yes(local: Userctl) -> None:
    local.keyring = True
    local("key", "generate")
    waiting = local("key", "generate", "-o", "json").json["kid"]
    refused = local("key", "retire", waiting, "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "confirmation_required")
    assert "next" in local("key", "list").out
    assert local("key", "retire", waiting, "--yes").code == 0
    assert "next" not in local("key", "list").out


def test_a_key_is_published_for_an_hour_before_it_signs_unless_said_otherwise(
    local: Userctl,
) -> None:
    local.keyring = True
    local("key", "generate")
    waiting = local("key", "generate", "-o", "json").json["kid"]
    refused = local("key", "rotate", "-o", "json")
    assert (refused.code, refused.error["code"]) == (5, "key_not_published")
    assert local("key", "rotate", "--min-age", "0s", "-o", "json").json["kid"] == waiting
