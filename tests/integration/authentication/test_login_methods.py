"""A way to log in is a file, and nothing else has to know it."""

from pathlib import Path

import pytest

from tests.integration.conftest import Program
from tests.support.cli import Userctl
from userctl.core.errors import InvalidInput
from userctl.services.authentication import methods as authentication
from userctl.services.authentication.methods import authenticator, methods

THIRD = '''
"""Authentication by knowing the magic word."""

from userctl.core.errors import InvalidCredentials
from userctl.services.authentication.methods import Identity


class MagicWordAuth:
    def __init__(self, tools):
        self._database = tools.database

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


build = MagicWordAuth
'''


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third method, in one new file."""
    (tmp_path / "magic_word.py").write_text(THIRD)
    monkeypatch.setattr(authentication, "__path__", [*authentication.__path__, str(tmp_path)])


def test_there_are_two_methods(program: Program) -> None:
    assert methods() == ["api-token", "password"]


@pytest.mark.parametrize("name", ["", "__init__", "os", "../x", "magic-word", "api_token", "\x1b"])
def test_a_method_that_is_none_is_refused(program: Program, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        authenticator(name, program.tools)
    assert caught.value.hint == "There are: api-token, password."
    assert "\x1b" not in caught.value.message


def test_a_third_method_is_one_new_file(userctl: Userctl, third: None) -> None:
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
