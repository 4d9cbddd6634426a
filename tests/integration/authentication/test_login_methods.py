"""A login method is a file and a row in the table of methods."""

from pathlib import Path

import pytest

from tests.integration.conftest import Program
from tests.support.cli import Userctl
from userctl.core.errors import InvalidInput
from userctl.services.authentication import methods as authentication
from userctl.services.authentication.methods import METHODS, authenticator

THIRD = '''
"""Authentication by knowing the magic word."""

from userctl.core.errors import InvalidCredentials
from userctl.services.authentication.methods import Identity


class MagicWordAuth:
    def __init__(self, context):
        self._database = context.database

    def authenticate(self, credentials):
        if credentials.secret != "please":
            raise InvalidCredentials
        with self._database.reading() as uow:
            return MagicWordProof(uow.users.by_email("ada@example.com").id)


class MagicWordProof:
    def __init__(self, user_id):
        self._user_id = user_id

    def redeem(self, uow):
        return Identity(uow.users.lock(self._user_id), scope="magic")
'''


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third method, in one new file and one row, and beside it a helper file."""
    (tmp_path / "magic_word.py").write_text(THIRD)
    (tmp_path / "spells.py").write_text("raise AssertionError\n")
    monkeypatch.setattr(authentication, "__path__", [*authentication.__path__, str(tmp_path)])
    monkeypatch.setitem(METHODS, "magic-word", "magic_word:MagicWordAuth")


def test_there_are_two_methods() -> None:
    assert list(METHODS) == ["api-token", "password"]


@pytest.mark.parametrize("name", ["", "__init__", "os", "../x", "magic-word", "api_token", "\x1b"])
def test_a_name_that_is_not_in_the_table_is_refused(program: Program, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        authenticator(name, program.tools)
    assert caught.value.message.endswith("is not a login method.")
    assert caught.value.hint == "Use one of: api-token, password."
    assert "\x1b" not in caught.value.message


def test_a_third_method_is_one_new_file_and_one_row(userctl: Userctl, third: None) -> None:
    userctl.create("ada@example.com")
    logged_in = userctl(
        "login", "--method", "magic-word", "--password-stdin", "-o", "json", stdin="please"
    )
    assert logged_in.json["email"] == "ada@example.com"
    assert userctl("token", "verify", "-o", "json").json["scope"] == "magic"
    assert userctl("token", "refresh").code == 0
    refused = userctl(
        "login", "--method", "magic-word", "--password-stdin", "-o", "json", stdin="give me"
    )
    assert (refused.code, refused.error["code"]) == (4, "invalid_credentials")


def test_a_file_beside_the_methods_is_not_a_method(program: Program, third: None) -> None:
    with pytest.raises(InvalidInput):
        authenticator("spells", program.tools)
