"""Hashing passwords, and which ones are accepted."""

import unicodedata

import bcrypt
import pytest

from userctl.errors import PasswordRejected
from userctl.security.passwords import (
    PasswordHasher,
    PasswordPolicy,
    generate_password,
    is_unmatchable,
)

HASHER = PasswordHasher(cost=4)
POLICY = PasswordPolicy(minimum_length=8)


def refusal(password: str) -> str:
    """Return why a password is refused for Ada; an empty text if it is not."""
    try:
        POLICY.check(password, email="ada.l@example.com", name="Ada Lovelace")
    except PasswordRejected as error:
        return error.message
    return ""


@pytest.mark.parametrize("password", ["correct horse 77", "x" * 36 + "é" * 18, "пароль тут 7"])
def test_a_good_password_is_accepted(password: str) -> None:
    assert refusal(password) == ""


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "needs 8"),
        ("7 chars", "needs 8"),
        ("x" * 73, "73 bytes"),
        ("é" * 37, "74 bytes"),
        ("correct\0horse", "NUL"),
        ("correct\udcff77", "UTF-8"),
        ("baseball", "common"),
        ("BaseBall", "common"),
        ("ada.l@example.com", "own e-mail address or name"),
        ("ADA.L@example.com", "own e-mail address or name"),
        ("ada lovelace", "own e-mail address or name"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason_and_not_repeated(
    password: str, reason: str
) -> None:
    message = refusal(password)
    assert reason in message
    assert not password or password not in message


def test_all_reasons_come_in_one_message() -> None:
    assert refusal("12345").count(";") == 1
    assert "needs 8" in refusal("12345")
    assert "common" in refusal("12345")


def test_composed_and_decomposed_forms_are_one_password() -> None:
    hashed = HASHER.hash(unicodedata.normalize("NFD", "motörhead 77"))
    assert HASHER.verify(unicodedata.normalize("NFC", "motörhead 77"), hashed)


def test_any_bcrypt_library_verifies_a_hash() -> None:
    hashed = HASHER.hash("correct horse 77")
    assert hashed.startswith("$2b$04$")
    assert len(hashed) == 60
    assert bcrypt.checkpw(b"correct horse 77", hashed.encode())


@pytest.mark.parametrize("prefix", ["2a", "2y"])
def test_hashes_of_other_programs_are_verified(prefix: str) -> None:
    hashed = bcrypt.hashpw(b"correct horse 77", bcrypt.gensalt(4)).decode()
    assert HASHER.verify("correct horse 77", hashed.replace("$2b$", f"${prefix}$"))


@pytest.mark.parametrize(
    "stored", ["", "x", "plaintext", "$argon2id$v=19$m=65536", "$2b$99$" + "." * 53, "\0", "é"]
)
def test_what_is_no_bcrypt_hash_matches_nothing(stored: str) -> None:
    assert not HASHER.verify("correct horse 77", stored)
    assert not HASHER.verify(stored or "x", stored)


@pytest.mark.parametrize("password", ["x" * 73, "a\0b", "\udcff", ""])
def test_a_password_that_nobody_can_have_does_not_match(password: str) -> None:
    assert not HASHER.verify(password, HASHER.hash("correct horse 77"))
    assert not HASHER.verify(password, HASHER.unmatchable())


def test_a_password_is_never_cut_to_what_bcrypt_reads() -> None:
    assert not HASHER.verify("x" * 73, HASHER.hash("x" * 72))


def test_the_stand_in_is_a_well_formed_hash_that_is_recognised() -> None:
    stand_in = PasswordHasher(cost=12).unmatchable()
    assert (len(stand_in), stand_in[:7]) == (60, "$2b$12$")
    assert is_unmatchable(stand_in)
    assert not is_unmatchable(HASHER.hash("correct horse 77"))
    assert bcrypt.checkpw(b"", HASHER.unmatchable().encode()) is False


def test_a_lower_cost_is_outdated_and_nothing_else_is() -> None:
    better = PasswordHasher(cost=5)
    assert better.is_outdated(HASHER.hash("correct horse 77"))
    assert not HASHER.is_outdated(better.hash("correct horse 77"))
    assert not better.is_outdated("garbage")


def test_generated_passwords_differ_and_are_accepted() -> None:
    passwords = {generate_password() for _ in range(100)}
    assert len(passwords) == 100
    assert {refusal(password) for password in passwords} == {""}
