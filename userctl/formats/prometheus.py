"""Metrics in the Prometheus text format."""

from collections.abc import Iterator, Sequence

from userctl.core.errors import MetricsMissing
from userctl.schemas.metrics import CommandRun, LastPurge, Metrics

try:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
except ModuleNotFoundError:
    raise MetricsMissing("The prometheus-client library is not installed.") from None


def exposition(metrics: Metrics | None, runs: Sequence[CommandRun]) -> str:
    """Return the metrics in the Prometheus text format.

    Args:
        metrics: those of the database; None if it could not be read.
        runs: the last runs of scheduled commands.
    """
    registry = CollectorRegistry()
    registry.register(_Collector(metrics, runs))
    return generate_latest(registry).decode()


class _Collector:
    """A collector, as the library expects one."""

    def __init__(self, metrics: Metrics | None, runs: Sequence[CommandRun]) -> None:
        self._metrics = metrics
        self._runs = runs

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        yield GaugeMetricFamily(
            "userctl_up", "Whether the database could be read: 1 or 0.", bool(self._metrics)
        )
        yield from _command_metrics(self._runs)
        if self._metrics is not None:
            yield from _database_metrics(self._metrics)


def _command_metrics(runs: Sequence[CommandRun]) -> Iterator[Metric]:
    prefix, labels = "userctl_command_last_run", ["command"]
    end_time = GaugeMetricFamily(
        f"{prefix}_timestamp_seconds",
        "When the last run of a scheduled command ended.",
        labels=labels,
    )
    code = GaugeMetricFamily(f"{prefix}_exit_code", "The exit code of that run.", labels=labels)
    duration = GaugeMetricFamily(
        f"{prefix}_duration_seconds", "How long that run took.", labels=labels
    )
    for run in runs:
        end_time.add_metric([run.command], run.ended_at.timestamp())
        code.add_metric([run.command], run.exit_code)
        duration.add_metric([run.command], run.seconds)
    if runs:
        yield from (end_time, code, duration)


def _database_metrics(metrics: Metrics) -> Iterator[Metric]:
    accounts = GaugeMetricFamily(
        "userctl_accounts", "Users by role and status.", labels=["role", "status"]
    )
    for account in metrics.accounts:
        accounts.add_metric([account.role, account.status], account.count)
    yield accounts
    schemes = GaugeMetricFamily(
        "userctl_passwords", "Users with a password, by the scheme of its hash.", labels=["scheme"]
    )
    for scheme in metrics.password_schemes:
        schemes.add_metric([scheme.scheme], scheme.count)
    yield schemes
    yield _state_metric(
        "userctl_refresh_tokens", "Refresh tokens by state.", metrics.refresh_tokens
    )
    yield _state_metric("userctl_api_tokens", "API tokens by state.", metrics.api_tokens)
    if metrics.oldest_expired_at is not None:
        yield GaugeMetricFamily(
            "userctl_oldest_expired_token_timestamp_seconds",
            "When the oldest expired refresh token expired.",
            metrics.oldest_expired_at.timestamp(),
        )
    yield CounterMetricFamily(
        "userctl_login_failures", "Recorded login failures.", metrics.login_failures
    )
    if metrics.last_purge is not None:
        yield from _purge_metrics(metrics.last_purge)


def _state_metric(name: str, about: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family


def _purge_metrics(purge: LastPurge) -> Iterator[Metric]:
    prefix = "userctl_last_purge"
    yield GaugeMetricFamily(
        f"{prefix}_timestamp_seconds", "When the last purge ended.", purge.time.timestamp()
    )
    yield GaugeMetricFamily(
        f"{prefix}_deleted_tokens", "Tokens deleted by the last purge.", purge.deleted
    )
    yield GaugeMetricFamily(
        f"{prefix}_remaining_tokens", "Tokens left by the last purge.", purge.remaining
    )
    outcome = GaugeMetricFamily(
        f"{prefix}_outcome",
        "How the last purge ended: finished, or the reason it stopped.",
        labels=["outcome"],
    )
    outcome.add_metric([purge.outcome], 1)
    yield outcome
