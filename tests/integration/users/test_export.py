"""Exporting users on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, open_engine
from userctl.core.errors import DatabaseDamaged
from userctl.schemas.users import UserCreate
from userctl.services.users import export as user_export


def exported(program: Program, *, with_hashes: bool = False) -> list[dict[str, Any]]:
    fields = program.user_export.fields(with_hashes=with_hashes)
    chunks = program.user_export.chunks(with_hashes=with_hashes)
    return [dict(zip(fields, row, strict=True)) for chunk in chunks for row in chunk]


def test_every_account_is_exported_as_it_is_shown(program: Program, clock: FakeClock) -> None:
    program.users.create(UserCreate(email="ada@example.com", name="Ada", password=PASSWORD))
    clock.now = datetime(2031, 5, 6, 7, 8, 9, 999_999, tzinfo=UTC)
    program.users.create(UserCreate(email="eve@example.com", role="admin"))
    program.user_status.disable("ada@example.com")
    assert exported(program) == [
        {
            "id": 1,
            "email": "ada@example.com",
            "name": "Ada",
            "role": "user",
            "status": "disabled",
            "has_password": True,
            "must_change_password": False,
            "address_verified": None,
            "former_login_at": None,
            "managed_by": None,
            "password_version": None,
            "previous_email": None,
            "created_at": "2030-01-01T00:00:00Z",
            "updated_at": "2031-05-06T07:08:09Z",
        },
        {
            "id": 2,
            "email": "eve@example.com",
            "name": None,
            "role": "admin",
            "status": "active",
            "has_password": False,
            "must_change_password": False,
            "address_verified": None,
            "former_login_at": None,
            "managed_by": None,
            "password_version": None,
            "previous_email": None,
            "created_at": "2031-05-06T07:08:09Z",
            "updated_at": "2031-05-06T07:08:09Z",
        },
    ]


def test_hashes_are_exported_only_when_they_are_asked_for(program: Program, sql: Sql) -> None:
    program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
    program.users.create(UserCreate(email="eve@example.com"))
    [own, _] = [hashed for (hashed,) in sql("SELECT hashed_password FROM users ORDER BY id")]
    program.user_status.disable("ada@example.com")
    assert all("hashed_password" not in account for account in exported(program))
    hashes = [account["hashed_password"] for account in exported(program, with_hashes=True)]
    assert hashes == [own, None]


def test_chunks_follow_each_other_without_a_gap(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_export, "CHUNK", 3)
    for number in range(7):
        program.users.create(UserCreate(email=f"u{number}@example.com"))
    sizes = [len(chunk) for chunk in program.user_export.chunks(with_hashes=False)]
    assert sizes == [3, 3, 1]
    assert [account["id"] for account in exported(program)] == list(range(1, 8))


def test_what_is_exported_is_one_moment(
    program: Program, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_export, "CHUNK", 1)
    for name in ("ada", "eve"):
        program.users.create(UserCreate(email=f"{name}@example.com"))
    chunks = program.user_export.chunks(with_hashes=False)
    first = next(chunks)
    with open_engine(database_url) as engine:
        other = Program(engine, FakeClock())
        other.recycle_bin.delete(["eve@example.com"])
        other.users.create(UserCreate(email="new@example.com"))
    rest = [row for chunk in chunks for row in chunk]
    assert [row[1] for row in [*first, *rest]] == ["ada@example.com", "eve@example.com"]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2030-01-02 03:04:05", "2030-01-02T03:04:05Z"),
        ("2030-01-02 03:04:05.678901", "2030-01-02T03:04:05Z"),
        ("2030-01-02T03:04:05Z", "2030-01-02T03:04:05Z"),
        ("2030-01-02 03:04:05+02:00", "2030-01-02T01:04:05Z"),
        ("2030-01-02", "2030-01-02T00:00:00Z"),
    ],
)
def test_times_that_another_program_wrote_are_read(
    sqlite_engine: Engine, stored: str, shown: str
) -> None:
    program = Program(sqlite_engine, FakeClock())
    program.users.create(UserCreate(email="ada@example.com"))
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET created_at = ?", (stored,))
    assert exported(program)[0]["created_at"] == shown


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("email", b"ada"),
        ("name", b"Ada"),
        ("hashed_password", b"x"),
        ("role", b"admin"),
        ("created_at", 7),
        ("created_at", "yesterday"),
        ("updated_at", "0000-00-00 00:00:00x"),
        ("must_change_password", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_right_names_the_user(
    sqlite_engine: Engine, column: str, value: object
) -> None:
    program = Program(sqlite_engine, FakeClock())
    for name in ("ada", "eve"):
        program.users.create(UserCreate(email=f"{name}@example.com"))
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE users SET {column} = ? WHERE id = 2", (value,))
    with pytest.raises(DatabaseDamaged, match="User 2 "):
        exported(program)
