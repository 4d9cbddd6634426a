"""Sessions, for the library."""

from userctl.container import Services
from userctl.core.errors import TokenInvalid
from userctl.core.token_prefixes import API_PREFIX
from userctl.library.inputs import UserReference, require_type, user_reference, validate_arguments
from userctl.library.pages import readable_page
from userctl.library.tracing import trace_methods
from userctl.schemas.credentials import Credentials
from userctl.schemas.database import RevokeResult
from userctl.schemas.page import Page
from userctl.schemas.session import (
    EndedSessions,
    Grant,
    SessionQuery,
    SessionState,
    UserSessionRead,
)


@trace_methods
class Sessions:
    """The use cases for sessions. A session begins with a login."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def login(
        self,
        email: str,
        password: str,
        *,
        new_password: str | None = None,
        source: str | None = None,
        client: str | None = None,
    ) -> Grant:
        """Log in with an e-mail address and a password.

        It takes the time of one bcrypt hash, whether the user exists or not.

        Args:
            email: the e-mail address.
            password: the password.
            new_password: replaces it, which ends all other sessions; required if it must change.
            source: where the login comes from, such as the address of the client. Too many failures
                from elsewhere do not lock out a source that succeeded recently.
            client: what the client calls itself.

        Raises:
            InvalidCredentials: if the user is unknown or disabled, or the password is wrong.
            LoginThrottled: if too many logins failed; ``resets_in`` is how long to wait.
            PasswordChangeRequired: if the password must change, and no new one was given.
            PasswordRejected: if the new password breaks the policy.
            InvalidInput: if the source or the client is not printable text.
        """
        credentials = validate_arguments(
            Credentials,
            identity=require_type(email, str, "email"),
            secret=password,
            new_secret=new_password,
            source=source,
            client=client,
        )
        return self._services.login.log_in("password", credentials)

    def login_with_api_token(
        self, token: str, *, source: str | None = None, client: str | None = None
    ) -> Grant:
        """Start a session with an API token, within its scope and its lifetime.

        Args:
            token: the API token.
            source: where the login comes from.
            client: what the client calls itself.

        Raises:
            TokenInvalid, TokenRevoked, TokenExpired, AccountDisabled: if it is not in force.
        """
        credentials = validate_arguments(Credentials, secret=token, source=source, client=client)
        return self._services.login.log_in("api-token", credentials)

    def refresh(self, refresh_token: str) -> Grant:
        """Exchange a refresh token, once, for new tokens of the same session.

        Raises:
            TokenInvalid: if it is unknown.
            TokenExpired, TokenRevoked, AccountDisabled: if it is not active.
            RefreshConflict: if it was exchanged a moment ago; use the tokens of that exchange.
            TokenReused: if it was exchanged before; its whole session is ended.
        """
        return self._services.token_exchange.refresh(
            require_type(refresh_token, str, "refresh_token")
        )

    def logout(self, refresh_token: str) -> RevokeResult:
        """End the session of a refresh token, unless it has ended already.

        Raises:
            TokenInvalid: if it is not a refresh token.
        """
        if require_type(refresh_token, str, "refresh_token").startswith(API_PREFIX):
            raise TokenInvalid("This is an API token, not a refresh token.")
        return self._services.revocation.revoke_text(refresh_token)

    def revoke(self, session: str) -> EndedSessions:
        """End a session by its id, or by at least the first eight digits of it.

        Raises:
            InvalidInput: if it is not such an id.
            SessionNotFound: if there is no such session.
        """
        return self._services.session_end.end([require_type(session, str, "session")])

    def revoke_all(self, user: UserReference) -> EndedSessions:
        """End all sessions of a user.

        Raises:
            UserNotFound: if there is no such user.
        """
        return self._services.session_end.end_all(user_reference(user))

    def list(
        self,
        *,
        user: UserReference | None = None,
        state: SessionState | None = "active",
        limit: int = 100,
        after: int | None = None,
    ) -> Page[UserSessionRead]:
        """Return a page of sessions, in the order of their last refresh.

        Args:
            user: the user of the sessions; None for those of all users.
            state: the state; None for all.
            limit: the largest number of sessions.
            after: the ``after`` of the page before.

        Raises:
            InvalidInput: if a value is not accepted.
            UserNotFound: if there is no such user.
        """
        reference = None if user is None else user_reference(user)
        query = validate_arguments(
            SessionQuery, user=reference, state=state, limit=limit, after=after
        )
        return readable_page(self._services.session_list.page, query)
