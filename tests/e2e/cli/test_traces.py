"""Runs that something ends keep their exit codes, and their spans are sent."""

import os
import signal
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace

import pytest

from tests.support.cli import PASSWORD, Userctl
from tests.support.collector import attributes, running_collector
from tests.support.marks import soak_only

PATIENT = (
    "from userctl import __main__; from userctl.cli import tracing; "
    "tracing.SHORTEST_WAIT_SECONDS = 20; __main__.main()"
)
"""Runs userctl so that it waits for a collector that is slow because the machine is busy."""


@pytest.fixture
def patient(local: Userctl) -> Userctl:
    return replace(local, program=(sys.executable, "-c", PATIENT))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), soak_only(signal.SIGINT, 130)])
def test_a_signal_ends_a_run_and_its_span_is_sent(
    patient: Userctl, number: signal.Signals, code: int
) -> None:
    fifo = patient.home / "password"
    os.mkfifo(fifo)
    with (
        running_collector() as collector,
        closing(sqlite3.connect(patient.database_file)) as holder,
    ):
        holder.execute("BEGIN IMMEDIATE")
        patient.extra |= collector.environment
        process = patient.start("user", "create", "ada@example.com", "--password-file", str(fifo))
        # Opening a FIFO waits for its reader, so the command has begun when this returns.
        fifo.write_text(PASSWORD)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (code, b"")
        assert attributes(collector.run) == {"process.exit.code": code}
        assert collector.run.name == "userctl user create"


@pytest.mark.parametrize("compression", ["none", soak_only("gzip"), soak_only("deflate")])
def test_a_signal_that_interrupted_an_import_does_not_keep_the_span_from_being_sent(
    local: Userctl, compression: str
) -> None:
    """Python may then leave the lock of imports to the main thread until the process ends."""
    interrupted = (sys.executable, "-c", f"import _imp; _imp.acquire_lock(); {PATIENT}")
    with running_collector() as collector:
        # A name is looked up, which an address is not.
        url = collector.url.replace("127.0.0.1", "localhost")
        traces = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
        }
        userctl = replace(local, program=interrupted, extra=local.extra | traces)
        assert userctl.spawn("user", "list").code == 0
        assert len(collector.bodies) == 1


@pytest.mark.soak
def test_a_reader_that_leaves_ends_a_run_and_its_span_is_sent(patient: Userctl) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with running_collector() as collector:
        patient.extra |= collector.environment
        assert patient.spawn("user", "list", "-o", "json", stdout=writer).code == 141
        assert attributes(collector.run) == {"process.exit.code": 141}
    os.close(writer)


@pytest.mark.soak
def test_without_the_extra_a_run_goes_on_and_the_log_names_it(local: Userctl) -> None:
    folder = local.home / "modules"
    folder.mkdir()
    (folder / "opentelemetry.py").write_text("raise ModuleNotFoundError")
    local.extra |= {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "PYTHONPATH": str(folder)}
    assert local.spawn("user", "list").err == ""
    done = local.spawn("user", "list", "-v")
    assert done.code == 0
    assert done.err.splitlines()[-1].endswith("no trace: the extra otel is not installed")
