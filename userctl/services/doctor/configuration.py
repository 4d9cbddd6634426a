"""Checks of the settings."""

import os
from collections.abc import Iterable
from importlib.util import find_spec

from userctl.core.tracing import wants_trace
from userctl.services.doctor.finding import Finding, ok
from userctl.services.doctor.installation import Installation

_TRACING = ("opentelemetry", "requests")
"""Two of the packages that the extra otel installs."""


def settings(installation: Installation) -> Iterable[Finding]:
    """Check that every setting can be read, wherever it is set."""
    return [
        Finding("failure", problem.message, problem.hint or "Correct it there.")
        for problem in installation.problems
    ] or [ok("All settings can be read.")]


def traces(_installation: Installation) -> Iterable[Finding]:
    """Check that traces can be sent where the environment wants them."""
    if wants_trace(os.environ) and any(find_spec(name) is None for name in _TRACING):
        return [
            Finding(
                "warning",
                "The environment names a trace collector, but the extra otel is not installed.",
                "Install it, or unset OTEL_EXPORTER_OTLP_ENDPOINT.",
            )
        ]
    return [ok("Traces can be sent, or are not configured.")]
