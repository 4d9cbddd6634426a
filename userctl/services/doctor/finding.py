"""What a check finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """How something stands, what to do about it, and how that is done if it can be here."""

    status: Status
    message: str
    advice: str | None = None
    correct: Callable[[], object] | None = None


Check = Callable[[], Iterable[Finding]]


def ok(message: str) -> Finding:
    """Return that all is well."""
    return Finding("ok", message)
