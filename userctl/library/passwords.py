"""Passwords, for the library."""

from userctl.container import Services
from userctl.library.inputs import UserReference, require_type, user_reference, validate_arguments
from userctl.library.tracing import trace_methods
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant
from userctl.schemas.users import UserCreated


@trace_methods
class Passwords:
    """The use cases for passwords. Each of them ends all other sessions of the user."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def change(
        self,
        email: str,
        current: str,
        new: str,
        *,
        source: str | None = None,
        client: str | None = None,
    ) -> Grant:
        """Let a user who knows the current password replace it, and start a new session.

        Args:
            email: the e-mail address.
            current: the current password. Attempts are throttled like logins.
            new: the new password.
            source: where the attempt comes from, such as the address of the client.
            client: what the client calls itself.

        Raises:
            InvalidCredentials: if the user is unknown or disabled, or the password is wrong.
            LoginThrottled: if too many logins failed; ``resets_in`` is how long to wait.
            PasswordRejected: if the new password breaks the policy.
        """
        credentials = validate_arguments(
            Credentials,
            identity=require_type(email, str, "email"),
            secret=current,
            new_secret=require_type(new, str, "new"),
            source=source,
            client=client,
        )
        return self._services.login.log_in("password", credentials)

    def set(
        self, user: UserReference, password: str | None, *, must_change: bool = False
    ) -> UserCreated:
        """Set or remove a password, on behalf of an operator.

        Args:
            user: the user.
            password: the new password; None removes it.
            must_change: whether it is valid for one login only, which asks for a new one.

        Raises:
            UserNotFound: if there is no such user.
            InvalidInput: if the password is removed, but must be changed.
            PasswordRejected: if the password breaks the policy.
            LastAdmin: if it is removed, and no admin who can log in would be left.
        """
        if password is not None:
            require_type(password, str, "password")
        return self._services.user_passwords.set_password(
            user_reference(user),
            password,
            must_change=require_type(must_change, bool, "must_change"),
        )

    def generate(self, user: UserReference, *, must_change: bool = True) -> UserCreated:
        """Generate a password, which is returned this once.

        Args:
            user: the user.
            must_change: whether it is valid for one login only, which asks for a new one.

        Raises:
            UserNotFound: if there is no such user.
        """
        return self._services.user_passwords.set_password(
            user_reference(user),
            None,
            generate=True,
            must_change=require_type(must_change, bool, "must_change"),
        )
