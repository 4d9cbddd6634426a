"""Processes that are forked from one that uses the library."""

import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from threading import Event, Lock

import pytest

from tests.integration.conftest import PASSWORD
from tests.integration.library.conftest import EMAIL
from userctl import Accounts, open_accounts


def fork(run: Callable[[], object]) -> int:
    """Run a function in a child, which ends with 0 if the function returns, and return its id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            run()
            status = 0
        finally:
            os._exit(status)
    return child


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_process_has_connections_of_its_own(accounts: Accounts) -> None:
    accounts.users.create(EMAIL, password=PASSWORD)
    token = accounts.sessions.login(EMAIL, PASSWORD).tokens.access_token
    with accounts._services._engine.connect() as used:
        used.exec_driver_sql("SELECT 1")
        child = fork(lambda: [accounts.tokens.verify(token), accounts.close()])
        accounts.tokens.verify(token)
        assert exit_code(child) == 0
        used.exec_driver_sql("SELECT 1")
    accounts.tokens.verify(token)


def test_a_process_that_is_forked_during_a_call_shares_no_lock_with_it(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, forking = Event(), Event()
    shared = Lock()
    # What is registered last runs first.
    os.register_at_fork(before=forking.set)

    def change(_user: str) -> None:
        with shared, accounts._services._engine.begin() as transaction:
            transaction.exec_driver_sql("UPDATE users SET name = 'Ada'")
            began.set()
            assert forking.wait(30)

    def create() -> None:
        assert shared.acquire(timeout=10)
        accounts.users.create(EMAIL)

    with monkeypatch.context() as patch, ThreadPoolExecutor(1) as other:
        patch.setattr(accounts._services.users, "show", change)
        done = other.submit(accounts.users.get, 1)
        assert began.wait(30)
        child = fork(create)
        done.result()
    assert exit_code(child) == 0
    assert accounts.users.get(EMAIL).name is None


def test_threads_that_fork_and_threads_that_call_wait_for_each_other(accounts: Accounts) -> None:
    def call(number: int) -> None:
        for each in range(5):
            accounts.users.create(f"thread-{number}-{each}@example.com")

    def fork_twice(number: int) -> list[int]:
        addresses = [f"child-{number}-{each}@example.com" for each in range(2)]
        return [exit_code(fork(partial(accounts.users.create, each))) for each in addresses]

    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(call, number) for number in range(4)]
        forks = [pool.submit(fork_twice, number) for number in range(2)]
        assert [done.result() for done in forks] == [[0, 0]] * 2
        assert [done.result() for done in calls] == [None] * 4
    assert len(accounts.users.list().items) == 4 * 5 + 2 * 2


def test_what_a_process_writes_after_its_parent_left_the_database_is_kept(
    sqlite_url: str,
) -> None:
    closed, closing_end = os.pipe()
    opened, opening_end = os.pipe()
    with open_accounts(sqlite_url) as accounts:
        accounts.users.list()

        def write() -> None:
            accounts.users.list()
            os.write(opening_end, b".")
            os.read(closed, 1)
            accounts.users.create(EMAIL)

        child = fork(write)
        os.read(opened, 1)
    # The last connection that is closed deletes the write-ahead log.
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as another:
        another.execute("SELECT * FROM users")
    os.write(closing_end, b".")
    assert exit_code(child) == 0
    with open_accounts(sqlite_url) as accounts:
        assert accounts.users.get(EMAIL).email == EMAIL
    for end in (closed, closing_end, opened, opening_end):
        os.close(end)
