"""Parts are built once, by one thread, and in every process that is forked."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

from userctl.core.actor import Actor
from userctl.core.lazy import BuildLock, lazy_property
from userctl.db.transaction.unit_of_work import Database


class Root:
    """A composition root with two parts."""

    def __init__(self, build_slow: Callable[[], object]) -> None:
        self.build_lock = BuildLock()
        self._build_slow = build_slow

    def part(self, name: str) -> Any:
        return getattr(self, name)

    @lazy_property
    def slow(self) -> object:
        return self._build_slow()

    @lazy_property
    def quick(self) -> object:
        return object()


def test_threads_share_a_part_that_is_built_when_it_is_first_used() -> None:
    number = 8
    barrier = Barrier(number)
    root = Root(object)

    def use(_: int) -> object:
        barrier.wait(timeout=30)
        return root.slow

    with ThreadPoolExecutor(number) as pool:
        assert len(set(pool.map(use, range(number)))) == 1


def test_a_process_that_is_forked_while_a_thread_builds_can_build() -> None:
    began, go_on = Event(), Event()

    def build() -> None:
        began.set()
        assert go_on.wait(timeout=30)

    root = Root(build)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: root.slow)
        assert began.wait(timeout=30)
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            os._exit(0 if root.quick is root.quick else 1)
        go_on.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_thread_that_waits_for_the_database_keeps_no_other_waiting() -> None:
    both = Barrier(2)

    def connect() -> Any:
        both.wait(timeout=30)

    database = Database(connect, lambda: Actor("a", "a"))
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: database.engine, range(2))) == [None, None]
