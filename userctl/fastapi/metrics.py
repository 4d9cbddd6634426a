"""Counters and histograms of requests, in the text format of Prometheus."""

import os
from pathlib import Path

from userctl.core.errors import MetricsMissing
from userctl.fastapi.workers import Workers

try:
    from prometheus_client import (
        CONTENT_TYPE_LATEST,
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        generate_latest,
    )
    from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
except ModuleNotFoundError:
    raise MetricsMissing("The prometheus-client library is not installed.") from None


class RequestMetrics:
    """The metrics of a router. With several processes, prometheus-client adds them up.

    Args:
        workers: the threads, whose waiting requests are counted.
    """

    CONTENT_TYPE = CONTENT_TYPE_LATEST

    def __init__(self, workers: Workers) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "userctl_http_requests_total",
            "Requests by method, path and status.",
            ("method", "path", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "userctl_http_request_duration_seconds",
            "How long requests took.",
            ("method", "path"),
            registry=self._registry,
        )
        self._logins = Counter(
            "userctl_http_logins_total",
            "Logins by outcome: success, or the code of the error.",
            ("outcome",),
            registry=self._registry,
        )
        waiting = Gauge(
            "userctl_http_hashes_waiting",
            "Requests that wait until they may hash a password.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        # Other processes see a value only once it was set.
        workers.report_waiting = waiting.set

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request by the template of its path, which takes few values."""
        self._requests.labels(method, path, status).inc()
        self._seconds.labels(method, path).observe(seconds)

    def count_login(self, outcome: str) -> None:
        """Count a login."""
        self._logins.labels(outcome).inc()

    def exposition(self) -> bytes:
        """Return the metrics; those of all processes if the environment names their folder."""
        registry = self._registry
        if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            _forget_dead_processes(Path(folder))
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _forget_dead_processes(folder: Path) -> None:
    """Drop the last gauges of killed processes; their counters stay in the sums."""
    for file in folder.glob("gauge_live*.db"):
        process = file.stem.rpartition("_")[2]
        if process.isdecimal() and not _is_alive(int(process)):
            mark_process_dead(int(process), str(folder))  # type: ignore[no-untyped-call]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
