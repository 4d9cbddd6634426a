"""A stored session is changed by one process at a time, and kept or ended as a whole."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.integration.conftest import NOW, RING, FakeClock, Program
from tests.integration.sessions.conftest import states
from userctl.core import file_lock
from userctl.core.errors import DatabaseBusy, TokenReused, TokenRevoked, UnsafeFile
from userctl.schemas.session import Grant
from userctl.schemas.tokens import TokenQuery
from userctl.schemas.users import UserCreate
from userctl.security.access_token import AccessTokenCodec
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.security.session_file import SessionFile, StoredSession
from userctl.services.sessions.stored_session import SessionService
from userctl.services.sessions.verify import FRESH_SECONDS

Act = Callable[[SessionService], object]


def nobody_logs_in() -> Grant:
    raise AssertionError("The session could not have been kept.")


@pytest.mark.parametrize(
    "act",
    [
        lambda sessions: sessions.start(nobody_logs_in),
        lambda sessions: sessions.refresh(),
        lambda sessions: sessions.end(),
        lambda sessions: sessions.whoami(),
        lambda sessions: sessions.access_token(),
    ],
    ids=["start", "refresh", "end", "whoami", "access_token"],
)
def test_whoever_finds_the_session_being_exchanged_waits_for_that(
    program: Program,
    sessions: SessionService,
    stored: StoredSession,
    file: SessionFile,
    monkeypatch: pytest.MonkeyPatch,
    act: Act,
) -> None:
    monkeypatch.setattr(file_lock, "LOCK_TIMEOUT_SECONDS", 0)
    exchanging = replace(stored, pending=REFRESH_TOKEN.generate())
    with SessionFile(file.path).lock():
        file.save(exchanging)
        with pytest.raises(DatabaseBusy):
            act(sessions)
    assert file.load() == exchanging
    assert states(program) == ["active"]


def test_a_session_that_cannot_be_saved_is_ended_and_the_one_before_lives_on(
    program: Program, sessions: SessionService, stored: StoredSession, file: SessionFile
) -> None:
    def log_in() -> Grant:
        # From now on nothing can take the place of the file.
        file.path.unlink()
        (file.path / "full").mkdir(parents=True)
        return program.log_in("ada@example.com")

    with pytest.raises(UnsafeFile):
        sessions.start(log_in)
    assert states(program) == ["active", "revoked"]
    program.token_exchange.refresh(stored.refresh_token)


def test_an_access_token_that_is_handed_out_lasts_for_a_while(
    program: Program, sessions: SessionService, stored: StoredSession, clock: FakeClock
) -> None:
    clock.advance(seconds=3600 - FRESH_SECONDS, microseconds=-1)
    assert sessions.access_token() == stored.access_token
    clock.advance(microseconds=1)
    fresh = sessions.access_token()
    assert fresh != stored.access_token
    assert program.token_verifier.verify_offline(fresh).exp == int(clock().timestamp()) + 3600
    assert states(program) == ["used", "active"]


def test_a_session_that_has_expired_here_is_ended_for_a_host_whose_clock_is_behind(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    clock.advance(days=8)
    assert program.revocation.revoke_matching(TokenQuery(user="1")).revoked_sessions == 0
    behind = Program(program.engine, FakeClock(NOW))
    with pytest.raises(TokenRevoked):
        behind.token_exchange.refresh(grant.tokens.refresh_token)


def test_the_record_of_a_replay_keeps_the_first_time(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    program.token_exchange.refresh(grant.tokens.refresh_token)
    for _ in range(2):
        clock.advance(minutes=1)
        with pytest.raises(TokenReused):
            program.token_exchange.refresh(grant.tokens.refresh_token)
    recorded = [token.replayed_at for token in program.token_list.stream(TokenQuery())]
    assert recorded == [NOW.replace(minute=1), None]


def test_no_access_token_lives_on_the_session_of_another_account(
    program: Program, grant: Grant
) -> None:
    program.users.create(UserCreate(email="bob@example.com", password="correct horse 77"))
    bob = program.log_in("bob@example.com")
    mine, his = (program.token_verifier.verify_offline(g.tokens.access_token) for g in (grant, bob))
    codec = AccessTokenCodec(lambda: RING, issuer="userctl", audience=None)
    program.revocation.revoke_text(grant.tokens.refresh_token)
    with pytest.raises(TokenRevoked):
        program.token_verifier.verify(codec.encode(mine.model_dump() | {"sid": his.sid}))
