"""The startup time of userctl, against that of the libraries it needs."""

from functools import partial

import databases
from bench import PASSWORD, USERCTL, Bench
from measure import CommandFailed, Row, Sample, Side, run

ACCOUNTS = 100
ROUNDS = 21
BEYOND = "CPU ms beyond that"


def _version(bench: Bench) -> Row:
    return _start_row(bench, "--version", at_most=1.5)


def _help(bench: Bench) -> Row:
    return _start_row(bench, "user", "create", "--help", at_most=2.0)


def _start_row(bench: Bench, *command: str, at_most: float) -> Row:
    ours = partial(bench.userctl, "", *command)
    return Row(ours, partial(bench.floor, "import_typer.py"), at_most, ROUNDS)


def _list(bench: Bench) -> Row:
    database = databases.sqlite(bench, ACCOUNTS)
    ours = partial(bench.userctl, f"sqlite:///{database}", "user", "list", "-o", "json")
    return Row(ours, partial(bench.floor, "select_sqlmodel.py", str(database)), 1.25, ROUNDS)


def _login(bench: Bench) -> Row:
    database = databases.sqlite(bench, ACCOUNTS)
    command = ("login", databases.first_address(ACCOUNTS), "--password-stdin", "--no-store")
    ours = partial(bench.userctl, f"sqlite:///{database}", *command, stdin=PASSWORD)
    floor = partial(bench.floor, "select_sqlmodel.py", str(database), PASSWORD)
    return Row(ours, floor, 1.25, ROUNDS)


def _complete_sqlite(bench: Bench) -> Row:
    url = f"sqlite:///{databases.sqlite(bench, bench.count(1_000_000))}"
    return _completion_row(bench, url, _start(bench), at_most=1.25)


def _complete_postgresql(bench: Bench) -> Row:
    return _completion_row(bench, _postgresql(bench), _start(bench), at_most=2.0)


def _complete_against_driver(bench: Bench) -> Row:
    url = _postgresql(bench)
    return _completion_row(bench, url, partial(bench.floor, "select_psycopg.py", url), at_most=1.25)


def _start(bench: Bench) -> Side:
    return partial(bench.userctl, "", "--version")


def _completion_row(bench: Bench, url: str, floor: Side, *, at_most: float) -> Row:
    """Compare a completion with a floor, also by the processor time beyond it."""

    def complete() -> Sample:
        sample = _complete(bench, url)
        own = sample.others["CPU ms"] - floor().others["CPU ms"]
        return Sample(sample.seconds, others={BEYOND: own})

    return Row(complete, floor, at_most, ROUNDS, medians={BEYOND: 100.0})


def _postgresql(bench: Bench) -> str:
    return bench.postgres_database(databases.postgresql(bench, bench.count(1_000_000)))


def _complete(bench: Bench, url: str) -> Sample:
    """Ask for completions, as the Tab key does."""
    prefix = databases.some_address(ACCOUNTS)[:4]
    variables = {
        "_USERCTL_COMPLETE": "words_bash",
        "_USERCTL_LINE": f"userctl user show {prefix}",
    }
    sample = run([USERCTL], bench.environment(url) | variables)
    if not sample.output:
        # It gives no reason.
        raise CommandFailed("The shell got no answer.")
    return sample


ROWS = {
    "start: userctl --version / import typer": _version,
    "start: userctl user create --help / import typer": _help,
    "start: userctl user list -o json / sqlmodel script": _list,
    "start: userctl login --no-store / that script + checkpw": _login,
    "complete: a user of 1,000,000, SQLite / userctl --version": _complete_sqlite,
    "complete: a user of 1,000,000, PostgreSQL / userctl --version": _complete_postgresql,
    "complete: a user of 1,000,000, PostgreSQL / psycopg script": _complete_against_driver,
}
