"""Runs that something ends keep their exit codes, and their spans are sent."""

import os
import signal
import sqlite3
from contextlib import closing

import pytest

from tests.support.cli import PASSWORD, Userctl
from tests.support.collector import attributes, running_collector
from tests.support.marks import thorough


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), thorough(signal.SIGINT, 130)])
def test_a_signal_ends_a_run_and_its_span_is_sent(
    local: Userctl, number: signal.Signals, code: int
) -> None:
    fifo = local.home / "password"
    os.mkfifo(fifo)
    with (
        running_collector() as collector,
        closing(sqlite3.connect(local.database_file)) as holder,
    ):
        holder.execute("BEGIN IMMEDIATE")
        local.extra |= collector.environment
        process = local.start("user", "create", "ada@example.com", "--password-file", str(fifo))
        # Opening a FIFO waits for its reader, so the command has begun when this returns.
        fifo.write_text(PASSWORD)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (code, b"")
        assert attributes(collector.run) == {"process.exit.code": code}
        assert collector.run.name == "userctl user create"


@pytest.mark.soak
def test_a_reader_that_leaves_ends_a_run_and_its_span_is_sent(local: Userctl) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with running_collector() as collector:
        local.extra |= collector.environment
        assert local.spawn("user", "list", "-o", "json", stdout=writer).code == 141
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
