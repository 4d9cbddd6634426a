"""The findings of checks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """The result of a check, the advice, and how to fix it if that is possible.

    Attributes:
        status: the severity.
        message: what is wrong.
        advice: what to do.
        fix: fixes the problem, and returns what it did, as in ``Removed /x/y.``
    """

    status: Status
    message: str
    advice: str | None = None
    fix: Callable[[], str] | None = None


def ok(message: str) -> Finding:
    """Return a finding without a problem."""
    return Finding("ok", message)
