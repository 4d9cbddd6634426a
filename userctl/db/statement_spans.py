"""A span of OpenTelemetry for each SQL statement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode, Tracer
from sqlalchemy import Connection, Engine, ExceptionContext, event

LONGEST_STATEMENT = 4096
"""How much of a statement is sent; one that inserts many rows repeats itself."""


class StatementSpans:
    """Spans with the text of statements, without their values.

    The error messages of the driver are left out, because they may quote a value.
    """

    @contextmanager
    def record_with(self, tracer: Tracer) -> Iterator[None]:
        """Make each statement within the block a child of the current span."""

        def begin(connection: Connection, _cursor: Any, text: str, *context: Any) -> None:
            context[1].userctl_span = tracer.start_span(
                text.split(maxsplit=1)[0].upper(),
                kind=SpanKind.CLIENT,
                attributes={
                    "db.system.name": connection.dialect.name,
                    "db.query.text": text[:LONGEST_STATEMENT],
                },
            )

        def end(_connection: Connection, _cursor: Any, _text: str, *context: Any) -> None:
            context[1].userctl_span.end()

        def fail(failure: ExceptionContext) -> None:
            span = getattr(failure.execution_context, "userctl_span", None)
            if span is not None:
                span.set_attribute("error.type", type(failure.original_exception).__name__)
                span.set_status(StatusCode.ERROR)
                span.end()

        listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": begin,
            "after_cursor_execute": end,
            "handle_error": fail,
        }
        for name, listener in listeners.items():
            event.listen(Engine, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners.items():
                event.remove(Engine, name, listener)
