"""The settings that the library opens a database with, however they are given."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from userctl import errors, open_accounts
from userctl.config.settings import SETTINGS, Settings

URL = "sqlite:////nowhere/a.db"
WRONG = [1.5, -1, b"x" * 40, {"a": 1}, [None], object(), "\ud800", timedelta(1)]


def test_settings_made_by_hand_are_as_if_they_were_read() -> None:
    by_hand: dict[str, Any] = {"database_url": URL, "pool_size": "7", "roles": ["user", "editor"]}
    accounts = open_accounts(Settings(**by_hand))
    assert str(accounts.settings.database_url) == URL
    assert (accounts.settings.pool_size, accounts.settings.roles) == (7, ("user", "editor"))
    changed = replace(accounts.settings, keyring_file=Path("/nowhere/ring"))
    assert open_accounts(changed).settings is changed


@pytest.mark.parametrize("name", SETTINGS)
def test_a_value_of_a_wrong_type_is_named_and_not_shown(name: str) -> None:
    for value in WRONG:
        for call in (
            lambda: open_accounts(**{"database_url": URL, name: value}),  # noqa: B023
            lambda: open_accounts(Settings(**{"database_url": URL, name: value})),  # noqa: B023
        ):
            with pytest.raises(errors.InvalidConfiguration, match=f"^{name} ") as caught:
                call()
            assert " at 0x" not in caught.value.message
            assert caught.value.message.encode()


@pytest.mark.parametrize("values", [{"create_database": "no"}, {"profile": 1}])
def test_an_argument_of_a_wrong_type_is_invalid_input(values: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidInput, match=next(iter(values))):
        open_accounts(URL, **values)


def test_an_unknown_profile_is_named_without_what_cannot_be_shown() -> None:
    with pytest.raises(errors.InvalidConfiguration) as caught:
        open_accounts(URL, profile="\ud800")
    assert r"has no profile '\ud800'." in caught.value.message
