"""The session that a login keeps between commands."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.conftest import Program
from userctl.config.database_url import DatabaseURL
from userctl.schemas.session import Grant, SessionRead
from userctl.schemas.tokens import TokenQuery
from userctl.security.session_file import SessionFile, StoredSession
from userctl.services.sessions.stored_session import SessionService

HERE = DatabaseURL.parse("sqlite:////nonexistent/userctl.db")


@pytest.fixture
def file(tmp_path: Path) -> SessionFile:
    """Where the session is kept."""
    return SessionFile(tmp_path / "state" / "session.json")


def session_service(program: Program, file: SessionFile) -> SessionService:
    """Return a service like that of a command that uses the stored session."""
    return SessionService(
        file,
        url=HERE,
        open_token_exchange=lambda: program.token_exchange,
        open_token_verifier=lambda: program.token_verifier,
        revocation=program.revocation,
    )


@pytest.fixture
def sessions(program: Program, file: SessionFile) -> SessionService:
    return session_service(program, file)


@pytest.fixture
def started(sessions: SessionService, grant: Grant) -> SessionRead:
    """The session of an account, stored."""
    return sessions.start(lambda: grant).session


@pytest.fixture
def stored(started: SessionRead, file: SessionFile) -> StoredSession:
    """What the file holds then."""
    session = file.load()
    assert session is not None
    return session


def without_pending(file: SessionFile) -> StoredSession:
    """Return the content of the file without a pending exchange."""
    session = file.load()
    assert session is not None
    return replace(session, pending="")


def states(program: Program) -> list[str]:
    """Return the states of all refresh tokens in the order in which they were issued."""
    return [token.state for token in program.token_list.stream(TokenQuery())]
