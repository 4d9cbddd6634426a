"""The base of all errors, and the kinds of failure: each kind has one exit code."""

import copyreg
from collections.abc import Iterator
from typing import Any

from userctl.core.failure_cause import FailureFacts


class UserctlError(Exception):
    """The command failed in a way that userctl foresees."""

    code = "error"
    # The status of a response to a request that fails with it (RFC 9110, section 15).
    http_status = 500
    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint
        # A traceback shows the hint as well.
        if self.hint is not None:
            self.add_note(self.hint)

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle the error as it is: the constructor of a subclass may take other arguments.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class InvalidInput(UserctlError):
    """An argument, an option or other input is invalid, and nothing was changed."""

    code = "invalid_input"
    http_status = 422


class NotFound(UserctlError):
    """The requested record does not exist."""

    code = "not_found"
    http_status = 404


class AuthenticationFailed(UserctlError):
    """The credentials or the token do not prove who is asking."""

    code = "authentication_failed"
    http_status = 401

    def __init__(
        self, message: str, *, hint: str | None = None, facts: FailureFacts | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        # They are for the audit trail alone; no message shows any of them.
        self.facts = facts or FailureFacts()


class Conflict(UserctlError):
    """The state of the database or a safety check does not allow the change."""

    code = "conflict"
    http_status = 409


class DatabaseNotReady(UserctlError):
    """The database cannot serve the command in its current state."""

    code = "database_error"
    http_status = 503


class InputOutputFailed(UserctlError):
    """A file, a disk or a stream failed."""

    code = "io_error"


def error_classes(base: type[UserctlError] = UserctlError) -> Iterator[type[UserctlError]]:
    """Yield an error class and everything derived from it, each before its subclasses.

    A subclass without a ``code`` of its own is a special case that callers outside never see.
    """
    yield base
    for derived in base.__subclasses__():
        yield from error_classes(derived)
