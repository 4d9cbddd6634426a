"""Guessing passwords: what it costs, what it tells and how often it may be tried."""

from collections.abc import Iterator
from dataclasses import replace

import bcrypt
import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, run_at_once
from tests.support.cli import Userctl
from tests.support.marks import repeat
from userctl.core.errors import CryptoMissing, InvalidCredentials, LoginThrottled, UserctlError
from userctl.schemas.credentials import Credentials
from userctl.schemas.users import UserCreate, UserCreated
from userctl.security import passwords
from userctl.security.access_token import AccessTokenCodec
from userctl.security.passwords import PasswordHasher

LIMIT = 5


class CountingBcrypt:
    """Counts the rounds that bcrypt works, which is what takes the time."""

    def __init__(self) -> None:
        self.rounds = 0
        self.hashes = 0

    def checkpw(self, secret: bytes, hashed: bytes) -> bool:
        matches = bcrypt.checkpw(secret, hashed)
        self._count(hashed)
        return matches

    def hashpw(self, secret: bytes, salt: bytes) -> bytes:
        self._count(salt)
        return bcrypt.hashpw(secret, salt)

    def gensalt(self, cost: int) -> bytes:
        return bcrypt.gensalt(cost)

    def _count(self, salt: bytes) -> None:
        self.hashes += 1
        self.rounds += 2 ** int(salt[4:6])


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingBcrypt]:
    """The bcrypt that userctl uses from now on."""
    counting = CountingBcrypt()
    monkeypatch.setattr(passwords, "bcrypt", counting)
    return counting


def guess(program: Program, email: str, password: str = "wrong password") -> None:
    """Try a password that is refused."""
    with pytest.raises(InvalidCredentials):
        program.log_in(email, password)


