"""A new password that could not be typed at a prompt is refused, however it comes."""

from collections.abc import Callable

import pytest

from tests.integration.conftest import PASSWORD, Program
from tests.support.record_files import records
from userctl.core.errors import PasswordRejected
from userctl.schemas.credentials import Credentials
from userctl.schemas.users import UserCreate, UserCreated

ADA = "ada@example.com"


def create(program: Program, password: str) -> None:
    program.users.create(UserCreate(email="bob@example.com", password=password))


def replace(program: Program, password: str) -> None:
    program.user_passwords.set_password("1", password)


def log_in(program: Program, password: str) -> None:
    program.log_in_with("password", Credentials(identity=ADA, secret=PASSWORD, new_secret=password))


def load(program: Program, password: str) -> None:
    report = program.user_import.load(records({"email": "bob@example.com", "password": password}))
    for reject in report.rejects:
        raise PasswordRejected([found.reason for found in reject.reasons])


@pytest.mark.parametrize("way", [create, replace, log_in, load])
def test_a_new_password_holds_no_line_break_and_no_control_character(
    program: Program, ada: UserCreated, way: Callable[[Program, str], None]
) -> None:
    for password in ("correct horse\n78", "correct\thorse 78", "correct horse 78\x7f"):
        with pytest.raises(PasswordRejected, match=r"control|line"):
            way(program, password)
    program.log_in(ADA)
