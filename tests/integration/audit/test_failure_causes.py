"""The trail says why an authentication really failed; the person is told the same as ever."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import InvalidCredentials, UserctlError
from userctl.core.failure_cause import FailureCause
from userctl.schemas.audit import AuditEventRead, AuditQuery
from userctl.schemas.credentials import Credentials
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreate

ADA = "ada@example.com"
EVE = "eve@example.com"
DAY = timedelta(days=1)


def last(program: Program) -> AuditEventRead:
    [found] = program.audit.page(AuditQuery(limit=1)).items
    return found


def refused(program: Program, email: str, password: str = PASSWORD) -> AuditEventRead:
    """Fail to log in as everyone does who fails, and return the event."""
    with pytest.raises(InvalidCredentials) as caught:
        program.log_in(email, password)
    assert caught.value.args == ("The e-mail address or the password is wrong.",)
    assert (caught.value.hint, caught.value.code) == (None, "invalid_credentials")
    found = last(program)
    assert (found.tag, found.detail["reason"]) == ("account:login:failure", "invalid_credentials")
    return found


@pytest.fixture
def people(program: Program, sql: Sql) -> None:
    """A user for each cause, all with the same password unless the cause is that it differs."""
    for name in ("ada", "off", "gone", "old"):
        program.users.create(UserCreate(email=f"{name}@example.com", password=PASSWORD))
    program.users.create(UserCreate(email="bare@example.com"))
    program.user_status.disable("off@example.com")
    program.recycle_bin.delete(["gone@example.com"])
    sql("UPDATE users SET hashed_password = 'md5$abc' WHERE email = 'old@example.com'")


CAUSES = {
    ADA: FailureCause.WRONG_PASSWORD,
    "off@example.com": FailureCause.ACCOUNT_DISABLED,
    "gone@example.com": FailureCause.USER_DELETED,
    "bare@example.com": FailureCause.NO_PASSWORD,
    "old@example.com": FailureCause.UNSUPPORTED_HASH,
    EVE: FailureCause.UNKNOWN_ADDRESS,
    "not an address": FailureCause.NOT_AN_ADDRESS,
}


def test_the_trail_has_the_true_cause_of_a_failed_login(program: Program, people: None) -> None:
    for email, cause in CAUSES.items():
        password = "wrong horse 77" if email == ADA else PASSWORD
        assert refused(program, email, password).detail["cause"] == cause


def test_an_event_tells_whose_login_failed_if_the_user_exists(
    program: Program, people: None
) -> None:
    disabled = refused(program, "off@example.com")
    assert (disabled.user_id, disabled.target) == (2, "off@example.com")
    assert refused(program, EVE).user_id is None
    assert refused(program, "not an address").target is None


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Yield a list that every statement is added to."""
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", see)
    yield seen
    event.remove(engine, "before_cursor_execute", see)


def test_every_cause_takes_the_same_statements_and_as_many_hashes(
    program: Program, engine: Engine, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = program.tools.hasher
    verify, hashes = hasher.verify, list[str]()

    def count(password: str, hashed: str) -> bool:
        hashes.append(hashed)
        return verify(password, hashed)

    monkeypatch.setattr(hasher, "verify", count)
    taken = {}
    for email, cause in CAUSES.items():
        with statements(engine) as seen:
            refused(program, email, "wrong horse 77")
        taken[cause] = seen
    assert len(hashes) == len(CAUSES)
    assert len(set(map(tuple, taken.values()))) == 1


def test_a_user_who_is_disabled_while_the_password_is_checked_is_told_apart(
    program: Program, people: None
) -> None:
    proof = program.authentication.authenticate(Credentials(identity=ADA, secret=PASSWORD))
    program.user_status.disable(ADA)
    with pytest.raises(InvalidCredentials) as caught, program.database.writing() as uow:
        proof.redeem(uow)
    assert caught.value.facts.cause == FailureCause.ACCOUNT_DISABLED
    program.recycle_bin.delete([ADA])
    with pytest.raises(InvalidCredentials) as caught, program.database.writing() as uow:
        proof.redeem(uow)
    assert caught.value.facts.cause == FailureCause.UNKNOWN_ADDRESS


def _revoke(program: Program, _clock: FakeClock) -> None:
    program.revocation.revoke(["api-1"])


def _expire(_program: Program, clock: FakeClock) -> None:
    clock.advance(days=2)


def _disable(program: Program, _clock: FakeClock) -> None:
    program.user_status.disable(ADA)


def _log_in(program: Program, text: str) -> None:
    program.log_in_with("api-token", Credentials(secret=text))


def _verify(program: Program, text: str) -> None:
    program.api_tokens.verify(text)


@pytest.mark.parametrize("present", [_log_in, _verify])
@pytest.mark.parametrize(
    ("end", "cause"),
    [(_revoke, "token_revoked"), (_expire, "token_expired"), (_disable, "account_disabled")],
)
def test_a_refused_api_token_names_its_owner_and_its_id(
    program: Program,
    clock: FakeClock,
    end: Callable[[Program, FakeClock], None],
    cause: str,
    present: Callable[[Program, str], None],
) -> None:
    text = _token(program, clock)
    end(program, clock)
    with pytest.raises(UserctlError):
        present(program, text)
    found = last(program)
    assert (found.user_id, found.target) == (1, ADA)
    assert (found.detail["token"], found.detail["cause"]) == ("api-1", cause)


def test_a_token_of_another_user_names_its_owner_and_who_was_claimed(
    program: Program, clock: FakeClock
) -> None:
    text = _token(program, clock)
    with pytest.raises(UserctlError):
        program.log_in_with("api-token", Credentials(identity=EVE, secret=text))
    found = last(program)
    assert (found.user_id, found.target) == (1, ADA)
    assert (found.detail["cause"], found.detail["claimed"]) == ("other_owner", EVE)


def test_an_api_token_that_was_never_issued_is_told_from_a_mistyped_one(
    program: Program, clock: FakeClock, sql: Sql
) -> None:
    text = _token(program, clock)
    sql("DELETE FROM api_tokens")
    for presented, cause in ((text, "unknown_token"), (text[:-1], "token_invalid")):
        with pytest.raises(UserctlError):
            program.api_tokens.verify(presented)
        found = last(program)
        assert (found.user_id, found.detail["cause"]) == (None, cause)
        assert "token" not in found.detail
        # They are told as little apart by the person, and so share a window.
        clock.advance(minutes=15)


def _token(program: Program, clock: FakeClock) -> str:
    program.users.create(UserCreate(email=ADA))
    new = ApiTokenCreate(user=ADA, label="ci", scope=[], expires_in=DAY)
    return program.api_tokens.issue(new).token
