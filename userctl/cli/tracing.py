"""One span for a run of the command line, sent to the collector that the environment names.

If anything fails here, the command continues as if there were no collector.
"""

import logging
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import userctl
from userctl.cli.command_table import COMMANDS, Noun
from userctl.core.tracing import trace_fields

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.trace import Tracer


PROGRAM = "userctl"

PROTOCOL = "http/protobuf"

LONGEST_SECONDS = 0.8
"""How much longer a run may take because of its trace."""

SHORTEST_WAIT_SECONDS = 0.3
"""How long a run waits for the collector, however long OpenTelemetry took to load."""

_CREDENTIALS = (
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
)

_LIBRARIES = ("opentelemetry", "urllib3", "requests")


class RunTrace:
    """The span of a run of the command line, which is the current one until it ends.

    Args:
        argv: the arguments; the span holds only the name of the command.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        self._tracer: Tracer | None = None
        self._seconds_left = LONGEST_SECONDS
        self._problem = ""
        self._failures = _LoggedFailures()
        self._was_refused = False
        self._outcome_known = Event()
        self._stack = ExitStack()
        if requested_protocol(os.environ) != PROTOCOL:
            self._problem = f"no trace: the protocol is not {PROTOCOL}, the only one supported"
            return
        began = time.monotonic()
        try:
            self._begin(command_name(argv))
        except ModuleNotFoundError:
            self._problem = "no trace: the extra otel is not installed"
        except Exception as error:  # noqa: BLE001
            # Its message may hold the address of the collector, with a password in it.
            self._problem = f"no trace: OpenTelemetry failed ({type(error).__name__})"
        self._seconds_left -= time.monotonic() - began

    def _begin(self, name: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.trace import use_span

        # The thread that sends must import nothing: a signal that interrupts an import of the main
        # thread may leave it Python's import lock. 'requests' would import this while sending.
        import netrc  # noqa: F401

        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(session=self._session())
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("userctl", userctl.__version__)
        self._span = self._tracer.start_span(name, parent_span(os.environ))
        self._stack.enter_context(
            use_span(self._span, record_exception=False, set_status_on_exception=False)
        )

    def _session(self) -> Any:
        """Return the HTTP session; it follows no redirect, because headers may hold a key.

        None lets OpenTelemetry choose, where the environment names a provider of credentials.
        """
        if any(os.environ.get(name) for name in _CREDENTIALS):
            return None
        import requests

        session: Any = requests.Session()
        session.max_redirects = 0
        send = session.send

        def send_once(*request: Any, **options: Any) -> Any:
            answered = False
            try:
                response = send(*request, **options)
                answered = response.ok and not response.is_redirect
            finally:
                if not answered:
                    self._was_refused = True
                    # OpenTelemetry would try again after a second, which is too late.
                    self._outcome_known.set()
            return response

        session.send = send_once
        return session

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields by which each line of the log identifies the trace."""
        return trace_fields()

    def trace_statements(self, spans: "Callable[[Tracer], AbstractContextManager[None]]") -> None:
        """Make each SQL statement a span from now on.

        Args:
            spans: makes the spans with a tracer, within a block.
        """
        if self._tracer is not None:
            self._stack.enter_context(spans(self._tracer))

    def end(self, exit_code: int, error_code: str | None) -> str:
        """End the span, send the rest of the trace, and return whether that worked, as text.

        Args:
            exit_code: the exit code of the run.
            error_code: the code of the error that it ended with, if any.
        """
        with self._stack:
            if self._tracer is None:
                return self._problem
            if not self._span.is_recording():
                return "no trace: the run is not sampled"
            from opentelemetry.trace import StatusCode

            self._span.set_attribute("process.exit.code", exit_code)
            if error_code is not None:
                self._span.set_attribute("error.type", error_code)
            if exit_code:
                self._span.set_status(StatusCode.ERROR)
            self._span.end()
            self._outcome_known.clear()
            # What failed so far may be about a variable; a refusal is remembered separately.
            self._failures.any_logged = False
            # A daemon thread delays no exit, however slow the collector or the name resolution is.
            Thread(target=self._send, daemon=True).start()
            if not self._outcome_known.wait(max(self._seconds_left, SHORTEST_WAIT_SECONDS)):
                return "the trace was not sent: the collector does not answer"
            if self._was_refused or self._failures.any_logged:
                return "the trace was not sent: the collector is unreachable or refused it"
            return "the trace was sent"

    def _send(self) -> None:
        with suppress(Exception):
            self._provider.shutdown()
        self._outcome_known.set()


class _LoggedFailures(logging.Handler):
    """Notices from logs that sending failed. Messages may hold secrets, so none is passed on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.any_logged = False
        for name in _LIBRARIES:
            library = logging.getLogger(name)
            library.propagate = False
            library.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Remember that something failed."""
        del record
        self.any_logged = True


def requested_protocol(environ: Mapping[str, str]) -> str:
    """Return the protocol with which the environment wants traces sent."""
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    return next(filter(None, (environ.get(name, "").strip() for name in names)), PROTOCOL)


def command_name(argv: Sequence[str]) -> str:
    """Return the name of the command that is run, and nothing else that was typed."""
    names = [PROGRAM]
    row = COMMANDS.get(argv[0]) if argv else None
    if row is not None:
        names.append(argv[0])
    if isinstance(row, Noun) and argv[1:2] and argv[1] in row.verbs:
        names.append(argv[1])
    return " ".join(names)


def parent_span(environ: Mapping[str, str]) -> "Context":
    """Return the context of the span that an environment names; malformed variables name none."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    names = ("traceparent", "tracestate")
    carrier = {name: environ.get(name.upper(), "") for name in names}
    return TraceContextTextMapPropagator().extract(carrier)


def _resource() -> "Resource":
    """Return the sender of the span. Detectors of processes would add the arguments."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.version import __version__ as sdk_version

    program = {
        "service.name": PROGRAM,
        "service.version": userctl.__version__,
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": sdk_version,
    }
    return Resource(program).merge(OTELResourceDetector().detect())
