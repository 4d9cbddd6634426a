"""Whatever reads or writes the hash of a user means the same one, whoever wrote it."""

from collections.abc import Callable
from pathlib import Path

import bcrypt
import pytest
from sqlmodel import Session, select

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, open_engine
from tests.integration.database.adoption.conftest import EMPTIED, adoption_on
from userctl.core.errors import InvalidCredentials
from userctl.models import User
from userctl.models.own_hash import own_hash, own_hash_expression
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreated
from userctl.security.passwords import PasswordHasher

OTHER = "another horse 78"
EMAIL = "ada@example.com"
STAND_IN = PasswordHasher(cost=4).unmatchable_hash()


def bcrypt_hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def matches(password: str, hashed: str) -> bool:
    return bcrypt.checkpw(password.encode(), hashed.encode())


def set_elsewhere(sql: Sql, hashed: str) -> None:
    """Set a hash as another program does that knows nothing of disabled users."""
    sql("UPDATE users SET hashed_password = :hashed WHERE id = 1", hashed=hashed)


@pytest.fixture
def disabled(program: Program, ada: UserCreated, sql: Sql, clock: FakeClock) -> Program:
    """A user who is disabled, and to whom another program gave a password since."""
    program.user_status.disable("1")
    set_elsewhere(sql, bcrypt_hash(OTHER))
    clock.advance(minutes=1)
    return program


def load(program: Program, **fields: str) -> None:
    record = FileRecord(2, ("email", *fields), (EMAIL, *fields.values()))
    program.user_import.load([record], on_conflict="update")


def delete_and_restore(program: Program) -> None:
    program.recycle_bin.delete(["1"])
    program.recycle_bin.restore("1")


STEPS: dict[str, Callable[[Program], object]] = {
    "nothing": lambda _program: None,
    "disable": lambda program: program.user_status.disable("1"),
    "import of a name": lambda program: load(program, name="Lady Ada"),
    "import of a status": lambda program: load(program, status="disabled"),
    "import of a name again": lambda program: (load(program, name="A"), load(program, name="B")),
    "delete and restore": delete_and_restore,
    "must change": lambda program: program.user_passwords.require_change("1"),
}


@pytest.mark.parametrize("step", STEPS)
def test_no_step_discards_the_password_that_another_program_set(
    disabled: Program, step: str
) -> None:
    STEPS[step](disabled)
    [[row]] = list(disabled.user_export.chunks(with_hashes=True))
    assert matches(OTHER, row[-1])
    with pytest.raises(InvalidCredentials):
        disabled.log_in(EMAIL, OTHER)
    disabled.user_status.enable("1")
    with pytest.raises(InvalidCredentials):
        disabled.log_in(EMAIL, PASSWORD)
    [[row]] = list(disabled.user_export.chunks(with_hashes=True))
    assert matches(OTHER, row[-1])


def test_an_import_that_enables_keeps_the_password_that_another_program_set(
    disabled: Program,
) -> None:
    load(disabled, status="active")
    disabled.log_in(EMAIL, OTHER)


def test_an_import_puts_the_new_password_out_of_the_other_programs_reach(
    disabled: Program, sql: Sql
) -> None:
    load(disabled, name="Lady Ada")
    assert sql("SELECT hashed_password FROM users") == [(STAND_IN,)]


def test_adopting_again_keeps_the_password_that_another_program_set(
    disabled: Program, database_url: str
) -> None:
    adoption_on(disabled.engine, database_url).adopt()
    disabled.user_status.enable("1")
    disabled.log_in(EMAIL, OTHER)


def test_a_copy_has_the_password_that_another_program_set(
    disabled: Program, tmp_path: Path, clock: FakeClock
) -> None:
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    disabled.copy.copy(url)
    with open_engine(url) as engine:
        copied = Program(engine, clock)
        copied.user_status.enable("1")
        copied.log_in(EMAIL, OTHER)


def test_a_password_that_another_program_took_away_stays_away(
    program: Program, ada: UserCreated, sql: Sql, clock: FakeClock
) -> None:
    program.user_status.disable("1")
    set_elsewhere(sql, "!")
    clock.advance(minutes=1)
    load(program, name="Lady Ada")
    assert sql("SELECT disabled_hash FROM users") == [("!",)]
    program.user_status.enable("1")
    with pytest.raises(InvalidCredentials):
        program.log_in(EMAIL)


def test_a_user_whom_another_program_made_active_again_can_be_enabled(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    program.user_status.disable("1")
    sql("UPDATE users SET disabled_at = NULL")
    program.user_status.enable("1")
    program.log_in(EMAIL)


@pytest.mark.parametrize("step", ["enable", "disable and enable"])
def test_a_user_whom_another_program_disabled_can_be_enabled(
    program: Program, ada: UserCreated, sql: Sql, step: str
) -> None:
    sql("UPDATE users SET disabled_at = CURRENT_TIMESTAMP")
    if step != "enable":
        program.user_status.disable("1")
    assert program.user_status.enable("1").status == "active"
    program.log_in(EMAIL)


def test_disabling_a_user_whom_another_program_made_active_again_keeps_the_password(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    program.user_status.disable("1")
    sql("UPDATE users SET disabled_at = NULL")
    program.user_status.disable("1")
    program.user_status.enable("1")
    program.log_in(EMAIL)


def test_a_password_that_is_removed_does_not_come_back_from_where_it_waited(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    program.user_status.disable("1")
    sql("UPDATE users SET disabled_at = NULL")
    assert not program.user_passwords.set_password("1", None).has_password
    assert not program.users.show("1").has_password


def test_the_forms_of_hashes_are_those_of_the_hashes_that_count(disabled: Program) -> None:
    set_elsewhere_cost = bcrypt.hashpw(OTHER.encode(), bcrypt.gensalt(5)).decode()
    with disabled.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE users SET hashed_password = '{set_elsewhere_cost}'")
    with disabled.database.reading() as uow:
        assert uow.users.count_by_hash_form() == [("$2b$05$", 1)]


HASHES = [
    STAND_IN,
    PasswordHasher(cost=12).unmatchable_hash(),
    EMPTIED,
    bcrypt_hash(PASSWORD),
    "",
    "!",
    f"x{STAND_IN}",
    f"{STAND_IN}x",
    STAND_IN.replace("$", "_"),
    "." * 53,
]


def test_queries_take_the_same_hash_as_the_rest(program: Program, sql: Sql) -> None:
    waiting = [None, "waits", ""]
    for number, (hashed, waits) in enumerate((h, w) for h in HASHES for w in waiting):
        sql(
            "INSERT INTO users (email, hashed_password, disabled_hash) VALUES (:e, :h, :w)",
            e=f"u{number}@example.com", h=hashed, w=waits,
        )  # fmt: skip
    with Session(program.engine) as session:
        rows = session.exec(select(User, own_hash_expression(User))).all()
        assert len(rows) == len(HASHES) * len(waiting)
        assert [own_hash(user) for user, _ in rows] == [found for _, found in rows]
        assert "waits" in {found for _, found in rows}
