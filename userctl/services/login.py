"""Logging in: an authentication and the session that it starts."""

from collections.abc import Callable

from userctl.errors import ProofOutdated
from userctl.schemas import Credentials
from userctl.services.authentication import Authenticator
from userctl.services.tokens import Grant, TokenService


class LoginService:
    """Starts sessions, whatever way somebody proves who they are.

    Args:
        authenticator: returns a method by its name.
        tokens: hands out the tokens.
    """

    def __init__(
        self, authenticator: Callable[[str], Authenticator], *, tokens: TokenService
    ) -> None:
        self._authenticator = authenticator
        self._tokens = tokens

    def log_in(self, method: str, credentials: Credentials) -> Grant:
        """Start a session for whoever credentials belong to.

        Raises:
            InvalidInput: if there is no such method.
            AuthenticationFailed: if they prove nothing.
        """
        authenticator = self._authenticator(method)
        try:
            return self._tokens.login(authenticator.authenticate(credentials))
        except ProofOutdated:
            # Another login may just have given the same password a better hash.
            return self._tokens.login(authenticator.authenticate(credentials))
