"""``userctl token issue`` and what machines do with its tokens, on both databases."""

from pathlib import Path

import pytest

from tests.support.cli import Userctl


def issue(userctl: Userctl, *options: str) -> dict[str, str]:
    """Issue a token and return it."""
    return dict(
        userctl(
            "token", "issue", "--user", "ada@example.com", "--label", "ci", "-o", "json", *options
        ).json
    )


@pytest.fixture(autouse=True)
def ada(userctl: Userctl) -> None:
    """An account."""
    userctl.create("ada@example.com")


def test_a_token_is_printed_once_and_verified(userctl: Userctl) -> None:
    issued = issue(userctl, "--scope", "deploy", "--scope", "read", "--expires", "14d")
    claims = userctl("token", "verify", "--stdin", "-o", "json", stdin=issued["token"] + "\n").json
    assert (claims["sub"], claims["scope"], claims["jti"]) == (
        "ada@example.com",
        "deploy read",
        "api-1",
    )
    listed = userctl("token", "list", "--kind", "api")
    assert "api-1" in listed.out
    assert issued["token"] not in listed.out


def test_a_token_is_for_ninety_days_unless_told_otherwise(userctl: Userctl) -> None:
    assert issue(userctl)["expires_at"] is not None
    assert issue(userctl, "--expires", "never")["expires_at"] is None
    near = userctl("token", "list", "--expires-within", "91d", "-q").out
    assert near == "api-1\n"
    assert userctl("token", "list", "--expires-within", "89d", "-q").out == ""


def test_a_token_cannot_be_verified_without_the_database(userctl: Userctl) -> None:
    result = userctl(
        "token", "verify", "--stdin", "--offline", "-o", "json", stdin=issue(userctl)["token"]
    )
    assert (result.code, result.error["code"]) == (2, "invalid_input")


def test_a_machine_logs_in_with_its_token(userctl: Userctl) -> None:
    token = issue(userctl, "--scope", "deploy")["token"]
    login = ("login", "--method", "api-token", "--password-stdin", "-o", "json")
    assert userctl(*login, stdin=token).json["email"] == "ada@example.com"
    assert userctl("token", "verify", "-o", "json").json["scope"] == "deploy"
    assert userctl("token", "revoke", "api-1").code == 0
    assert userctl("whoami", "-o", "json").error["code"] == "token_revoked"
    refused = userctl(*login, stdin=token)
    assert (refused.code, refused.error["code"]) == (4, "token_revoked")


@pytest.mark.parametrize("token", ["uctl_api_", "uctl_api_" + "0" * 72, "uctl_api_\x1b[2J"])
def test_what_is_no_api_token_is_refused_and_not_repeated(userctl: Userctl, token: str) -> None:
    for command in ("verify", "revoke"):
        result = userctl("token", command, "--stdin", "-o", "json", stdin=token)
        assert (result.code, result.error["code"]) == (4, "token_invalid")
        assert "\x1b" not in result.err
        assert "0000" not in result.err


def test_many_tokens_are_revoked_by_a_filter_only_with_a_yes(userctl: Userctl) -> None:
    for _ in range(11):
        issue(userctl)
    revoke = ("token", "revoke", "--expires-within", "100d", "--kind", "api", "-o", "json")
    refused = userctl(*revoke)
    assert (refused.code, refused.error["code"]) == (5, "guard_refused")
    assert userctl("token", "list", "--state", "active", "-q").out.count("\n") == 11
    assert userctl(*revoke, "--yes").json["revoked_api_tokens"] == 11


def test_up_to_ten_tokens_are_revoked_by_a_filter_without_being_asked(userctl: Userctl) -> None:
    for _ in range(10):
        issue(userctl)
    result = userctl("token", "revoke", "--unused-since", "0s", "-o", "json")
    assert result.json["revoked_api_tokens"] == 10


def test_a_token_that_cannot_be_printed_is_revoked(userctl: Userctl) -> None:
    with Path("/dev/full").open("wb") as full:
        result = userctl.spawn("token", "issue", "--user", "1", "--label", "ci", stdout=full)
    assert result.code == 9
    [token] = userctl("token", "list", "-o", "json").json
    assert token["state"] == "revoked"


def test_a_table_says_nothing_of_a_scope_that_is_not_there(userctl: Userctl) -> None:
    shown = [
        userctl("token", "issue", "--user", "1", "--label", "ci", *options).out
        for options in ((), ("--scope", "deploy"))
    ]
    assert ["scope " in text for text in shown] == [False, True]
