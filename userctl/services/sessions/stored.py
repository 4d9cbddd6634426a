"""The session that ``userctl login`` keeps between commands."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import NotLoggedIn, TokenExpired, TokenInvalid, UserctlError
from userctl.schemas import SessionRead, UserRead
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.security.session_file import SessionFile, StoredSession
from userctl.services.sessions.exchange import TokenExchange
from userctl.services.sessions.issue import Grant
from userctl.services.sessions.verify import TokenVerifier
from userctl.services.tokens.revocation import RevocationService


class SessionService:
    """The use cases on the stored session.

    The file stays locked while a session is exchanged, so that of two commands at once the second
    finds the new tokens instead of exchanging the old ones again. The new refresh token is drawn
    and written down before the database hears of it, so that whoever is killed in between finds
    out later which of the two counts.

    Args:
        session_file: where the session is kept.
        url: the database in use; a session of another one is left alone.
        open_exchange: returns what exchanges refresh tokens. It needs the signing key, which
            ending a session does not.
        open_verifier: returns what verifies access tokens, with the same key.
        revocation: ends sessions.
    """

    def __init__(
        self,
        session_file: SessionFile,
        *,
        url: DatabaseURL,
        open_exchange: Callable[[], TokenExchange],
        open_verifier: Callable[[], TokenVerifier],
        revocation: RevocationService,
    ) -> None:
        self._file = session_file
        self._database = url.identity
        self._open_exchange = open_exchange
        self._open_verifier = open_verifier
        self._revocation = revocation

    def start(self, log_in: Callable[[], Grant]) -> SessionRead:
        """Log in and keep the session; the one that was kept before ends.

        Args:
            log_in: called when it is sure that a session can be kept.

        Raises:
            UnsafeFile: if the stored session is not ours alone, or something else than a
                file lies in its place; a new session is then ended.
            InputOutputFailed: if the new one cannot be kept; it is then ended.
        """
        with self._file.locked():
            before = self._file.load()
            grant = log_in()
            try:
                stored = self._save(grant)
            except UserctlError:
                self._revocation.revoke_text(grant.tokens.refresh_token)
                raise
            if before is not None and before.database == self._database:
                self._revoke(before)
        return self._read(grant.user, stored)

    def who(self) -> SessionRead:
        """Return the account that is logged in, refreshing the session if that is due.

        Raises:
            NotLoggedIn: if there is no session.
            AuthenticationFailed: if it no longer counts.
        """
        stored = self._load()
        try:
            _, user = self._open_verifier().verify(stored.access_token)
        except TokenExpired:
            return self.refresh(seen=stored)
        except TokenInvalid as error:
            error.hint = "If the signing keys were replaced, run 'userctl token refresh'."
            raise
        return self._read(user, stored)

    def access_token(self) -> str:
        """Return a live access token of the session, refreshing it if that is due."""
        self.who()
        stored = self._load()
        if not self._open_verifier().is_fresh(stored.access_token):
            self.refresh(seen=stored)
        return self.stored_access_token()

    def stored_access_token(self) -> str:
        """Return the stored access token, whatever it is worth.

        Raises:
            NotLoggedIn: if there is no session.
        """
        return self._stored().access_token

    def refresh(self, *, seen: StoredSession | None = None) -> SessionRead:
        """Exchange the refresh token of the session.

        Args:
            seen: the session the caller found outdated. If the file holds another by now, then
                somebody else has refreshed it, and that one is returned as it is.

        Raises:
            NotLoggedIn: if there is no session.
            AuthenticationFailed, RefreshConflict: if it cannot be refreshed.
        """
        with self._file.locked():
            stored = self._settled()
            if seen is not None and stored.access_token != seen.access_token:
                _, user = self._open_verifier().verify(stored.access_token)
                return self._read(user, stored)
            successor = REFRESH_TOKEN.draw()
            self._file.save(replace(stored, pending=successor))
            grant = self._open_exchange().refresh(stored.refresh_token, successor=successor)
            return self._read(grant.user, self._save(grant))

    def end(self) -> bool:
        """End the session and forget it; False if there was none.

        The file goes only after the session was revoked, so that a database that cannot be
        reached leaves something to try again with.
        """
        with self._file.locked():
            if self._file.load() is None:
                return False
            self._revoke(self._stored())
            self._file.remove()
        return True

    def _revoke(self, stored: StoredSession) -> None:
        # What stands in the file may never have been a token.
        with suppress(TokenInvalid):
            self._revocation.revoke_text(stored.refresh_token)

    def _load(self) -> StoredSession:
        """Return the stored session, after whatever somebody else is doing with it."""
        stored = self._stored()
        if not stored.pending:
            return stored
        with self._file.locked():
            return self._settled()

    def _settled(self) -> StoredSession:
        """Return the stored session after finding out how an exchange ended that was cut off.

        The file has to be locked.
        """
        stored = self._stored()
        if not stored.pending:
            return stored
        settled = replace(stored, pending="")
        if self._open_exchange().was_exchanged(stored.refresh_token, stored.pending):
            settled = replace(settled, refresh_token=stored.pending)
        self._file.save(settled)
        return settled

    def _stored(self) -> StoredSession:
        stored = self._file.load()
        if stored is None:
            raise NotLoggedIn("Nobody is logged in.")
        if stored.database != self._database:
            raise NotLoggedIn(
                f"The stored session belongs to another database, {stored.database}.",
                hint="Choose that database, or log in to this one.",
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

    def _read(self, user: UserRead, stored: StoredSession) -> SessionRead:
        return SessionRead(
            **user.model_dump(),
            session_expires_at=stored.ends,
            session_file=str(self._file.path),
        )
