"""How long a service takes to tell its health beside 200 logins at once.

It is measured from this process in turn beside nothing, beside as many processes as there are
cores, which only count, and beside logins that another process sends:

    .venv/bin/python benchmarks/health.py

Beside logins it may take 100 ms longer than beside those who count: that is what the cores explain.
"""

import argparse
import asyncio
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing.process import BaseProcess
from pathlib import Path

import library
import served
from bench import Bench

LOGINS, SECONDS, PAUSE = 200, 5, 0.01
AT_MOST = 100.0
"""In milliseconds."""

FORKS = multiprocessing.get_context("fork")


class Connection(HTTPConnection):
    """A connection to a socket in the file system, as a monitor opens one for each request."""

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def ask(server: served.Server) -> float:
    """Return how many milliseconds the answer takes."""
    start = time.perf_counter()
    connection = Connection(server.path)
    connection.request("GET", "/health", headers={"Host": "localhost"})
    answer = connection.getresponse()
    assert b'"healthy"' in answer.read()
    connection.close()
    return (time.perf_counter() - start) * 1000


def ask_while(server: served.Server, condition: Callable[[], bool]) -> list[float]:
    """Ask again and again."""
    times = []
    while condition():
        times.append(ask(server))
        time.sleep(PAUSE)
    return times


def for_seconds(server: served.Server) -> list[float]:
    """Ask for a while."""
    end = time.monotonic() + SECONDS
    return ask_while(server, lambda: time.monotonic() < end)


def beside_counting(server: served.Server) -> list[float]:
    """Ask while all cores count."""
    with started(*[_count] * (os.cpu_count() or 1)):
        return for_seconds(server)


def beside_logins(server: served.Server) -> list[float]:
    """Ask while all the logins, sent at once, are answered."""
    request = served.login_request("/auth/token")
    asyncio.run(server.ask(request, 1, 1))
    with started(lambda: asyncio.run(server.ask(request, LOGINS, 1))) as [logins]:
        times = ask_while(server, logins.is_alive)
    assert logins.exitcode == 0, "A login was refused."
    return times


@contextmanager
def started(*works: Callable[[], object]) -> Iterator[list[BaseProcess]]:
    """Let processes work meanwhile."""
    processes: list[BaseProcess] = [FORKS.Process(target=work) for work in works]
    for process in processes:
        process.start()
    yield processes
    for process in processes:
        process.terminate()
        process.join()


def _count() -> None:
    while True:
        pass


STATES = {"nothing": for_seconds, "busy cores": beside_counting, "logins": beside_logins}


def main() -> int:
    """Print the table; return 1 if logins delay the health for longer than they may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    missed = False
    print(f"{'beside':<26} {'asked':>6} {'median ms':>10} {'p95 ms':>8} {'max ms':>8}")
    with (
        tempfile.TemporaryDirectory(prefix="uctl-") as folder,
        Bench(Path(folder), 1).running() as bench,
    ):
        for dialect, database in (("SQLite", library.sqlite), ("PostgreSQL", library.postgresql)):
            server = served.Server(bench, sys.executable, "userctl_app", database(bench))
            times: dict[str, list[float]] = {state: [] for state in STATES}
            asyncio.run(server.connect())
            for _ in range(rounds):
                for state, measured in STATES.items():
                    times[state] += measured(server)
            found = {state: _figures(each) for state, each in times.items()}
            for state, figures in found.items():
                _print(f"{dialect}, {state}", len(times[state]), figures)
            behind = [a - b for a, b in zip(found["logins"], found["busy cores"], strict=True)]
            late = max(behind[:2]) > AT_MOST
            _print(f"{dialect}, the difference", len(times["logins"]), behind, late=late)
            missed |= late
    return int(missed)


def _print(work: str, asked: int, figures: Sequence[float], *, late: bool = False) -> None:
    median, p95, worst = figures
    verdict = "  MISSED" if late else ""
    print(f"{work:<26} {asked:>6} {median:>10.1f} {p95:>8.1f} {worst:>8.1f}{verdict}", flush=True)


def _figures(times: list[float]) -> tuple[float, float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20)[-1], max(times)


if __name__ == "__main__":
    sys.exit(main())
