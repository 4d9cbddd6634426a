"""The last admin who can log in stays, however the others look."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, run_at_once
from userctl.core.errors import LastAdmin
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreate, UserUpdate

ROOT, OTHER = "root@example.com", "other@example.com"
FOREIGN = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ"

Act = Callable[[Program], object]
LOSSES: dict[str, Act] = {
    "disable": lambda program: program.user_status.disable(ROOT),
    "delete": lambda program: program.recycle_bin.delete([ROOT]),
    "demote": lambda program: program.users.update(ROOT, UserUpdate(role="user")),
    "remove the password": lambda program: program.user_passwords.set_password(ROOT, None),
}


@pytest.fixture(autouse=True)
def admins(program: Program) -> None:
    """One admin with a password, and one without any way in."""
    program.users.create(UserCreate(email=ROOT, role="admin", password=PASSWORD))
    program.users.create(UserCreate(email=OTHER, role="admin"))


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES.keys())
def test_the_last_admin_who_can_log_in_stays(program: Program, lose: Act) -> None:
    with pytest.raises(LastAdmin, match="no admin who can log in"):
        lose(program)
    program.user_passwords.set_password(OTHER, PASSWORD, must_change=True)
    lose(program)


@pytest.mark.parametrize(
    "hashed", [FOREIGN, "", f"$2b$12${'.' * 53}", f"$2a$12${'.' * 53}", "plain text"]
)
def test_a_hash_that_no_password_can_match_is_no_way_in(
    program: Program, sql: Sql, hashed: str
) -> None:
    sql(f"UPDATE users SET hashed_password = '{hashed}' WHERE email = '{OTHER}'")
    with pytest.raises(LastAdmin):
        program.user_status.disable(ROOT)


def test_an_api_token_is_a_way_in_until_it_ends(program: Program, clock: FakeClock) -> None:
    program.api_tokens.issue(ApiTokenCreate(user=OTHER, label="ci", expires_in=timedelta(days=1)))
    program.user_passwords.set_password(ROOT, None)
    program.user_passwords.set_password(ROOT, PASSWORD)
    clock.advance(days=2)
    with pytest.raises(LastAdmin):
        program.user_passwords.set_password(ROOT, None)
    program.api_tokens.issue(ApiTokenCreate(user=ROOT, label="ci", expires_in=None))
    program.user_passwords.set_password(ROOT, None)


def test_where_no_admin_can_log_in_the_last_active_one_stays(program: Program, sql: Sql) -> None:
    sql(f"UPDATE users SET hashed_password = 'x' WHERE email = '{ROOT}'")
    program.user_status.disable(ROOT)
    with pytest.raises(LastAdmin, match="no active admin"):
        program.user_status.disable(OTHER)


def test_of_two_admins_who_lose_their_passwords_at_once_one_keeps_it(
    database_url: str, program: Program
) -> None:
    program.user_passwords.set_password(OTHER, PASSWORD)
    outcomes = run_at_once(
        database_url,
        lambda program: program.user_passwords.set_password(ROOT, None),
        lambda program: program.user_status.disable(OTHER),
    )
    assert sum(isinstance(outcome, LastAdmin) for outcome in outcomes) == 1
