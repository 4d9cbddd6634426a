"""What commands say of a user who was deleted, on both databases."""

import re

import pytest

from tests.support.applications import run_script
from tests.support.cli import Userctl

COMMANDS = [
    "user show",
    "user update --name Ada",
    "user passwd --no-password",
    "user passwd --must-change",
    "user disable",
    "user enable",
    "user unlock",
    "user delete --yes",
    "token issue --label ci --user",
    "token list --user",
    "token revoke --yes --user",
    "session list --user",
    "session end --yes --user",
]


@pytest.fixture
def deleted(userctl: Userctl) -> Userctl:
    """A database from which Grace, with the id 1, was deleted."""
    userctl.create("grace@example.com")
    assert userctl("user", "delete", "1", "--yes").code == 0
    return userctl


@pytest.mark.parametrize("reference", ["grace@example.com", "Grace@Example.com", "1"])
def test_every_command_on_a_user_says_that_they_were_deleted_and_how_to_restore_them(
    deleted: Userctl, reference: str
) -> None:
    for command in COMMANDS:
        result = deleted(*command.split(), reference, "-o", "json")
        assert (result.code, result.error["code"]) == (3, "user_not_found"), command
        assert re.fullmatch(
            rf"The user '{reference}' was deleted at \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.",
            result.error["message"],
        )
        assert result.error["hint"] == f"Restore them with 'userctl user restore {reference}'."
    assert deleted("user", "restore", reference).code == 0


def test_of_several_deleted_users_with_one_address_the_last_is_named_by_the_id(
    deleted: Userctl,
) -> None:
    deleted.create("grace@example.com")
    assert deleted("user", "delete", "2", "--yes").code == 0
    result = deleted("user", "show", "grace@example.com", "-o", "json")
    assert result.error["hint"] == "Restore them with 'userctl user restore 2'."


def test_a_purged_user_never_existed(deleted: Userctl) -> None:
    assert deleted("user", "purge", "--older-than", "0s", "--yes").code == 0
    result = deleted("user", "show", "grace@example.com", "-o", "json")
    assert result.error["message"] == "There is no user 'grace@example.com'."


def test_an_address_that_is_not_valid_is_found_among_deleted_users(deleted: Userctl) -> None:
    run_script(str(deleted.database_url), "UPDATE deleted_users SET email = 'odd@@example'")
    result = deleted("user", "show", "odd@@example", "-o", "json")
    assert (result.code, "was deleted" in result.error["message"]) == (3, True)
