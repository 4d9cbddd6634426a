"""When a stored hash is due for a better one, and how strong a generated password is."""

import math

import pytest

from userctl.security import passwords
from userctl.security.passwords import PasswordHasher, generate_password

HASHED = PasswordHasher(cost=4).hash("correct horse 77")


@pytest.mark.parametrize("prefix", ["2a", "2b", "2x", "2y"])
def test_a_hash_of_any_program_is_due_below_the_cost_and_not_at_it(prefix: str) -> None:
    stored = HASHED.replace("$2b$", f"${prefix}$")
    assert PasswordHasher(cost=5).is_outdated(stored)
    assert not PasswordHasher(cost=4).is_outdated(stored)


@pytest.mark.parametrize("stored", ["", "garbage", "$argon2id$v=19$m=65536", "$2b$4$x", "$2$04$x"])
def test_what_is_no_bcrypt_hash_is_never_due(stored: str) -> None:
    assert not PasswordHasher(cost=20).is_outdated(stored)


def test_a_stored_value_that_is_not_even_text_matches_nothing() -> None:
    for stored in (17, None, b"x"):
        assert not PasswordHasher(cost=4).verify("correct horse 77", stored)  # type: ignore[arg-type]


def test_two_hashes_of_one_password_differ() -> None:
    assert PasswordHasher(cost=4).hash("correct horse 77") != HASHED


def test_a_generated_password_has_more_than_110_bits_in_letters_and_digits() -> None:
    letters = set(passwords._ALPHABET)
    drawn = [generate_password() for _ in range(100)]
    assert all(set(password) <= letters for password in drawn)
    assert min(map(len, drawn)) * math.log2(len(letters)) > 110
    assert not letters & set("Il1O0")
