"""Metrics in the Prometheus text format."""

from collections.abc import Iterator

from userctl.core.errors import MetricsMissing
from userctl.schemas.metrics import LastPurge, Metrics

try:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
except ModuleNotFoundError:
    raise MetricsMissing("The prometheus-client library is not installed.") from None


def exposition(metrics: Metrics) -> str:
    """Return the metrics in the Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(metrics))
    return generate_latest(registry).decode()


class _Collector:
    """A collector, as the library expects one."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        found = self._metrics
        accounts = GaugeMetricFamily(
            "userctl_accounts", "Users by role and status.", labels=["role", "status"]
        )
        for account in found.accounts:
            accounts.add_metric([account.role, account.status], account.count)
        yield accounts
        yield _by_state("userctl_refresh_tokens", "Refresh tokens by state.", found.refresh_tokens)
        yield _by_state("userctl_api_tokens", "API tokens by state.", found.api_tokens)
        if found.oldest_expired_at is not None:
            yield GaugeMetricFamily(
                "userctl_oldest_expired_token_timestamp_seconds",
                "When the oldest expired refresh token expired.",
                found.oldest_expired_at.timestamp(),
            )
        yield CounterMetricFamily(
            "userctl_login_failures", "Recorded login failures.", found.login_failures
        )
        if found.last_purge is not None:
            yield from _purge(found.last_purge)


def _by_state(name: str, about: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family


def _purge(purge: LastPurge) -> Iterator[Metric]:
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
