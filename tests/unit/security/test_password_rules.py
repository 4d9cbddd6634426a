"""What a refused password costs, and which passwords never become one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import bcrypt
import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from userctl.core.errors import PasswordRejected
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import PasswordHasher

PASSWORD = "correct horse 77"
COST = 8
HASHER = PasswordHasher(cost=COST)
CHEAPER, DEARER = (PasswordHasher(cost=cost).hash(PASSWORD) for cost in (COST - 2, COST + 1))
SAME = HASHER.hash(PASSWORD)
POLICY = PasswordPolicy(minimum_length=8)


@contextmanager
def rounds() -> Iterator[list[int]]:
    """Record how many rounds of its cipher bcrypt is asked for, and let it do none of them."""
    asked: list[int] = []

    def count(_secret: bytes, salt: bytes) -> bool:
        found = re.match(rb"\$2[abxy]\$(\d\d)\$", salt)
        assert found is not None
        asked.append(2 ** int(found[1]))
        return False

    with mock.patch.multiple(bcrypt, checkpw=count, hashpw=count):
        yield asked


STORED = {
    "of this cost": SAME,
    "of a lower cost": CHEAPER,
    "stand-in": HASHER.unmatchable_hash(),
    "cheap stand-in": PasswordHasher(cost=4).unmatchable_hash(),
    "empty": "",
    "plain": "plain text",
    "argon2": "$argon2id$v=19$m=65536",
    "too cheap": "$2b$03$" + "." * 53,
    "endless": "$2b$31$" + "." * 53,
    "no cost": "$2b$99$" + "." * 53,
}


@pytest.mark.parametrize("password", ["wrong", "", "x" * 73, "a\0b", "\udcff"])
@pytest.mark.parametrize("stored", STORED)
def test_every_refusal_costs_as_much_as_one_hash_of_the_configured_cost(
    password: str, stored: str
) -> None:
    with rounds() as asked:
        assert not HASHER.verify(password, STORED[stored])
    assert sum(asked) == 2**COST


@pytest.mark.parametrize(
    ("password", "ways"),
    [
        ("wrong", 1),
        ("x" * 80, 1),
        ("o\u0308 wrong", 2),
        ("\u00f6 wrong", 2),
        ("\u212b o\u0308 wrong", 3),
        ("\u00f6" * 60, 2),
    ],
)
@pytest.mark.parametrize("stored", [*STORED, "of another program"])
def test_how_often_a_refused_password_is_hashed_depends_on_the_password_alone(
    password: str, ways: int, stored: str
) -> None:
    elsewhere = bcrypt.hashpw(b"other", bcrypt.gensalt(COST - 1)).decode()
    hashed = STORED.get(stored, elsewhere)
    with rounds() as asked:
        assert not HASHER.verify(password, hashed)
    assert sum(asked) == ways * 2**COST


def test_a_hash_that_bcrypt_finds_fault_with_costs_as_much() -> None:
    asked: list[bytes] = []

    def faulty_once(_secret: bytes, salt: bytes) -> bool:
        asked.append(salt)
        if len(asked) == 1:
            raise ValueError("Invalid salt")
        return False

    with mock.patch.object(bcrypt, "checkpw", faulty_once):
        assert not HASHER.verify("wrong", CHEAPER)
    assert asked[1:] == [HASHER.unmatchable_hash().encode()]


@pytest.mark.parametrize("stored", [CHEAPER, SAME, DEARER], ids=["lower", "same", "higher"])
def test_the_right_password_pays_for_nothing_but_its_own_hash(stored: str) -> None:
    with mock.patch.object(bcrypt, "hashpw") as hashed:
        assert HASHER.verify(PASSWORD, stored)
    assert not hashed.called


def test_a_password_is_never_read_in_a_circle() -> None:
    # To bcrypt, which repeats a password with a NUL behind it, these would be the same.
    assert not HASHER.verify(f"{PASSWORD}\0{PASSWORD}", SAME)


def refusal(password: str, current: str | None = None) -> str:
    """Return why a new password is refused; an empty text if it is not."""
    try:
        POLICY.check(password, email="ada@example.com", name=None, current=current)
    except PasswordRejected as error:
        return error.message
    return ""


def test_the_three_thousand_most_common_passwords_of_the_length_are_refused() -> None:
    common = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= 8][:3000]
    assert len(common) == 3000
    assert [word for word in common if "most common" not in refusal(word)] == []


def test_a_password_does_not_replace_itself_in_either_unicode_form() -> None:
    composed, decomposed = "caf\u00e9 au lait 7", "cafe\u0301 au lait 7"
    for new, current in ((composed, composed), (composed, decomposed), (decomposed, composed)):
        assert "same as the current password" in refusal(new, current)
    assert refusal(composed, "another one 7") == ""


def test_a_password_that_replaces_itself_is_told_its_other_faults_too() -> None:
    message = refusal("1234567", "1234567")
    assert all(
        reason in message for reason in ("needs 8", "most common", "same as the current password")
    )
