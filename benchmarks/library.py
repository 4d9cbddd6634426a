"""The time of the library for each request of a service, against PyJWT and the driver alone.

Both sides run in this process, many times in each round.
"""

import time
from collections.abc import Callable
from functools import partial

import databases
from bench import PASSWORD, SECRET_KEY, Bench
from floors.sessions_by_hand import ManualSessions, SQLAlchemySessions
from measure import Row, Sample, Side

from userctl import open_accounts
from userctl.library.accounts import Accounts
from userctl.schemas.session import Grant

ACCOUNTS, TOKENS = 1000, 5000
TIMES, ROUNDS, AT_MOST = 50, 41, 1.5
CHANGES = 200
"""How many changes a round has: enough for SQLite to checkpoint in each, after a hundred or so."""


def sqlite(bench: Bench) -> str:
    """Return the URL of a database on SQLite."""
    return f"sqlite:///{databases.sqlite(bench, ACCOUNTS, TOKENS)}"


def postgresql(bench: Bench) -> str:
    """Return the URL of a database on PostgreSQL."""
    return bench.postgres_database(databases.postgresql(bench, ACCOUNTS, TOKENS))


def _repeat(work: Callable[[], object], times: int = TIMES) -> Side:
    def run() -> Sample:
        start = time.perf_counter()
        for _ in range(times):
            work()
        return Sample(time.perf_counter() - start)

    return run


def _refresh_in_turn(refresh: Callable[[str], str], first: str) -> Side:
    latest = first

    def work() -> None:
        nonlocal latest
        latest = refresh(latest)

    return _repeat(work, CHANGES)


def _offline(database: Callable[[Bench], str], bench: Bench) -> Row:
    url = database(bench)
    accounts, by_hand = open_accounts(url, secret_key=SECRET_KEY), ManualSessions(url, SECRET_KEY)
    token = login(accounts).tokens.access_token
    ours = _repeat(lambda: accounts.tokens.verify_offline(token))
    return Row(ours, _repeat(lambda: by_hand.decode(token)), AT_MOST, ROUNDS)


def _verify(database: Callable[[Bench], str], bench: Bench) -> Row:
    url = database(bench)
    accounts, by_hand = open_accounts(url, secret_key=SECRET_KEY), ManualSessions(url, SECRET_KEY)
    token = login(accounts).tokens.access_token
    ours = _repeat(lambda: accounts.tokens.verify(token))
    return Row(ours, _repeat(lambda: by_hand.verify(token)), AT_MOST, ROUNDS)


def _refresh(database: Callable[[Bench], str], bench: Bench) -> Row:
    return _refresh_row(ManualSessions, database(bench))


def _refresh_with_engine(database: Callable[[Bench], str], bench: Bench) -> Row:
    return _refresh_row(SQLAlchemySessions, database(bench))


def _refresh_row(floor_class: type[ManualSessions], url: str) -> Row:
    accounts, by_hand = open_accounts(url, secret_key=SECRET_KEY), floor_class(url, SECRET_KEY)
    ours = _refresh_in_turn(
        lambda token: accounts.sessions.refresh(token).tokens.refresh_token,
        login(accounts).tokens.refresh_token,
    )
    floor = _refresh_in_turn(by_hand.refresh, login(accounts).tokens.refresh_token)
    return Row(ours, floor, AT_MOST, ROUNDS)


def login(accounts: Accounts) -> Grant:
    """Log in as the first user of such a database."""
    return accounts.sessions.login(databases.first_address(ACCOUNTS), PASSWORD)


ROWS = {
    f"library: {name}, {dialect} / {floor}": partial(row, database)
    for dialect, database in (("SQLite", sqlite), ("PostgreSQL", postgresql))
    for name, floor, row in (
        ("verify_offline", "jwt.decode", _offline),
        ("verify", "jwt.decode + one indexed select from a pool", _verify),
        ("refresh", "the same SQL by hand", _refresh),
        ("refresh", "the same SQL through SQLAlchemy", _refresh_with_engine),
    )
}
