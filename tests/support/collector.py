"""A collector of OpenTelemetry that listens on this machine and keeps what it gets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from threading import Event, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collector:
    """A collector.

    Attributes:
        status: the status that it answers with.
        answers: how many requests it answers; the others wait as long as it runs.
        redirect: where it redirects to, with a status that says so.
        bodies: the requests that it got.
        headers: the headers of the last request.
    """

    status: int = 200
    answers: float = inf
    redirect: str | None = None
    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    stopped: Event = field(default_factory=Event)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send the traces of a command here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url}

    @property
    def resource(self) -> dict[str, Any]:
        """The attributes of the sender of the last request."""
        return _values(self._requests[-1].resource_spans[0].resource.attributes)

    @property
    def spans(self) -> list[Any]:
        """All spans, in the order in which they ended."""
        return [
            span
            for request in self._requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def run(self) -> Any:
        """The one span that is a run of the command line."""
        [run] = [span for span in self.spans if span.name.startswith("userctl")]
        return run

    @property
    def _requests(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]


def attributes(span: Any) -> dict[str, Any]:
    """Return the attributes of a span."""
    return _values(span.attributes)


def _values(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Run a collector as long as the block."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.headers = dict(self.headers)
            collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            if len(collector.bodies) > collector.answers:
                collector.stopped.wait()
                return
            self.send_response(collector.status)
            if collector.redirect is not None:
                self.send_header("Location", collector.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield collector
        collector.stopped.set()
        server.shutdown()
