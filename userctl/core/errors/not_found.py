"""What does not exist."""

from userctl.core.errors.base import NotFound


class UserNotFound(NotFound):
    """No user has this id or e-mail address."""

    code = "user_not_found"


class TokenNotFound(NotFound):
    """No token has this id."""

    code = "token_not_found"


class KeyNotFound(NotFound):
    """No signing key has this id."""

    code = "key_not_found"
