"""The session that a login keeps between commands, on both databases."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.conftest import FakeClock, Program, open_engine
from tests.integration.sessions.conftest import HERE, session_service, states, without_pending
from userctl.core.errors import (
    DatabaseMissing,
    NotLoggedIn,
    RefreshConflict,
    TokenInvalid,
    TokenRevoked,
)
from userctl.schemas.session import Grant, SessionRead
from userctl.schemas.tokens import TokenQuery
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.security.session_file import SessionFile, StoredSession
from userctl.services.sessions.stored_session import SessionService


def test_a_stored_session_says_who_is_logged_in_and_until_when(
    sessions: SessionService, started: SessionRead, grant: Grant, file: SessionFile
) -> None:
    assert started.email == grant.user.email
    assert started.session_expires_at == grant.session_expires_at
    assert started.session_file == str(file.path)
    assert sessions.whoami() == started


def test_a_stored_session_is_readable_by_its_owner_alone(
    started: SessionRead, file: SessionFile
) -> None:
    assert file.path.stat().st_mode & 0o077 == 0
    assert file.path.parent.stat().st_mode & 0o077 == 0


def test_a_new_login_takes_the_place_of_the_stored_session(
    program: Program, sessions: SessionService, started: SessionRead, clock: FakeClock
) -> None:
    clock.advance(days=1)
    later = sessions.start(lambda: program.log_in("ada@example.com")).session
    assert later.session_expires_at > started.session_expires_at
    assert sessions.whoami() == later


def test_a_session_is_refreshed_when_its_access_token_has_expired(
    program: Program,
    sessions: SessionService,
    started: SessionRead,
    clock: FakeClock,
) -> None:
    clock.advance(minutes=59)
    sessions.whoami()
    assert states(program) == ["active"]
    clock.advance(minutes=2)
    assert sessions.whoami() == started
    assert states(program) == ["used", "active"]


def test_an_access_token_is_handed_out_fresh(
    program: Program, sessions: SessionService, stored: StoredSession, clock: FakeClock
) -> None:
    assert sessions.access_token() == stored.access_token
    clock.advance(hours=2)
    assert sessions.stored_access_token() == stored.access_token
    program.token_verifier.verify(sessions.access_token())


def test_a_second_holder_finds_the_fresh_tokens_instead_of_exchanging_again(
    program: Program,
    sessions: SessionService,
    stored: StoredSession,
    started: SessionRead,
    file: SessionFile,
    clock: FakeClock,
) -> None:
    clock.advance(hours=2)
    sessions.refresh(seen=stored)
    fresh = file.load()
    assert session_service(program, file).refresh(seen=stored) == started
    assert file.load() == fresh
    assert states(program) == ["used", "active"]


def test_a_refresh_that_was_asked_for_is_always_made(
    program: Program, sessions: SessionService, stored: StoredSession, file: SessionFile
) -> None:
    sessions.refresh()
    sessions.refresh()
    assert file.load() != stored
    assert states(program) == ["used", "used", "active"]


def test_a_session_whose_token_another_exchanged_a_moment_ago_stays_stored(
    program: Program, sessions: SessionService, stored: StoredSession, file: SessionFile
) -> None:
    program.token_exchange.refresh(stored.refresh_token)
    with pytest.raises(RefreshConflict):
        sessions.refresh()
    assert without_pending(file) == stored


def test_a_session_that_was_ended_elsewhere_no_longer_counts(
    program: Program, sessions: SessionService, started: SessionRead
) -> None:
    program.revocation.revoke_matching(TokenQuery(user="1"))
    with pytest.raises(TokenRevoked):
        sessions.whoami()
    with pytest.raises(TokenRevoked):
        sessions.refresh()


def test_ending_a_session_revokes_and_forgets_it_once(
    program: Program, sessions: SessionService, started: SessionRead, file: SessionFile
) -> None:
    assert sessions.end()
    assert states(program) == ["revoked"]
    assert file.load() is None
    assert not sessions.end()


def test_a_session_that_was_ended_elsewhere_can_be_forgotten(
    program: Program, sessions: SessionService, started: SessionRead, file: SessionFile
) -> None:
    program.recycle_bin.delete(["1"])
    assert sessions.end()
    assert file.load() is None


def test_a_session_with_a_token_that_is_none_can_be_forgotten(
    sessions: SessionService, started: SessionRead, file: SessionFile
) -> None:
    file.save(StoredSession("x", "y", started.session_expires_at.isoformat(), HERE.identity))
    assert sessions.end()
    assert file.load() is None


@pytest.mark.parametrize("action", ["whoami", "refresh", "access_token", "stored_access_token"])
def test_nobody_is_logged_in_without_a_session(sessions: SessionService, action: str) -> None:
    with pytest.raises(NotLoggedIn):
        getattr(sessions, action)()


@pytest.mark.parametrize("action", ["end", "refresh"])
def test_a_session_stays_stored_when_the_database_cannot_be_reached(
    stored: StoredSession, file: SessionFile, tmp_path: Path, clock: FakeClock, action: str
) -> None:
    with open_engine(f"sqlite:///{tmp_path / 'missing.db'}") as unreachable:
        sessions = session_service(Program(unreachable, clock), file)
        with pytest.raises(DatabaseMissing):
            getattr(sessions, action)()
    assert without_pending(file) == stored


@pytest.fixture
def cut_off(stored: StoredSession, file: SessionFile) -> StoredSession:
    """The stored session as it is while its refresh token is being exchanged."""
    session = replace(stored, pending=REFRESH_TOKEN.generate())
    file.save(session)
    return session


@pytest.mark.parametrize("action", ["whoami", "refresh", "access_token"])
def test_an_exchange_that_was_made_but_not_saved_is_completed(
    program: Program,
    sessions: SessionService,
    started: SessionRead,
    cut_off: StoredSession,
    file: SessionFile,
    clock: FakeClock,
    action: str,
) -> None:
    program.token_exchange.refresh(cut_off.refresh_token, successor=cut_off.pending)
    clock.advance(minutes=30)
    getattr(sessions, action)()
    assert sessions.whoami() == started
    after = file.load()
    assert after is not None
    assert after.pending == ""
    assert (after.refresh_token == cut_off.pending) == (action != "refresh")
    assert states(program).count("active") == 1


@pytest.mark.parametrize("action", ["whoami", "refresh", "access_token"])
def test_an_exchange_that_was_never_made_is_forgotten(
    program: Program,
    sessions: SessionService,
    started: SessionRead,
    cut_off: StoredSession,
    file: SessionFile,
    clock: FakeClock,
    action: str,
) -> None:
    clock.advance(minutes=30)
    getattr(sessions, action)()
    assert sessions.whoami() == started
    after = file.load()
    assert after is not None
    assert after.pending == ""
    assert (after.refresh_token == cut_off.refresh_token) == (action != "refresh")
    assert states(program).count("active") == 1


def test_the_new_token_is_written_down_before_the_database_hears_of_it(
    program: Program, stored: StoredSession, file: SessionFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[StoredSession | None] = []
    exchange = program.token_exchange.refresh

    def refresh(token: str, *, successor: str | None = None) -> Grant:
        seen.append(file.load())
        return exchange(token, successor=successor)

    monkeypatch.setattr(program.token_exchange, "refresh", refresh)
    session_service(program, file).refresh()
    [before] = seen
    after = file.load()
    assert before is not None
    assert after is not None
    assert (before.refresh_token, before.pending) == (stored.refresh_token, after.refresh_token)


def test_a_session_that_is_cut_off_can_be_ended(
    program: Program, sessions: SessionService, cut_off: StoredSession, file: SessionFile
) -> None:
    program.token_exchange.refresh(cut_off.refresh_token, successor=cut_off.pending)
    assert sessions.end()
    assert states(program) == ["used", "revoked"]


def test_a_pending_token_that_is_none_is_refused(
    sessions: SessionService, cut_off: StoredSession, file: SessionFile
) -> None:
    file.save(replace(cut_off, pending="nonsense"))
    with pytest.raises(TokenInvalid):
        sessions.whoami()
