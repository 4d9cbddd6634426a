"""The wrapper of each call of the library, which makes a span and keeps forks out."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from userctl.core.tracing import is_traced, span
from userctl.db.pool import calls

T = TypeVar("T")


def trace_methods(group: type[T]) -> type[T]:
    """Make every call of a class a child span, such as ``accounts.sessions.refresh``."""
    for name, method in list(vars(group).items()):
        if callable(method) and not name.startswith("_"):
            setattr(group, name, _wrap_in_span(method, f"accounts.{group.__name__.lower()}.{name}"))
    return group


def _wrap_in_span(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **values: Any) -> Any:
        with calls:
            # Entering a block that makes no span takes a tenth of the time of a verification.
            if not is_traced():
                return method(*args, **values)
            with span(name):
                return method(*args, **values)

    return call
