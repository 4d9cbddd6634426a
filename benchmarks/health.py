"""How long a service takes to report its health during 200 simultaneous logins.

This process measures it in turn beside nothing, beside as many busy processes as there are cores,
and beside logins that another process sends:

    .venv/bin/python benchmarks/health.py

Beside logins it may take 100 ms longer than beside the busy processes, which load the cores alike.
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
    """Return how many milliseconds a response takes."""
    start = time.perf_counter()
    connection = Connection(server.path)
    connection.request("GET", "/health", headers={"Host": "localhost"})
    answer = connection.getresponse()
    assert b'"healthy"' in answer.read()
    connection.close()
    return (time.perf_counter() - start) * 1000


def ask_while(server: served.Server, condition: Callable[[], bool]) -> list[float]:
    """Ask repeatedly while a condition holds."""
    times = []
    while condition():
        times.append(ask(server))
        time.sleep(PAUSE)
    return times


def ask_for_seconds(server: served.Server) -> list[float]:
    """Ask for a while."""
    end = time.monotonic() + SECONDS
    return ask_while(server, lambda: time.monotonic() < end)


def ask_beside_busy_cores(server: served.Server) -> list[float]:
    """Ask while all cores are busy."""
    with run_beside(*[_keep_busy] * (os.cpu_count() or 1)):
        return ask_for_seconds(server)


def ask_beside_logins(server: served.Server) -> list[float]:
    """Ask while the server answers simultaneous logins."""
    request = served.login_request("/auth/token")
    asyncio.run(server.ask(request, 1, 1))
    with run_beside(lambda: asyncio.run(server.ask(request, LOGINS, 1))) as [logins]:
        times = ask_while(server, logins.is_alive)
    assert logins.exitcode == 0, "A login was refused."
    return times


@contextmanager
def run_beside(*tasks: Callable[[], object]) -> Iterator[list[BaseProcess]]:
    """Run tasks in other processes during the block."""
    processes: list[BaseProcess] = [FORKS.Process(target=task) for task in tasks]
    for process in processes:
        process.start()
    yield processes
    for process in processes:
        process.terminate()
        process.join()


def _keep_busy() -> None:
    while True:
        pass


STATES = {
    "nothing": ask_for_seconds,
    "busy cores": ask_beside_busy_cores,
    "logins": ask_beside_logins,
}


def main() -> int:
    """Print the table; return 1 if logins delay the health for longer than they may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    missed = False
    print(f"{'beside':<26} {'asked':>6} {'median ms':>10} {'p95 ms':>8} {'max ms':>8}")
    with (
        tempfile.TemporaryDirectory(prefix="uctl-") as folder,
        Bench(Path(folder), 1).stop_servers() as bench,
    ):
        for dialect, database in (("SQLite", library.sqlite), ("PostgreSQL", library.postgresql)):
            server = served.Server(bench, sys.executable, "userctl_app", database(bench))
            times: dict[str, list[float]] = {state: [] for state in STATES}
            asyncio.run(server.connect())
            for _ in range(rounds):
                for state, measure in STATES.items():
                    times[state] += measure(server)
            figures_by_state = {state: _figures(each) for state, each in times.items()}
            for state, figures in figures_by_state.items():
                _print(f"{dialect}, {state}", len(times[state]), figures)
            pairs = zip(figures_by_state["logins"], figures_by_state["busy cores"], strict=True)
            behind = [logins - busy for logins, busy in pairs]
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
