"""Spans of an application, as userctl sees and adds to them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.support.spans import spans_of_an_application
from userctl.core.errors import UserExists
from userctl.core.tracing import current_trace_id, span

WITHOUT_OPENTELEMETRY = """
import sys
from userctl.core.tracing import current_trace_id, span
with span("work"):
    assert current_trace_id() is None
assert not any(name.startswith("opentelemetry") for name in sys.modules)
"""


@pytest.fixture
def finished_spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    with spans_of_an_application(monkeypatch) as exporter:
        yield exporter


def test_a_span_is_a_child_of_the_applications(finished_spans: InMemorySpanExporter) -> None:
    with trace.get_tracer("app").start_as_current_span("request") as request:
        assert current_trace_id() == f"{request.get_span_context().trace_id:032x}"
        with span("work"):
            pass
    work, request = finished_spans.get_finished_spans()
    assert (work.name, work.parent) == ("work", request.context)
    assert work.status.is_ok


def test_without_a_span_around_it_there_is_none(finished_spans: InMemorySpanExporter) -> None:
    with span("work"):
        assert current_trace_id() is None
    assert finished_spans.get_finished_spans() == ()


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (UserExists("ada@example.com already exists."), "user_exists"),
        (KeyError("ada@example.com"), "KeyError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_an_error_is_named_and_its_message_is_not_recorded(
    finished_spans: InMemorySpanExporter, error: BaseException, named: str
) -> None:
    with (
        trace.get_tracer("app").start_as_current_span("request"),
        pytest.raises(type(error)),
        span("work"),
    ):
        raise error
    work, _ = finished_spans.get_finished_spans()
    assert work.attributes == {"error.type": named}
    assert not work.status.is_ok
    assert "ada@" not in work.to_json()


def test_opentelemetry_is_not_imported_for_an_application_that_does_not_use_it() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_OPENTELEMETRY], check=True)
