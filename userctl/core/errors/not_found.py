"""Records that do not exist."""

from collections.abc import Sequence

from userctl.core.errors.base import NotFound


class UserNotFound(NotFound):
    """No user has this id or e-mail address."""

    code = "user_not_found"


class UsersNotFound(UserNotFound):
    """Some of several users do not exist; the message names all of them."""

    hint = "Correct these, or pass --keep-going to change the others."

    def __init__(self, lines: Sequence[str], total: int = 0) -> None:
        # Each names an unknown user, with its line in a file and a similar address.
        self.lines = lines
        verb = "does" if len(lines) == 1 else "do"
        self.summary = f"{len(lines)} of {total} users {verb} not exist; nothing was changed"
        super().__init__(f"{self.summary}: {'; '.join(lines)}")


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
