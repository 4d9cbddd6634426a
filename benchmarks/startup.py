"""How long userctl takes to start, against what it cannot do without."""

from functools import partial

import databases
from bench import PASSWORD, USERCTL, Bench
from measure import CommandFailed, Row, Sample, Side, run

ACCOUNTS = 100
ROUNDS = 21
BEYOND = "CPU ms beyond that"


def _version(bench: Bench) -> Row:
    return _against_typer(bench, "--version", at_most=1.5)


def _help(bench: Bench) -> Row:
    return _against_typer(bench, "user", "create", "--help", at_most=2.0)


def _against_typer(bench: Bench, *command: str, at_most: float) -> Row:
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
    return _beyond(bench, url, _start(bench), at_most=1.25)


def _complete_postgresql(bench: Bench) -> Row:
    return _beyond(bench, _postgresql(bench), _start(bench), at_most=2.0)


def _complete_against_driver(bench: Bench) -> Row:
    url = _postgresql(bench)
    return _beyond(bench, url, partial(bench.floor, "select_psycopg.py", url), at_most=1.25)


def _start(bench: Bench) -> Side:
    return partial(bench.userctl, "", "--version")


def _beyond(bench: Bench, url: str, floor: Side, *, at_most: float) -> Row:
    """Compare an answer with a floor, also in the processor time beyond it."""

    def complete() -> Sample:
        asked = _complete(bench, url)
        own = asked.others["CPU ms"] - floor().others["CPU ms"]
        return Sample(asked.seconds, others={BEYOND: own})

    return Row(complete, floor, at_most, ROUNDS, medians={BEYOND: 100.0})


def _postgresql(bench: Bench) -> str:
    return bench.postgres_database(databases.postgresql(bench, bench.count(1_000_000)))


def _complete(bench: Bench, url: str) -> Sample:
    """Ask what the Tab key asks for."""
    beginning = databases.some_address(ACCOUNTS)[:4]
    asked = {
        "_USERCTL_COMPLETE": "words_bash",
        "_USERCTL_LINE": f"userctl user show {beginning}",
    }
    found = run([USERCTL], bench.environment(url) | asked)
    if not found.output:
        # It gives no reason.
        raise CommandFailed("The shell got no answer.")
    return found


ROWS = {
    "start: userctl --version / import typer": _version,
    "start: userctl user create --help / import typer": _help,
    "start: userctl user list -o json / sqlmodel script": _list,
    "start: userctl login --no-store / that script + checkpw": _login,
    "complete: a user of 1,000,000, SQLite / userctl --version": _complete_sqlite,
    "complete: a user of 1,000,000, PostgreSQL / userctl --version": _complete_postgresql,
    "complete: a user of 1,000,000, PostgreSQL / psycopg script": _complete_against_driver,
}
