"""How long userctl takes to start, against what it cannot do without."""

from functools import partial

import databases
from bench import PASSWORD, Bench
from measure import Row

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


ROWS = {
    "start: userctl --version / import typer": _version,
    "start: userctl user create --help / import typer": _help,
    "start: userctl user list -o json / sqlmodel script": _list,
    "start: userctl login --no-store / that script + checkpw": _login,
}
