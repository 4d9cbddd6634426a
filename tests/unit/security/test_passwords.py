"""Hashing passwords, and which ones are accepted."""

import math
import unicodedata

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.core.errors import PasswordRejected
from userctl.core.stand_in_hash import is_stand_in, is_unmatchable
from userctl.security import password_policy
from userctl.security.bcrypt_hash import is_own_hash, own_salt
from userctl.security.password_policy import PasswordPolicy, generate_password
from userctl.security.passwords import PasswordHasher

HASHER = PasswordHasher(cost=4)
POLICY = PasswordPolicy(minimum_length=8)


def refusal(password: str) -> str:
    """Return why a password is refused for Ada; an empty text if it is not."""
    try:
        POLICY.check(password, email="ada.l@example.com", name="Ada Lovelace")
    except PasswordRejected as error:
        return error.message
    return ""


@pytest.mark.parametrize(
    "password",
    [
        "correct horse 77",
        "x" * 36 + "é" * 18,
        "пароль тут 7",
        "correct\xa0horse",
        "👩\u200d💻 horse 77",
    ],
)
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
        ("correct\nhorse", "line break or another control character"),
        ("correct horse 77\n", "line break"),
        ("correct horse 77\r", "line break"),
        ("correct\thorse 77", "control character"),
        ("correct\x7fhorse", "control character"),
        ("correct\x85horse", "control character"),
        ("correct\u2028horse", "line break"),
        ("correct\u2029horse", "line break"),
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
def test_an_impossible_password_does_not_match(password: str) -> None:
    assert not HASHER.verify(password, HASHER.hash("correct horse 77"))
    assert not HASHER.verify(password, HASHER.unmatchable_hash())


def test_a_password_is_never_cut_to_what_bcrypt_reads() -> None:
    assert not HASHER.verify("x" * 73, HASHER.hash("x" * 72))


NFC, NFD = (unicodedata.normalize(form, "motörhead 77") for form in ("NFC", "NFD"))
# A character that neither form leaves as it is.
MIXED = "\u212b o\u0308 horse 77"


def hashed_elsewhere(secret: bytes) -> str:
    """Return the hash of a program that passes to bcrypt what it gets."""
    return bcrypt.hashpw(secret[:72], bcrypt.gensalt(4)).decode()


@pytest.mark.parametrize(
    ("password", "secret"),
    [
        (NFC, NFC.encode()),
        (NFD, NFD.encode()),
        (NFC, NFD.encode()),
        (NFD, NFC.encode()),
        (MIXED, MIXED.encode()),
        ("x" * 80, b"x" * 72),
        ("x" * 100, b"x" * 100),
        ("ö" * 50, "ö".encode() * 36),
        (unicodedata.normalize("NFD", "ö" * 50), "ö".encode() * 36),
        ("ö" * 30, unicodedata.normalize("NFD", "ö" * 30).encode()),
        ("x" + "ö" * 50, ("x" + "ö" * 50).encode()),
    ],
)
def test_what_another_program_hashed_matches_as_it_was_typed(password: str, secret: bytes) -> None:
    stored = hashed_elsewhere(secret)
    assert HASHER.verify(password, stored)
    assert not HASHER.verify(f"7{password}", stored)


def test_our_own_hash_matches_nothing_but_what_we_hashed() -> None:
    stored = HASHER.hash(NFC)
    assert HASHER.verify(NFD, stored)
    assert bcrypt.checkpw(NFC.encode(), stored.encode())
    long = HASHER.hash("ö" * 36)
    assert HASHER.verify("ö" * 36, long)
    assert not HASHER.verify("ö" * 36 + "x", long)
    assert not HASHER.verify("ö" * 37, long)


def test_a_nul_ends_no_password_of_another_program() -> None:
    assert not HASHER.verify("correct\0horse", hashed_elsewhere(b"correct"))


