"""Hashes of other systems are verified as their own libraries do."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.security.password_hashes.vectors import (
    OTHER_VECTORS,
    PASSWORD,
    SECRETS,
    VECTORS,
    by_cost,
)
from userctl.core.errors import InvalidInput
from userctl.core.password_schemes import PREFIXES
from userctl.security import password_hashes
from userctl.security.password_hashes.parsed_hash import LARGEST_MEMORY, LONGEST_SECONDS

MD5 = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
ALL = {name: (PASSWORD, hashed) for name, hashed in VECTORS.items()} | OTHER_VECTORS


def secret(name: str) -> bytes:
    return SECRETS[name].encode()


@pytest.mark.parametrize("name", by_cost(ALL, lambda name: ALL[name][1]))
def test_the_password_matches_and_no_other(name: str) -> None:
    password, hashed = ALL[name]
    parsed = password_hashes.parse(hashed)
    assert parsed.family in PREFIXES
    assert parsed.matches(password.encode(), secret)
    assert not parsed.matches(f"x{password}".encode(), secret)


def test_another_secret_of_the_project_does_not_match() -> None:
    for name in ("Firebase", "Flask-Security argon2"):
        parsed = password_hashes.parse(VECTORS[name])
        assert not parsed.matches(PASSWORD.encode(), lambda _: b"AAAA")


def test_a_hash_that_does_not_say_what_it_is_is_verified_once_it_is_named() -> None:
    for bare, name in (
        (VECTORS["htpasswd DES"].removeprefix("{CRYPT}"), "{CRYPT}"),
        (MD5, "md5$$"),
    ):
        with pytest.raises(InvalidInput):
            password_hashes.parse(bare)
        parsed = password_hashes.parse(name + bare)
        assert parsed.matches(PASSWORD.encode(), secret)
        assert not parsed.matches(b"x", secret)


@pytest.mark.parametrize(
    "hashed",
    [
        "pbkdf2_sha256$99999999999999$salt$P4NxSGUTySf1nfdL1KrhFhZfu/ZeWD1U+pkCpSIY59s=",
        "pbkdf2_sha256$0$salt$P4NxSGUTySf1nfdL1KrhFhZfu/ZeWD1U+pkCpSIY59s=",
        "scrypt:1073741824:8:1$salt$" + "00" * 64,
        "scrypt:32767:8:1$salt$" + "00" * 64,
        "$scrypt$ln=30,r=8,p=1$c2FsdA$" + "A" * 43,
        "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$" + "A" * 43,
        "$argon2id$v=19$m=65536,t=999999,p=1$c2FsdHNhbHQ$" + "A" * 43,
        "$6$rounds=999999999$salt$" + "a" * 86,
        "$P$z12345678" + "a" * 22,
        "bcrypt_sha256$$2b$31$" + "a" * 53,
        "$2$03$" + "a" * 53,
        "{SSHA}AAAA",
        "{SHA}" + "A" * 40,
        "$hmac-sha512$a$hmac-sha512$b$2b$04$" + "a" * 53,
        "$pepper$../x$2b$04$" + "a" * 53,
        "pbkdf2_sha256$1000$" + "s" * 2000 + "$P4Nx",
        "no hash",
        "",
    ],
)
def test_a_hash_that_is_malformed_or_too_costly_is_refused_before_it_costs_anything(
    hashed: str,
) -> None:
    with pytest.raises(InvalidInput):
        password_hashes.parse(hashed)


def test_the_secret_of_firebase_may_be_all_of_its_configuration() -> None:
    config = (
        "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: KEY,\n"
        "  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n"
    ).replace("KEY", SECRETS["fire"])
    parsed = password_hashes.parse(VECTORS["Firebase"])
    assert parsed.matches(PASSWORD.encode(), lambda _: config.encode())
    other = config.replace("rounds: 8", "rounds: 4")
    assert not parsed.matches(PASSWORD.encode(), lambda _: other.encode())


MUTATIONS = st.sampled_from(
    ["", "$", "=", "a", "0", "9", "99999999", ".", "}", "|", "é", "\0", ","]
)


def check_mutations(count: int) -> None:
    """Change hashes in some places, and verify those that are still accepted."""

    @settings(max_examples=count, deadline=None)
    @given(st.sampled_from(sorted(ALL)), st.data())
    def check(name: str, data: st.DataObject) -> None:
        _, hashed = ALL[name]
        mutated = hashed
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(mutated)))
            cut = data.draw(st.integers(0, 4))
            mutated = mutated[:place] + data.draw(MUTATIONS) + mutated[place + cut :]
        try:
            parsed = password_hashes.parse(mutated)
        except InvalidInput:
            return
        assert parsed.seconds <= LONGEST_SECONDS
        assert parsed.memory <= LARGEST_MEMORY
        # Those that cost most are left out for the time of the test alone.
        if parsed.seconds < 0.05:
            assert not parsed.matches(b"of no such hash", lambda _: b"c2VjcmV0")

    check()


def test_a_mutated_hash_makes_no_traceback_and_no_match() -> None:
    check_mutations(150)


@pytest.mark.soak
def test_thousands_of_mutated_hashes_make_no_traceback_and_no_match() -> None:
    check_mutations(5000)
