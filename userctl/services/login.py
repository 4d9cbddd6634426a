"""Logging in: an authentication and the session that it starts."""

from userctl.services.authentication import Authenticator, EmailPassword
from userctl.services.tokens import Grant, TokenService


class LoginService:
    """The use cases that start a session, one for each way to prove who one is."""

    def __init__(self, passwords: Authenticator[EmailPassword], *, tokens: TokenService) -> None:
        self._passwords = passwords
        self._tokens = tokens

    def with_password(self, email: str, password: str) -> Grant:
        """Start a session for the owner of an address and a password.

        Raises:
            InvalidCredentials: if they do not match an active account.
        """
        return self._tokens.login(self._passwords.authenticate(EmailPassword(email, password)))
