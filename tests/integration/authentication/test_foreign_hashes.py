"""Passwords that another program hashed, as imports and adoptions bring them."""

import unicodedata
from dataclasses import replace

import bcrypt
import pytest

from tests.integration.conftest import Program, Sql
from userctl.core.errors import InvalidCredentials
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreate
from userctl.security.passwords import PasswordHasher

NFC = "motörhead 77 Zoë"
NFD = unicodedata.normalize("NFD", NFC)
LONG = "correct horse battery staple " * 3


def hashed(secret: str, cost: int = 4) -> str:
    return bcrypt.hashpw(secret.encode()[:72], bcrypt.gensalt(cost)).decode()


@pytest.mark.parametrize(
    ("stored", "typed"), [(NFD, NFD), (NFD, NFC), (NFC, NFD), (LONG, LONG), (LONG, LONG[:72])]
)
@pytest.mark.parametrize("way", ["imported", "written"])
def test_a_user_logs_in_with_what_another_program_hashed(
    program: Program, sql: Sql, stored: str, typed: str, way: str
) -> None:
    if way == "imported":
        record = FileRecord(2, ("email", "hashed_password"), ("ada@example.com", hashed(stored)))
        program.user_import.load([record])
    else:
        program.users.create(UserCreate(email="ada@example.com"))
        sql("UPDATE users SET hashed_password = :hashed", hashed=hashed(stored))
    with pytest.raises(InvalidCredentials):
        program.log_in("ada@example.com", f"{typed[1:]}!")
    for _ in range(6):
        # None of these counts as a failure.
        assert program.log_in("ada@example.com", typed)
    assert program.throttling.show("ada@example.com").failed_logins == 1


@pytest.mark.parametrize("secret", [NFD, LONG])
def test_a_better_hash_still_matches_what_the_other_program_passes_to_bcrypt(
    program: Program, sql: Sql, secret: str
) -> None:
    record = FileRecord(2, ("email", "hashed_password"), ("ada@example.com", hashed(secret)))
    program.user_import.load([record])
    program.tools = replace(program.tools, hasher=PasswordHasher(cost=5))
    assert program.log_in("ada@example.com", secret)
    [(stored,)] = sql("SELECT hashed_password FROM users")
    assert stored.startswith("$2b$05$")
    assert bcrypt.checkpw(secret.encode()[:72], stored.encode())
    assert program.log_in("ada@example.com", secret)