def test_who_hashed_a_password_is_known_from_the_hash() -> None:
    assert all(is_own_hash(PasswordHasher(cost=4).hash("correct horse 77")) for _ in range(20))
    assert not any(is_own_hash(hashed_elsewhere(b"correct horse 77")) for _ in range(20))
    for stored in ("", "x", None, HASHER.unmatchable_hash(), "$2b$99$" + "." * 53):
        assert not is_own_hash(stored)
    assert len({own_salt(4) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("password", "stored", "secret"),
    [
        (NFD, hashed_elsewhere(NFD.encode()), NFD.encode()),
        (NFC, hashed_elsewhere(NFD.encode()), NFD.encode()),
        (NFD, HASHER.hash(NFC), NFC.encode()),
        ("x" * 75, hashed_elsewhere(b"x" * 75), b"x" * 72),
    ],
    ids=["decomposed", "composed", "ours", "too long"],
)
def test_a_better_hash_is_of_the_same_bytes_and_the_same_origin(
    password: str, stored: str, secret: bytes
) -> None:
    better = PasswordHasher(cost=5).rehash(password, stored)
    assert better.startswith("$2b$05$")
    assert bcrypt.checkpw(secret, better.encode())
    assert HASHER.verify(password, better)
    assert is_own_hash(better) is is_own_hash(stored)


def test_the_stand_in_is_a_well_formed_hash_that_is_recognised() -> None:
    stand_in = PasswordHasher(cost=12).unmatchable_hash()
    assert (len(stand_in), stand_in[:7]) == (60, "$2b$12$")
    assert is_unmatchable(stand_in)
    assert not is_unmatchable(HASHER.hash("correct horse 77"))
    assert bcrypt.checkpw(b"", HASHER.unmatchable_hash().encode()) is False


def test_a_removed_hash_is_told_from_a_stand_in_and_matches_as_little() -> None:
    removed = PasswordHasher(cost=12).removed_hash()
    assert is_stand_in(PasswordHasher(cost=12).unmatchable_hash())
    assert not is_stand_in(removed)
    assert (len(removed), is_unmatchable(removed)) == (60, True)
    assert bcrypt.checkpw(b"", HASHER.removed_hash().encode()) is False


def test_a_lower_cost_is_outdated_and_nothing_else_is() -> None:
    better = PasswordHasher(cost=5)
    assert better.is_outdated(HASHER.hash("correct horse 77"))
    assert not HASHER.is_outdated(better.hash("correct horse 77"))
    assert not better.is_outdated("garbage")


def test_generated_passwords_differ_and_are_accepted() -> None:
    passwords = {generate_password() for _ in range(100)}
    assert len(passwords) == 100
    assert {refusal(password) for password in passwords} == {""}


HASHED = PasswordHasher(cost=4).hash("correct horse 77")


@pytest.mark.parametrize("prefix", ["2a", "2b", "2x", "2y"])
def test_a_hash_of_any_program_is_due_below_the_cost_and_not_at_it(prefix: str) -> None:
    stored = HASHED.replace("$2b$", f"${prefix}$")
    assert PasswordHasher(cost=5).is_outdated(stored)
    assert not PasswordHasher(cost=4).is_outdated(stored)


@pytest.mark.parametrize("stored", ["", "garbage", "$argon2id$v=19$m=65536", "$2b$4$x", "$2$04$x"])
def test_what_is_no_bcrypt_hash_is_never_due(stored: str) -> None:
    assert not PasswordHasher(cost=16).is_outdated(stored)


def test_a_stored_value_that_is_not_even_text_matches_nothing() -> None:
    for stored in (17, None, b"x"):
        assert not PasswordHasher(cost=4).verify("correct horse 77", stored)  # type: ignore[arg-type]


def test_two_hashes_of_one_password_differ() -> None:
    assert PasswordHasher(cost=4).hash("correct horse 77") != HASHED


def test_a_generated_password_has_more_than_110_bits_in_letters_and_digits() -> None:
    letters = set(password_policy._ALPHABET)
    generated = [generate_password() for _ in range(100)]
    assert all(set(password) <= letters for password in generated)
    assert min(map(len, generated)) * math.log2(len(letters)) > 110
    assert not letters & set("Il1O0")


STORED_HASH = HASHER.hash("correct horse 77")
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
    assert not HASHER.verify("correct horse 77", STORED_HASH[:length])
    assert HASHER.verify("correct horse 77", STORED_HASH)


@pytest.mark.parametrize("password", ["", ".", "\0", "x" * 72, "password", "\udcff", "." * 53])
def test_the_stand_in_matches_no_password(password: str) -> None:
    assert not HASHER.verify(password, HASHER.unmatchable_hash())
    assert not HASHER.verify(HASHER.unmatchable_hash(), HASHER.unmatchable_hash())