@pytest.fixture
def refused(program: Program, ada: UserCreated, sql: Sql) -> list[tuple[str, str]]:
    """Credentials that are refused for every reason there is."""
    program.users.create(UserCreate(email="off@example.com", password=PASSWORD))
    program.user_status.disable("off@example.com")
    program.users.create(UserCreate(email="none@example.com"))
    for name, hashed in (
        ("plain", "plain text"),
        ("costly", f"$2b$31${'a' * 53}"),
        ("salt", f"$2b$04${'/' * 53}"),
        ("cheap", PasswordHasher(cost=5).hash(PASSWORD)),
    ):
        program.users.create(UserCreate(email=f"{name}@example.com"))
        sql(
            "UPDATE users SET hashed_password = :hashed WHERE email = :email",
            hashed=hashed,
            email=f"{name}@example.com",
        )
    names = "ada bob off none plain costly salt cheap"
    return [
        *((f"{name}@example.com", "wrong password") for name in names.split()),
        ("off@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("ada@example.com", "\0"),
        ("ada@example.com", "x" * 100),
    ]


def test_every_refusal_costs_the_work_of_one_hash_whatever_is_stored(
    program: Program, refused: list[tuple[str, str]], counting: CountingBcrypt
) -> None:
    program.tools = replace(program.tools, hasher=PasswordHasher(cost=8))
    messages, rounds = set(), set()
    for email, password in refused:
        counting.rounds = 0
        with pytest.raises(InvalidCredentials) as caught:
            program.log_in(email, password)
        messages.add(caught.value.message)
        rounds.add(counting.rounds)
    assert rounds == {2**8}
    assert len(messages) == 1


@pytest.mark.parametrize("email", ["ada@example.com", "bob@example.com", "no address"])
@repeat("number", few=12, soak=50)
def test_guesses_at_once_run_no_more_hashes_than_the_limit(
    database_url: str, ada: UserCreated, counting: CountingBcrypt, email: str, number: int
) -> None:
    def guessing(other: Program) -> object:
        return other.log_in(email, "wrong password")

    outcomes = run_at_once(database_url, *[guessing] * number)
    names = [type(outcome).__name__ for outcome in outcomes]
    assert names.count("InvalidCredentials") == LIMIT
    assert names.count("LoginThrottled") == number - LIMIT
    assert counting.hashes == LIMIT


def test_the_right_password_is_refused_too_while_logins_are_throttled(
    program: Program, ada: UserCreated, clock: FakeClock, counting: CountingBcrypt
) -> None:
    for _ in range(LIMIT):
        guess(program, "ada@example.com")
    before = counting.hashes
    for _ in range(3):
        clock.advance(minutes=4)
        with pytest.raises(LoginThrottled):
            program.log_in("ada@example.com")
    assert counting.hashes == before
    # Trying all the time has not made it longer.
    clock.advance(minutes=3)
    program.log_in("ada@example.com")


def test_logins_that_succeed_are_never_throttled(program: Program, ada: UserCreated) -> None:
    for _ in range(3 * LIMIT):
        program.log_in("ada@example.com")


def test_a_login_that_fails_for_another_reason_than_the_password_costs_nothing(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    credentials = Credentials(identity="ada@example.com", secret=PASSWORD)
    proof = program.authentication.authenticate(credentials)
    program.user_status.disable("1")
    with pytest.raises(InvalidCredentials):
        program.token_issuer.start_session(proof)
    assert sql("SELECT sum(charges) FROM login_throttles") == [(0,)]


def test_an_attacker_elsewhere_cannot_lock_out_who_logged_in_lately(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    def log_in(source: str, password: str = PASSWORD) -> None:
        program.log_in_with(
            "password",
            Credentials(identity="ada@example.com", secret=password, source=source),
        )

    log_in("root@office")
    for number in range(20):
        with pytest.raises(UserctlError):
            log_in(f"198.51.100.{number}", "wrong password")
    with pytest.raises(LoginThrottled):
        log_in("203.0.113.9")
    log_in("root@office")
    clock.advance(days=29)
    log_in("root@office")


def test_the_settings_limit_the_logins_and_unlock_breaks_the_glass(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    userctl.extra["USERCTL_LOGIN_ATTEMPTS"] = "2"

    def log_in(password: str, *options: str) -> str:
        result = userctl(
            "login", "ada@example.com", "--password-stdin", "-o", "json", *options, stdin=password
        )
        return "ok" if result.code == 0 else str(result.error["code"])

    assert [log_in("wrong") for _ in range(3)] == ["invalid_credentials"] * 2 + ["throttled"]
    assert log_in(PASSWORD) == "throttled"
    shown = userctl("user", "show", "1", "-o", "json").json
    assert (shown["failed_logins"], shown["throttled_until"] is None) == (2, False)
    assert userctl("user", "unlock", "ada@example.com", "-o", "json").json["failed_logins"] == 0
    assert log_in(PASSWORD) == "ok"
    assert [log_in("wrong", "--source", "192.0.2.1") for _ in range(3)][2] == "throttled"
    assert log_in(PASSWORD) == "ok"
    assert log_in(PASSWORD, "--source", "\x1b[2J") == "invalid_input"


def test_a_kill_between_the_charge_and_the_hash_leaves_the_charge(
    program: Program, ada: UserCreated, monkeypatch: pytest.MonkeyPatch, sql: Sql
) -> None:
    def killed(_self: PasswordHasher, _password: str, _hashed: str) -> bool:
        raise SystemExit

    monkeypatch.setattr(PasswordHasher, "verify", killed)
    with pytest.raises(SystemExit):
        program.log_in("ada@example.com")
    assert sql("SELECT sum(charges) FROM login_throttles") == [(1,)]


def test_a_right_password_costs_nothing_although_the_login_fails(
    program: Program, ada: UserCreated, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable(*_: object) -> str:
        raise CryptoMissing("No key can be used.")

    monkeypatch.setattr(AccessTokenCodec, "encode", unusable)
    for _ in range(2 * LIMIT):
        with pytest.raises(CryptoMissing):
            program.log_in("ada@example.com")
    assert sql("SELECT sum(charges) FROM login_throttles") == [(0,)]
