"""Rows in which another program left what SQLite takes and no account or token can have."""

import sqlite3

import pytest

from tests.support.cli import PASSWORD, Userctl


@pytest.mark.parametrize(
    ("damage", "command", "stdin"),
    [
        ("UPDATE api_tokens SET label = x'fffe'", "token verify --stdin", "api"),
        ("UPDATE api_tokens SET scope = x'fffe'", "token verify --stdin", "api"),
        (
            "UPDATE api_tokens SET scope = x'fffe'",
            "login --method api-token --password-stdin",
            "api",
        ),
        ("UPDATE refresh_tokens SET family_id = x'fffe'", "token refresh --stdin", "refresh"),
        ("UPDATE refresh_tokens SET scope = x'fffe'", "token refresh --stdin", "refresh"),
        ("UPDATE users SET email = x'ff'", "token verify --stdin", "api"),
        ("UPDATE users SET role = x'ff'", "token verify --stdin", "api"),
        ("UPDATE users SET role = x'ff'", "login ada@example.com --password-stdin", "password"),
        ("UPDATE login_throttles SET charges = 9223372036854775807", "user show 1", "password"),
    ],
)
def test_a_damaged_row_is_named_and_no_bug(
    local: Userctl, damage: str, command: str, stdin: str
) -> None:
    local.create("ada@example.com")
    issued = local("token", "issue", "--user", "1", "--label", "ci", "-o", "json").json
    pair = local.login("ada@example.com", "--no-store")
    for source in "ab":
        local(
            "login", "ada@example.com", "--password-stdin", "--source", source, "--no-store",
            stdin=PASSWORD,
        )  # fmt: skip
    secrets = {"api": issued["token"], "refresh": pair["refresh_token"], "password": PASSWORD}
    connection = sqlite3.connect(str(local.database_url).removeprefix("sqlite:///"))
    with connection:
        connection.execute(damage)
    connection.close()
    result = local(*command.split(), "-o", "json", stdin=secrets[stdin])
    # SQLite does not say whether a trigger computed the number that is too large.
    code = "database_error" if "charges" in damage else "database_damaged"
    assert (result.code, result.error["code"]) == (6, code)
    assert result.err.count("\n") == 1
