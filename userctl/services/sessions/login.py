"""Logging in: an authentication and the session that it starts."""

from collections.abc import Callable

from userctl.core.actor import sanitize_name
from userctl.core.clock import Clock
from userctl.core.errors import (
    AuthenticationFailed,
    InvalidEmail,
    PasswordRejected,
    ProofOutdated,
)
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.audit import AuditTag
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant, StartedSession
from userctl.services.authentication.failures import record_failure
from userctl.services.authentication.methods import Authenticator
from userctl.services.authentication.source import login_source
from userctl.services.sessions.issue import LoginFacts, TokenIssuer
from userctl.services.sessions.stored_session import SessionService


class LoginService:
    """The use cases that log in with any method of authentication.

    Args:
        authenticators: returns a method by its name.
        token_issuer: starts the session.
        open_sessions: returns the service for the stored session, which needs a home folder.
        database: where failures are recorded.
        clock: where the time comes from.
    """

    def __init__(
        self,
        authenticators: Callable[[str], Authenticator],
        *,
        token_issuer: TokenIssuer,
        open_sessions: Callable[[], SessionService],
        database: Database,
        clock: Clock,
    ) -> None:
        self._authenticators = authenticators
        self._issuer = token_issuer
        self._open_sessions = open_sessions
        self._database = database
        self._clock = clock

    def check(self, method: str, credentials: Credentials, *, store: bool) -> None:
        """Make sure that a login can be tried and stored, before a secret is asked for.

        Args:
            method: the login method.
            credentials: the credentials, without the secret.
            store: whether the session is to be stored.

        Raises:
            InvalidInput: if there is no such method, or the source is not valid.
            DatabaseNotReady: if the database is not ready.
            UnsafeFile: if a session cannot be stored.
        """
        self._authenticators(method)
        login_source(credentials.source)
        with self._database.reading():
            pass
        if store:
            self._open_sessions().require_storable()

    def log_in(self, method: str, credentials: Credentials) -> Grant:
        """Start a session for the user with these credentials.

        Raises:
            InvalidInput: if there is no such method.
            AuthenticationFailed: if the credentials are not valid.
        """
        authenticator = self._authenticators(method)
        try:
            return self._start_session(method, authenticator, credentials)
        except (AuthenticationFailed, InvalidEmail, PasswordRejected) as error:
            record_failure(
                self._database,
                AuditTag.LOGIN_FAILURE,
                self._clock(),
                error,
                identity=credentials.identity,
                method=method,
                source=_source_of(credentials),
            )
            raise

    def log_in_and_store(self, method: str, credentials: Credentials) -> StartedSession:
        """Start a session and store it for the next commands; a stored one is ended.

        Raises:
            InvalidInput: if there is no such method.
            AuthenticationFailed: if the credentials are not valid.
            UnsafeFile, InputOutputFailed: if the session cannot be stored; it is ended then.
        """
        return self._open_sessions().start(lambda: self.log_in(method, credentials))

    def _start_session(
        self, method: str, authenticator: Authenticator, credentials: Credentials
    ) -> Grant:
        login = LoginFacts(method, _source_of(credentials), credentials.client)
        try:
            proof = authenticator.authenticate(credentials)
            return self._issuer.start_session(proof, login)
        except ProofOutdated:
            # Another login may just have upgraded the hash of the same password.
            proof = authenticator.authenticate(credentials)
            return self._issuer.start_session(proof, login)


def _source_of(credentials: Credentials) -> str | None:
    return credentials.source and sanitize_name(credentials.source)
