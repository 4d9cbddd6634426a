"""Logging in: an authentication and the session that it starts."""

from collections.abc import Callable

from userctl.core.actor import sanitize_name
from userctl.core.clock import Clock
from userctl.core.errors import AuthenticationFailed, InvalidEmail, PasswordRejected, ProofOutdated
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.audit import AuditTag
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import SessionRead
from userctl.services.authentication.failures import record_failure
from userctl.services.authentication.methods import Authenticator
from userctl.services.sessions.issue import Grant, TokenIssuer
from userctl.services.sessions.stored import SessionService


class LoginService:
    """Starts sessions, with whatever method a user authenticates.

    Args:
        authenticators: returns a method by its name.
        token_issuer: starts the session.
        open_sessions: returns what keeps the stored session, which needs a home folder.
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

    def log_in(self, method: str, credentials: Credentials) -> Grant:
        """Start a session for the user of these credentials.

        Raises:
            InvalidInput: if there is no such method.
            AuthenticationFailed: if the credentials are not valid.
        """
        authenticator = self._authenticators(method)
        try:
            return self._start_session(authenticator, credentials)
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

    def log_in_and_store(self, method: str, credentials: Credentials) -> SessionRead:
        """Start a session and store it for the next commands.

        Raises:
            InvalidInput: if there is no such method.
            AuthenticationFailed: if the credentials are not valid.
            UnsafeFile, InputOutputFailed: if the session cannot be stored; it is ended then.
        """
        return self._open_sessions().start(lambda: self.log_in(method, credentials))

    def _start_session(self, authenticator: Authenticator, credentials: Credentials) -> Grant:
        source = _source_of(credentials)
        try:
            proof = authenticator.authenticate(credentials)
            return self._issuer.start_session(proof, source=source)
        except ProofOutdated:
            # Another login may just have upgraded the hash of the same password.
            proof = authenticator.authenticate(credentials)
            return self._issuer.start_session(proof, source=source)


def _source_of(credentials: Credentials) -> str | None:
    return credentials.source and sanitize_name(credentials.source)
