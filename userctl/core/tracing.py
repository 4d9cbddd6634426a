"""Spans of OpenTelemetry, if the process uses it.

This module never imports OpenTelemetry first: if no other module did, there is no span.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from userctl.core.errors import UserctlError

if TYPE_CHECKING:
    from opentelemetry.trace import Span

COLLECTORS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""The variables that name where traces are sent to."""

_API = "opentelemetry.trace"


def wants_trace(environ: Mapping[str, str]) -> bool:
    """Tell whether an environment names a collector, and wants traces sent there."""
    if not any(environ.get(name) for name in COLLECTORS):
        return False
    exporters = environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    disabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not disabled and "otlp" in (name.strip() for name in exporters.split(","))


def is_traced() -> bool:
    """Tell whether there is a current span."""
    return _current_span() is not None


def current_trace_id() -> str | None:
    """Return the id of the current trace, 32 hexadecimal digits; None outside of one."""
    span = _current_span()
    return None if span is None else f"{span.get_span_context().trace_id:032x}"


def trace_fields() -> dict[str, str]:
    """Return the fields that name the current trace in audit events and log lines."""
    trace_id = current_trace_id()
    return {} if trace_id is None else {"trace_id": trace_id}


@contextmanager
def span(name: str) -> Iterator[None]:
    """Make the block a child of the current span, if there is one.

    An error that leaves the block is named by its code. Its message is not recorded, because it
    may name an address.

    Args:
        name: what is done, such as ``accounts.sessions.login``; never anything that was typed.
    """
    if _current_span() is None:
        yield
        return
    from opentelemetry import trace

    tracer = trace.get_tracer("userctl")
    with tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as child:
        try:
            yield
        except BaseException as error:
            child.set_attribute("error.type", error_type(error))
            child.set_status(trace.StatusCode.ERROR)
            raise


def error_type(error: BaseException) -> str:
    """Return the type of an error for a span: its code, or the name of its class."""
    return error.code if isinstance(error, UserctlError) else type(error).__name__


def _current_span() -> "Span | None":
    if _API not in sys.modules:
        return None
    from opentelemetry import trace

    current = trace.get_current_span()
    return current if current.get_span_context().is_valid else None
