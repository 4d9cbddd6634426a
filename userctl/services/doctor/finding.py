"""What a check finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """The result of a check, the advice, and a function that fixes it if that is possible."""

    status: Status
    message: str
    advice: str | None = None
    fix: Callable[[], object] | None = None


def ok(message: str) -> Finding:
    """Return a finding without a problem."""
    return Finding("ok", message)
