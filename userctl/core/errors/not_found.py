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


class EventNotFound(NotFound):
    """The audit trail has no event with this id."""

    code = "event_not_found"


class SessionNotFound(NotFound):
    """No session has this id, or it ended so long ago that a purge deleted it."""

    code = "session_not_found"
