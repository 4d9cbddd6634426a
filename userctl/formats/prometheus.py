"""Metrics in the text format of Prometheus."""

from collections.abc import Iterator

from userctl import schemas
from userctl.core.errors import MetricsMissing

try:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
except ModuleNotFoundError:
    raise MetricsMissing("The library for metrics is not installed.") from None


def exposition(metrics: "schemas.Metrics") -> str:
    """Return metrics as text."""
    registry = CollectorRegistry()
    registry.register(_Collector(metrics))
    return generate_latest(registry).decode()


class _Collector:
    """Hands metrics over to the library."""

    def __init__(self, metrics: "schemas.Metrics") -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        found = self._metrics
        accounts = GaugeMetricFamily(
            "userctl_accounts", "Accounts by role and status.", labels=["role", "status"]
        )
        for account in found.accounts:
            accounts.add_metric([account.role, account.status], account.count)
        yield accounts
        yield _by_state("userctl_refresh_tokens", "Refresh tokens by state.", found.refresh_tokens)
        yield _by_state("userctl_api_tokens", "API tokens by state.", found.api_tokens)
        if found.oldest_expired_at is not None:
            yield GaugeMetricFamily(
                "userctl_oldest_expired_token_timestamp_seconds",
                "When the refresh token expired that did so first.",
                found.oldest_expired_at.timestamp(),
            )
        yield CounterMetricFamily(
            "userctl_login_failures", "Failed logins that were recorded.", found.login_failures
        )
        if found.last_purge is not None:
            yield from _purge(found.last_purge)


def _by_state(name: str, about: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family


def _purge(purge: "schemas.LastPurge") -> Iterator[Metric]:
    prefix = "userctl_last_purge"
    yield GaugeMetricFamily(
        f"{prefix}_timestamp_seconds", "When the last purge ended.", purge.time.timestamp()
    )
    yield GaugeMetricFamily(
        f"{prefix}_deleted_tokens", "How many tokens the last purge deleted.", purge.deleted
    )
    yield GaugeMetricFamily(
        f"{prefix}_remaining_tokens", "How many tokens the last purge left.", purge.remaining
    )
    outcome = GaugeMetricFamily(
        f"{prefix}_outcome", "How the last purge ended: finished, or why not.", labels=["outcome"]
    )
    outcome.add_metric([purge.outcome], 1)
    yield outcome
