"""The session that ``userctl login`` keeps between commands."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import NotLoggedIn, TokenExpired, TokenInvalid, UserctlError
from userctl.schemas.session import Grant, ReplacedSession, SessionRead, StartedSession
from userctl.schemas.users import UserRead
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.security.session_file import SessionFile, StoredSession
from userctl.services.sessions.exchange import TokenExchange
from userctl.services.sessions.verify import TokenVerifier
from userctl.services.tokens.revocation import RevocationService


class SessionService:
    """The use cases for the stored session.

    The file stays locked while a refresh token is exchanged, so that of two concurrent commands
    the second finds the new tokens instead of exchanging the old one again. The new refresh token
    is generated and stored in the file before it is sent to the database, so that a later command
    can find out which of the two counts if this one is killed in between.

    Args:
        session_file: the file of the session.
        url: the database in use; a session of another database is left alone.
        open_token_exchange: returns the exchange of refresh tokens. It needs the signing key, but
            ending a session does not.
        open_token_verifier: returns the verifier of access tokens, which needs the same key.
        revocation: ends sessions.
    """

    def __init__(
        self,
        session_file: SessionFile,
        *,
        url: DatabaseURL,
        open_token_exchange: Callable[[], TokenExchange],
        open_token_verifier: Callable[[], TokenVerifier],
        revocation: RevocationService,
    ) -> None:
        self._file = session_file
        self._database = url.identity
        self._open_token_exchange = open_token_exchange
        self._open_token_verifier = open_token_verifier
        self._revocation = revocation

    def require_storable(self) -> None:
        """Make sure that a session can be stored.

        Raises:
            UnsafeFile: if other users can access the session file, or its path is not a file.
        """
        self._file.load()

    def start(self, log_in: Callable[[], Grant]) -> StartedSession:
        """Log in and store the session; a session stored before is ended.

        Args:
            log_in: called once it is certain that a session can be stored.

        Raises:
            UnsafeFile: if other users can access the session file, or its path is not a file; a
                new session is ended then.
            InputOutputFailed: if the new session cannot be stored; it is ended then.
        """
        with self._file.lock():
            before = self._file.load()
            grant = log_in()
            try:
                stored = self._save(grant)
            except UserctlError:
                self._revocation.revoke_text(grant.tokens.refresh_token)
                raise
            replaced = None if before is None else self._replace(before)
        return StartedSession(self._session_read(grant.user, stored), replaced)

    def whoami(self) -> SessionRead:
        """Return the user who is logged in, refreshing the session if that is due.

        Raises:
            NotLoggedIn: if there is no session.
            AuthenticationFailed: if the session has ended.
        """
        stored = self._load_settled()
        try:
            user = self._open_token_verifier().verify(stored.access_token).user
        except TokenExpired:
            return self.refresh(seen=stored)
        except TokenInvalid as error:
            error.hint = "If the signing keys were replaced, run 'userctl token refresh'."
            raise
        return self._session_read(user, stored)

    def access_token(self) -> str:
        """Return a valid access token of the session, refreshing it if that is due."""
        self.whoami()
        stored = self._load_settled()
        if not self._open_token_verifier().is_fresh(stored.access_token):
            self.refresh(seen=stored)
        return self.stored_access_token()

    def stored_access_token(self) -> str:
        """Return the stored access token without checking it.

        Raises:
            NotLoggedIn: if there is no session.
        """
        return self._require_stored().access_token

    def refresh(self, *, seen: StoredSession | None = None) -> SessionRead:
        """Exchange the refresh token of the session.

        Args:
            seen: the session that the caller found outdated. If the file holds another one,
                another process has refreshed it, and that one is returned.

        Raises:
            NotLoggedIn: if there is no session.
            AuthenticationFailed, RefreshConflict: if it cannot be refreshed.
        """
        with self._file.lock():
            stored = self._settle()
            if seen is not None and stored.access_token != seen.access_token:
                user = self._open_token_verifier().verify(stored.access_token).user
                return self._session_read(user, stored)
            successor = REFRESH_TOKEN.generate()
            self._file.save(replace(stored, pending=successor))
            grant = self._open_token_exchange().refresh(stored.refresh_token, successor=successor)
            return self._session_read(grant.user, self._save(grant))

    def end(self) -> ReplacedSession | None:
        """End the session and remove its file; return None if there was no session.

        The file is removed only after the session was revoked, so that the command can be
        repeated if the database cannot be reached.
        """
        with self._file.lock():
            if self._file.load() is None:
                return None
            ended = self._replace(self._require_stored())
            self._file.remove()
        return ended

    def _replace(self, stored: StoredSession) -> ReplacedSession:
        """End a stored session, if it is one of this database."""
        valid_until, is_here = None, stored.database == self._database
        # The file may hold something that was never a token.
        with suppress(TokenInvalid):
            if is_here:
                ended = self._revocation.revoke_text(stored.refresh_token)
                valid_until = ended.access_tokens_valid_until
        return ReplacedSession(
            email=stored.account,
            database=stored.database,
            was_ended=is_here,
            access_tokens_valid_until=valid_until,
        )

    def _load_settled(self) -> StoredSession:
        """Return the stored session once no exchange of it is in progress."""
        stored = self._require_stored()
        if not stored.pending:
            return stored
        with self._file.lock():
            return self._settle()

    def _settle(self) -> StoredSession:
        """Finish an interrupted exchange, if there is one, and return the stored session.

        The file must be locked.
        """
        stored = self._require_stored()
        if not stored.pending:
            return stored
        settled = replace(stored, pending="")
        if self._open_token_exchange().was_exchanged(stored.refresh_token, stored.pending):
            settled = replace(settled, refresh_token=stored.pending)
        self._file.save(settled)
        return settled

    def _require_stored(self) -> StoredSession:
        stored = self._file.load()
        if stored is None:
            raise NotLoggedIn("You are not logged in.")
        if stored.database != self._database:
            raise NotLoggedIn(
                f"The stored session belongs to another database ({stored.database}).",
                hint="Use that database, or log in to this one.",
            )
        return stored

    def _save(self, grant: Grant) -> StoredSession:
        stored = StoredSession(
            access_token=grant.tokens.access_token,
            refresh_token=grant.tokens.refresh_token,
            expires_at=grant.session_expires_at.isoformat(),
            database=self._database,
            account=grant.user.email,
        )
        self._file.save(stored)
        return stored

    def _session_read(self, user: UserRead, stored: StoredSession) -> SessionRead:
        return SessionRead(
            **user.model_dump(),
            session_expires_at=stored.ends_at,
            session_file=str(self._file.path),
        )
