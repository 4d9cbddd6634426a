"""Logging in: an authentication and the session that it starts."""

from collections.abc import Callable

from userctl.core.actor import sanitize_name
from userctl.core.clock import Clock
from userctl.core.errors import AuthenticationFailed, InvalidEmail, PasswordRejected, ProofOutdated
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.audit import AuditTag
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import SessionRead
from userctl.services.authentication.failures import record_refusal
from userctl.services.authentication.methods import Authenticator
from userctl.services.sessions.refresh import Grant, TokenService
from userctl.services.sessions.stored import SessionService


class LoginService:
    """Starts sessions, whatever way somebody proves who they are.

    Args:
        authenticators: returns a method by its name.
        tokens: hands out the tokens.
        sessions: keeps the stored session.
        database: where failures are recorded.
        clock: where the time comes from.
    """

    def __init__(
        self,
        authenticators: Callable[[str], Authenticator],
        *,
        tokens: TokenService,
        sessions: SessionService,
        database: Database,
        clock: Clock,
    ) -> None:
        self._authenticators = authenticators
        self._tokens = tokens
        self._sessions = sessions
        self._database = database
        self._clock = clock

    def log_in(self, method: str, credentials: Credentials) -> Grant:
        """Start a session for whoever credentials belong to.

        Raises:
            InvalidInput: if there is no such method.
            AuthenticationFailed: if they prove nothing.
        """
        authenticator = self._authenticators(method)
        try:
            return self._proven(authenticator, credentials)
        except (AuthenticationFailed, InvalidEmail, PasswordRejected) as error:
            record_refusal(
                self._database,
                AuditTag.LOGIN_FAILURE,
                self._clock(),
                error,
                identity=credentials.identity,
                method=method,
                source=_source(credentials),
            )
            raise

    def log_in_and_store(self, method: str, credentials: Credentials) -> SessionRead:
        """Start a session and store it for the next commands.

        Raises:
            InvalidInput: if there is no such method.
            AuthenticationFailed: if the credentials prove nothing.
            UnsafeFile, InputOutputFailed: if the session cannot be stored; a new one is then ended.
        """
        return self._sessions.start(lambda: self.log_in(method, credentials))

    def _proven(self, authenticator: Authenticator, credentials: Credentials) -> Grant:
        try:
            return self._tokens.login(
                authenticator.authenticate(credentials), source=_source(credentials)
            )
        except ProofOutdated:
            # Another login may just have given the same password a better hash.
            return self._tokens.login(
                authenticator.authenticate(credentials), source=_source(credentials)
            )


def _source(credentials: Credentials) -> str | None:
    return credentials.source and sanitize_name(credentials.source)
