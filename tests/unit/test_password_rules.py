"""What the password policy compares, and what a stored hash may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.errors import PasswordRejected
from userctl.security.passwords import PasswordHasher, PasswordPolicy

HASHER = PasswordHasher(cost=4)
HASHED = HASHER.hash("correct horse 77")
OWN = "own e-mail address or name"


def reasons(password: str, *, name: str | None = None, minimum: int = 8) -> str:
    """Return why a password is refused for Ada; an empty text if it is not."""
    try:
        PasswordPolicy(minimum_length=minimum).check(
            password, email="ada.lovelace@example.com", name=name
        )
    except PasswordRejected as error:
        return error.message
    return ""


@pytest.mark.parametrize("password", ["ada.lovelace", "ADA.Lovelace"])
def test_the_local_part_of_the_address_is_refused(password: str) -> None:
    assert OWN in reasons(password)


def test_a_name_is_the_same_however_its_accents_are_encoded() -> None:
    assert OWN in reasons("zoe\u0308 zoe\u0308", name="ZO\u00cb ZO\u00cb")
    assert OWN in reasons("zo\u00eb zo\u00eb", name="ZOE\u0308 ZOE\u0308")


def test_an_account_without_a_name_has_none_to_refuse() -> None:
    assert reasons("Lovelace, Ada") == ""
    assert OWN in reasons("Lovelace, Ada", name="lovelace, ada")


def test_a_password_is_counted_in_composed_characters() -> None:
    assert "it has 7 characters and needs 8" in reasons("e\u0301" * 7)
    assert reasons("e\u0301" * 36) == ""


@pytest.mark.parametrize(("password", "good"), [("x7y" * 4, True), ("x7y" * 4 + "z", True),
                                                ("x7y" * 3 + "zz", False)])  # fmt: skip
def test_the_shortest_length_is_configurable(password: str, good: bool) -> None:
    assert (reasons(password, minimum=12) == "") is good


def test_every_reason_is_given_at_once() -> None:
    message = reasons("\0" * 73, minimum=80)
    assert all(part in message for part in ("73 bytes", "NUL", "needs 80"))


@given(st.text(st.characters(), max_size=100))
def test_no_text_that_was_stored_by_accident_lets_anybody_in(stored: str) -> None:
    assert not HASHER.verify("correct horse 77", stored)


@pytest.mark.parametrize("length", range(60))
def test_a_hash_that_was_cut_off_matches_nothing(length: int) -> None:
    assert not HASHER.verify("correct horse 77", HASHED[:length])
    assert HASHER.verify("correct horse 77", HASHED)


@pytest.mark.parametrize("password", ["", ".", "\0", "x" * 72, "password", "\udcff", "." * 53])
def test_the_stand_in_matches_no_password(password: str) -> None:
    assert not HASHER.verify(password, HASHER.unmatchable())
    assert not HASHER.verify(HASHER.unmatchable(), HASHER.unmatchable())
