"""What a check finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """The result of a check, the advice, and how to fix it if that is possible.

    Attributes:
        status: how bad it is.
        message: what is wrong with which thing.
        advice: what to do.
        fix: fixes it, and returns what it changed, as in ``Removed /x/y.``
    """

    status: Status
    message: str
    advice: str | None = None
    fix: Callable[[], str] | None = None


def ok(message: str) -> Finding:
    """Return a finding without a problem."""
    return Finding("ok", message)
