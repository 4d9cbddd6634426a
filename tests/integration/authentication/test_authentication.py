"""Authentication by e-mail address and password on both databases."""

from collections.abc import Callable
from dataclasses import replace

import bcrypt
import pytest

from tests.integration.conftest import PASSWORD, Program, Sql
from userctl.core.errors import InvalidCredentials
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant
from userctl.schemas.users import UserCreate, UserCreated, UserUpdate
from userctl.security.passwords import PasswordHasher


class CountingHasher(PasswordHasher):
    """Counts the passwords it verifies."""

    verified = 0

    def verify(self, password: str, hashed: str) -> bool:
        self.verified += 1
        return super().verify(password, hashed)


def log_in_with(program: Program, hasher: PasswordHasher, email: str, password: str) -> Grant:
    """Log in as a program does that hashes in its own way."""
    program.tools = replace(program.tools, hasher=hasher)
    return program.log_in(email, password)


def set_hash(sql: Sql, hashed: str) -> None:
    """Store a hash as another program does."""
    sql("UPDATE users SET hashed_password = :hashed", hashed=hashed)


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.Com", "Ada@EXAMPLE.com"])
def test_a_login_succeeds_with_any_spelling_of_the_address(
    program: Program, ada: UserCreated, email: str
) -> None:
    assert program.log_in(email).user.id == ada.id


def test_a_login_succeeds_with_either_unicode_form_of_the_password(program: Program) -> None:
    program.users.create(UserCreate(email="ada@example.com", password="caf\u00e9 au lait 7"))
    program.log_in("ada@example.com", "cafe\u0301 au lait 7")


@pytest.fixture
def refused(program: Program, ada: UserCreated) -> dict[str, tuple[str, str]]:
    """Credentials that are refused, by the reason why."""
    program.users.create(UserCreate(email="off@example.com", password=PASSWORD))
    program.user_status.disable("off@example.com")
    program.users.create(UserCreate(email="none@example.com"))
    return {
        "wrong": (ada.email, "wrong password"),
        "unknown": ("bob@example.com", PASSWORD),
        "malformed": ("not an address", PASSWORD),
        "disabled": ("off@example.com", PASSWORD),
        "without": ("none@example.com", PASSWORD),
        "empty": (ada.email, ""),
        "too long": (ada.email, PASSWORD * 10),
        "nul": (ada.email, f"{PASSWORD}\0"),
        "surrogate": (ada.email, "\udcff"),
    }


def test_every_refusal_reads_the_same_and_costs_one_verification(
    program: Program, refused: dict[str, tuple[str, str]]
) -> None:
    messages, counts = set(), set()
    for email, password in refused.values():
        hasher = CountingHasher(cost=4)
        with pytest.raises(InvalidCredentials) as caught:
            log_in_with(program, hasher, email, password)
        messages.add((str(caught.value), caught.value.hint))
        counts.add(hasher.verified)
    assert counts == {1}
    assert len(messages) == 1


def test_a_successful_login_costs_one_verification(program: Program, ada: UserCreated) -> None:
    hasher = CountingHasher(cost=4)
    log_in_with(program, hasher, ada.email, PASSWORD)
    assert hasher.verified == 1


def test_a_login_replaces_a_hash_of_a_lower_cost(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    log_in_with(program, PasswordHasher(cost=5), ada.email, PASSWORD)
    [(hashed,)] = sql("SELECT hashed_password FROM users")
    assert hashed.startswith("$2b$05$")
    assert bcrypt.checkpw(PASSWORD.encode(), hashed.encode())
    program.log_in(ada.email)


def test_a_login_leaves_a_hash_of_a_higher_cost(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    set_hash(sql, PasswordHasher(cost=5).hash(PASSWORD))
    program.log_in(ada.email)
    assert sql("SELECT hashed_password FROM users")[0][0].startswith("$2b$05$")


def test_a_failed_login_leaves_a_hash_of_a_lower_cost(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    with pytest.raises(InvalidCredentials):
        log_in_with(program, PasswordHasher(cost=5), ada.email, "wrong password")
    assert sql("SELECT hashed_password FROM users")[0][0].startswith("$2b$04$")


@pytest.mark.parametrize("prefix", ["$2a$", "$2y$"])
def test_hashes_of_other_bcrypt_libraries_log_in(
    program: Program, ada: UserCreated, sql: Sql, prefix: str
) -> None:
    set_hash(sql, prefix + PasswordHasher(cost=4).hash(PASSWORD)[4:])
    assert program.log_in(ada.email).user.id == ada.id


@pytest.mark.parametrize("hashed", ["", "plain text", "$argon2id$v=19$m=1$x$y", "$2b$04$short"])
def test_a_hash_that_is_none_is_a_wrong_password(
    program: Program, ada: UserCreated, sql: Sql, hashed: str
) -> None:
    set_hash(sql, hashed)
    with pytest.raises(InvalidCredentials):
        program.log_in(ada.email)


@pytest.mark.parametrize(
    "change",
    [
        lambda program: program.user_passwords.set_password("1", "battery staple 88"),
        lambda program: program.user_status.disable("1"),
        lambda program: program.recycle_bin.delete(["1"]),
    ],
    ids=["password changed", "disabled", "deleted"],
)
def test_a_proof_is_worth_nothing_once_the_account_was_changed(
    program: Program, ada: UserCreated, sql: Sql, change: Callable[[Program], object]
) -> None:
    proof = program.authentication.authenticate(Credentials(identity=ada.email, secret=PASSWORD))
    change(program)
    with pytest.raises(InvalidCredentials):
        program.token_issuer.start_session(proof)
    assert sql("SELECT count(*) FROM refresh_tokens") == [(0,)]


def test_a_proof_outlives_changes_to_the_rest_of_the_account(
    program: Program, ada: UserCreated
) -> None:
    proof = program.authentication.authenticate(Credentials(identity=ada.email, secret=PASSWORD))
    program.users.update("1", UserUpdate(name="Countess", role="admin"))
    assert program.token_issuer.start_session(proof).user.role == "admin"
