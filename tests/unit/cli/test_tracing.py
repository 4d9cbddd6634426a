"""What the span of a run is called, and which span of the environment is its parent."""

import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.trace import get_current_span

from userctl.cli.tracing import command_name, parent_span

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"

RUN = """
import os, sys
from userctl.cli.app import run
for variables in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}):
    os.environ |= variables
    run(["health"])
found = [name for name in sys.modules if name.startswith(("opentelemetry", "requests"))]
print(*found, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("user create ada@example.com", "userctl user create"),
        ("health -o json", "userctl health"),
        ("user hunter2", "userctl user"),
        ("hunter2 create", "userctl"),
        ("--version", "userctl"),
        ("user -h create", "userctl user"),
        ("", "userctl"),
    ],
)
def test_a_span_is_named_after_the_command_and_nothing_else(arguments: str, name: str) -> None:
    assert command_name(arguments.split()) == name


def test_the_environment_names_the_parent_of_a_span() -> None:
    environ = {"TRACEPARENT": f"00-{TRACE}-{PARENT}-01", "TRACESTATE": "vendor=1"}
    parent = get_current_span(parent_span(environ)).get_span_context()
    assert (f"{parent.trace_id:032x}", f"{parent.span_id:016x}") == (TRACE, PARENT)
    assert parent.trace_state["vendor"] == "1"


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "hunter2",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE.upper()}-{PARENT}-01\n",
        "\udcff\x1b[31m" * 50,
        "0" * 100_000,
    ],
)
def test_a_malformed_parent_is_none(parent: str) -> None:
    environ = {"TRACEPARENT": parent, "TRACESTATE": "=,;\udcff" * 1000}
    assert not get_current_span(parent_span(environ)).get_span_context().is_valid


def test_without_a_collector_nothing_of_opentelemetry_is_imported(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("unhealthy") == 2
    assert done.stderr.splitlines()[-1] == ""
