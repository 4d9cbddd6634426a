"""``userctl user export --as-code``, on both databases."""

import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import sql_on
from tests.support.cli import Userctl
from userctl.formats.declarations.reader import read_declaration


@pytest.fixture
def filled(userctl: Userctl) -> Userctl:
    """Ada and Bob with passwords, Eve without one, who is disabled."""
    userctl.create("ada@example.com", "--name", "Ada: Lovelace", "--role", "admin")
    userctl.create("bob@example.com", "--name", "no")
    userctl("user", "create", "eve@example.com", "--no-password")
    userctl("user", "disable", "eve@example.com", "--yes")
    return userctl


def declared(path: Path) -> list[dict[str, Any]]:
    return [user.model_dump(exclude_unset=True) for user in read_declaration([path]).users]


@pytest.mark.parametrize("name", ["users.yaml", "users.json"])
def test_users_are_exported_as_a_file_declares_them(filled: Userctl, name: str) -> None:
    result = filled("user", "export", "--as-code", name)
    assert (result.code, result.err) == (0, "")
    assert declared(filled.home / name) == [
        {"email": "ada@example.com", "name": "Ada: Lovelace", "role": "admin", "status": "active"},
        {"email": "bob@example.com", "name": "no", "role": "user", "status": "active"},
        {"email": "eve@example.com", "name": None, "role": "user", "status": "disabled"},
    ]


def test_hashes_are_declared_if_they_are_asked_for_and_only_the_owner_may_read_them(
    filled: Userctl,
) -> None:
    assert filled("user", "export", "--as-code", "--with-hashes", "a.yaml").code == 0
    path = filled.home / "a.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    hashes = [user.get("password_hash") for user in declared(path)]
    assert all(str(found).startswith("$2b$") for found in hashes[:2])
    assert hashes[2] is None


def test_a_set_is_exported_without_the_others(filled: Userctl, engine: Engine) -> None:
    sql_on(engine)("UPDATE users SET managed_by = 'team' WHERE id = 2")
    result = filled("user", "export", "--as-code", "--set", "team")
    assert result.out.startswith("set: team\nusers:\n  - email: bob@example.com\n")
    assert "ada" not in result.out
    assert filled("user", "export", "--as-code", "--set", "x").out == "set: x\nusers: []\n"


def test_what_a_file_cannot_declare_is_left_out_and_named(filled: Userctl, engine: Engine) -> None:
    run = sql_on(engine)
    run("UPDATE users SET role = 'boss' WHERE id = 1")
    run("UPDATE users SET name = ' ' WHERE id = 2")
    run("INSERT INTO users (email, hashed_password) VALUES ('Odd@example.com', 'x')")
    run("INSERT INTO users (email, hashed_password) VALUES ('fay@example.com', 'x')")
    result = filled("user", "export", "--as-code", "--with-hashes")
    assert result.code == 7
    for number, reason in (
        (1, "'boss' is not a configured role. The user is left out."),
        (2, "The name is blank. The user is left out."),
        (4, "The address is not in its canonical form. The user is left out."),
        (5, "The password hash has an unknown scheme and is left out."),
    ):
        assert f"User {number}: {reason}" in result.err.splitlines()
    assert [line for line in result.out.splitlines() if "email" in line] == [
        "  - email: eve@example.com",
        "  - email: fay@example.com",
    ]


def test_an_option_without_effect_is_refused(filled: Userctl) -> None:
    assert filled("user", "export", "--set", "team").code == 2
    assert filled("user", "export", "--as-code", "--format", "csv").code == 2
