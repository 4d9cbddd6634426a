"""Measures userctl against the least work that its tasks need, and prints one table.

Run it with the Python of an environment in which userctl is installed:

    .venv/bin/python benchmarks/run.py
"""

import argparse
import compileall
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import apply
import library
import peers
import purge
import router
import scale
import served
import startup
import transfer
from bench import Bench
from measure import CommandFailed, Figure, Row, figures

WIDTH = 82
HERE = Path(__file__).parent
SOURCES = [HERE, HERE.parent / "userctl", HERE.parent / "migrations"]


def rows(arguments: argparse.Namespace) -> Iterator[tuple[str, Callable[[Bench], Row]]]:
    """Yield the rows whose names contain a word."""
    tables = [
        apply.ROWS,
        transfer.ROWS,
        purge.ROWS,
        scale.ROWS,
        startup.ROWS,
        library.ROWS,
        router.ROWS,
    ]
    if arguments.peers:
        tables.append(peers.ROWS)
    if arguments.fastapi_users:
        tables.append(served.ROWS)
    for table in tables:
        for name, build in table.items():
            if arguments.only.lower() in name.lower():
                yield name, build


def line(figure: Figure) -> str:
    """Return a line of the table."""
    verdict = "  MISSED" if figure.is_missed else ""
    return f"{figure.work:<{WIDTH}} {figure.value:>7.2f} {figure.at_most:>8.2f}{verdict}"


def main() -> int:
    """Print the table; return 1 if a target was missed or a row could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="rows whose names contain it")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="the factor of the numbers of rows"
    )
    parser.add_argument("--rounds", type=int, help="how often each side of a row runs")
    parser.add_argument("--peers", action="store_true", help="rows that need the extra 'peers'")
    parser.add_argument(
        "--fastapi-users",
        default="",
        metavar="PYTHON",
        help="rows that need this Python, with fastapi-users in its environment",
    )
    arguments = parser.parse_args()
    # If Python does not keep bytecode by itself, every start would compile everything.
    for source in SOURCES:
        compileall.compile_dir(source, quiet=1)
    missed = False
    with tempfile.TemporaryDirectory(prefix="uctl-") as folder:
        bench = Bench(Path(folder), arguments.scale, arguments.fastapi_users)
        if bench.scale != 1:
            print(f"The numbers of rows are multiplied by {bench.scale:g}.")
        print(f"{'work':<{WIDTH}} {'ratio':>7} {'at most':>8}")
        with bench.stop_servers():
            for name, build in rows(arguments):
                try:
                    for figure in figures(name, build(bench), arguments.rounds):
                        print(line(figure), flush=True)
                        missed |= figure.is_missed
                except CommandFailed as error:
                    print(f"{name:<{WIDTH}} FAILED: {error}", flush=True)
                    missed = True
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
