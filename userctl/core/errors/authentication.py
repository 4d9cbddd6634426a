"""Why credentials, a session or a token were refused."""

import math
from datetime import timedelta

from userctl.core.errors.base import AuthenticationFailed
from userctl.core.failure_cause import FailureCause, FailureFacts


class InvalidCredentials(AuthenticationFailed):
    """The user is unknown or disabled, or the password is wrong; the message never says which."""

    code = "invalid_credentials"

    def __init__(self, cause: FailureCause | None = None) -> None:
        facts = FailureFacts(cause)
        super().__init__("The e-mail address or the password is wrong.", facts=facts)


class ProofOutdated(InvalidCredentials):
    """The user was changed while its credentials were checked, so they must be checked again."""

    def __init__(self) -> None:
        super().__init__(FailureCause.USER_CHANGED)


class PasswordChangeRequired(AuthenticationFailed):
    """The password is correct, but it must be changed before anything else."""

    code = "password_change_required"
    http_status = 403
    hint = "Log in on a terminal, which asks for a new one, or run 'userctl user passwd'."


class LoginThrottled(AuthenticationFailed):
    """Too many logins to this address failed recently; the message says how long to wait."""

    code = "throttled"
    http_status = 429
    hint = "An operator can end the wait: userctl user unlock USER"

    def __init__(self, resets_in: timedelta, *, bucket: str = "") -> None:
        self.resets_in = resets_in
        # The source that has a window of its own; empty for the window that all others share.
        self.bucket = bucket
        seconds = max(1, math.ceil(resets_in.total_seconds()))
        span = f"{seconds} s" if seconds <= 90 else f"{math.ceil(seconds / 60)} min"
        super().__init__(f"Too many logins to this address failed. Try again in {span}.")


class NotLoggedIn(AuthenticationFailed):
    """No session is stored on this machine."""

    code = "not_logged_in"
    hint = "Run 'userctl login'."


class TokenInvalid(AuthenticationFailed):
    """The text is not a token that this userctl signed or issued."""

    code = "token_invalid"


class TokenExpired(AuthenticationFailed):
    """The token was valid and has expired."""

    code = "token_expired"


class TokenRevoked(AuthenticationFailed):
    """The token or its session was revoked."""

    code = "token_revoked"


class TokenReused(AuthenticationFailed):
    """A refresh token was used a second time, so its session was revoked."""

    code = "token_reused"


class AccountDisabled(AuthenticationFailed):
    """The user of the token is disabled or was deleted."""

    code = "account_disabled"
