"""How long userctl takes to start, against what it cannot do without."""

from functools import partial

import databases
from bench import PASSWORD, USERCTL, Bench
from measure import Row, Sample, run

ACCOUNTS = 100
ROUNDS = 21


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
    return _complete(bench, f"sqlite:///{databases.sqlite(bench, bench.count(1_000_000))}")


def _complete_postgresql(bench: Bench) -> Row:
    name = databases.postgresql(bench, bench.count(1_000_000))
    return _complete(bench, bench.postgres_database(name))


def _complete(bench: Bench, url: str) -> Row:
    """Compare what the Tab key asks for with a start that does nothing."""
    beginning = databases.some_address(ACCOUNTS)[:4]
    asked = {
        "_USERCTL_COMPLETE": "words_bash",
        "_USERCTL_LINE": f"userctl user show {beginning}",
    }

    def complete() -> Sample:
        environment = bench.environment(url) | asked
        # The best of three is what it takes by itself.
        runs = [run([USERCTL], environment) for _ in range(3)]
        starts = [bench.userctl("", "--version") for _ in range(3)]
        own = min(each.seconds for each in runs) - min(each.seconds for each in starts)
        return Sample(runs[0].seconds, runs[0].output, {"ms beyond the start": own * 1000})

    limits = {"ms beyond the start": 100.0}
    return Row(complete, partial(bench.userctl, "", "--version"), 2.0, ROUNDS // 3, limits)


ROWS = {
    "start: userctl --version / import typer": _version,
    "start: userctl user create --help / import typer": _help,
    "start: userctl user list -o json / sqlmodel script": _list,
    "start: userctl login --no-store / that script + checkpw": _login,
    "complete: a user of 1,000,000, SQLite / userctl --version": _complete_sqlite,
    "complete: a user of 1,000,000, PostgreSQL / userctl --version": _complete_postgresql,
}
