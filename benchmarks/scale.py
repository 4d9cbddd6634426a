"""The time of single commands with many rows, against few."""

import json
from collections.abc import Callable
from functools import partial

import databases
from bench import PASSWORD, Bench
from measure import Row, Sample, Side

MANY, FEW = (1_000_000, 5_000_000), (1000, 5000)
ROUNDS = 21
AT_MOST = 1.15
LOGIN = ("login", "--no-store", "--password-stdin", "-o", "json")

Command = Callable[[Bench, str, int], Side]
"""Returns a function that runs a command on the database of a URL with so many users."""


def _show(bench: Bench, url: str, accounts: int) -> Side:
    return partial(bench.userctl, url, "user", "show", databases.some_address(accounts))


def _login(bench: Bench, url: str, accounts: int) -> Side:
    address = databases.first_address(accounts)
    return partial(bench.userctl, url, *LOGIN, address, stdin=PASSWORD)


def _refresh(bench: Bench, url: str, accounts: int) -> Side:
    latest = _login(bench, url, accounts)()

    def refresh() -> Sample:
        nonlocal latest
        token = json.loads(latest.output)["refresh_token"]
        latest = bench.userctl(url, "token", "refresh", "--stdin", "-o", "json", stdin=token)
        return latest

    return refresh


def _list(bench: Bench, url: str, accounts: int) -> Side:
    return partial(bench.userctl, url, "user", "list", "--after", str(accounts // 2), "-q")


def _sqlite(bench: Bench, accounts: int, tokens: int) -> str:
    return f"sqlite:///{databases.sqlite(bench, accounts, tokens)}"


def _postgresql(bench: Bench, accounts: int, tokens: int) -> str:
    return bench.postgres_database(databases.postgresql(bench, accounts, tokens))


def _row(command: Command, database: Callable[[Bench, int, int], str], bench: Bench) -> Row:
    many = [bench.count(rows, at_least=few) for rows, few in zip(MANY, FEW, strict=True)]
    ours = command(bench, database(bench, *many), many[0])
    floor = command(bench, database(bench, *FEW), FEW[0])
    return Row(ours, floor, at_most=AT_MOST, rounds=ROUNDS)


ROWS = {
    f"{name} at 1,000,000 accounts, 5,000,000 tokens, {dialect} / at 1,000": partial(
        _row, command, database
    )
    for dialect, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql))
    for name, command in (
        ("user show", _show),
        ("login", _login),
        ("token refresh", _refresh),
        ("user list --after", _list),
    )
}
