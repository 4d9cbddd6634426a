"""The threads in which requests use the library, so that no request blocks the others.

Hashing takes a core for a quarter of a second, a query some milliseconds. Each has threads of its
own, and the health check has another one: logins that wait for a core delay nothing else. Together
they use no more connections than the pool has.
"""

import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar
from uuid import uuid4

from anyio import CapacityLimiter, Lock, create_task_group, to_thread
from anyio.lowlevel import RunVar
from fastapi import Request
from starlette.requests import ClientDisconnect

from userctl import Accounts
from userctl.fastapi.problems import RETRY_SECONDS, router_error
from userctl.schemas.database import Health

P = ParamSpec("P")
T = TypeVar("T")

WAITING_PER_HASH = 100
"""How many requests may wait per hashing thread: about 25 s at a quarter of a second each."""


def _usable_cores() -> int:
    # Only Linux reports which cores this process may use.
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


class _Limits:
    """How many threads a router uses at once in one event loop.

    Args:
        hashing: for passwords.
        querying: for everything else but checks of health.
    """

    def __init__(self, hashing: int, querying: int) -> None:
        self.hash = CapacityLimiter(hashing)
        self.query = CapacityLimiter(querying)
        self.health = CapacityLimiter(1)
        self.check_lock, self.checked_at = Lock(), 0.0
        self.last_health: Health | None = None


class Workers:
    """The threads of one router.

    Each event loop has limits of its own, since waiting in one for another would never end. Servers
    run one per process.

    Args:
        accounts: the database that they use.
        hashes: how many passwords are hashed at once; None for one per core.

    Raises:
        ValueError: if the pool has too few connections for that.

    Attributes:
        report_waiting: called with the number of waiting requests when it may have changed.
    """

    report_waiting: Callable[[int], object] = staticmethod(lambda _: None)

    def __init__(self, accounts: Accounts, hashes: int | None) -> None:
        settings = accounts.settings
        connections = settings.pool_size + settings.max_overflow
        cores = _usable_cores()
        hashing = max(1, min(cores, connections // 2)) if hashes is None else hashes
        most = max(1, connections - 2)
        if not 1 <= hashing <= most:
            raise ValueError(
                f"hashes={hashing} is not in 1 to {most}: each takes one of the {connections} "
                "connections of the pool, and queries and the health need two."
            )
        self._accounts = accounts
        self._hashing, self._querying = hashing, max(1, connections - hashing - 1)
        # Before anyio 4.11, variables with the same name are one.
        self._limits_of_loop: RunVar[_Limits] = RunVar(f"userctl_limits_{uuid4()}")
        self._hashers = 0
        self._most_waiting = hashing * WAITING_PER_HASH

    @property
    def waiting_requests(self) -> int:
        """How many requests wait until they may hash."""
        return max(0, self._hashers - self._hashing)

    @property
    def _limits(self) -> _Limits:
        limits = self._limits_of_loop.get(None)
        if limits is None:
            limits = _Limits(self._hashing, self._querying)
            self._limits_of_loop.set(limits)
        return limits

    async def query(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call that hashes no password."""
        return await to_thread.run_sync(partial(call, *args, **kwargs), limiter=self._limits.query)

    async def hash(
        self, request: Request, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a call that hashes a password, unless the client leaves before its turn.

        A call that has begun is finished, so that leaving early does not evade throttling.

        Raises:
            ClientDisconnect: if the client left.
            ProblemError: if too many requests wait for that.
        """
        if self.waiting_requests >= self._most_waiting:
            raise router_error(
                "overloaded",
                "Too many requests are waiting for a password to be checked.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        # The limiter itself counts a request only after others may have passed the check.
        self._add_hashers(1)
        try:
            return await _run_while_connected(
                request,
                # Canceling ends the wait for the thread, not the thread itself.
                to_thread.run_sync(partial(call, *args, **kwargs), limiter=self._limits.hash),
            )
        finally:
            self._add_hashers(-1)

    def _add_hashers(self, number: int) -> None:
        self._hashers += number
        self.report_waiting(self.waiting_requests)

    async def health(self) -> Health:
        """Return the health of the database; requests during a check share its result."""
        asked_at, limits = time.monotonic(), self._limits
        async with limits.check_lock:
            if limits.last_health is None or limits.checked_at < asked_at:
                limits.last_health = await to_thread.run_sync(
                    self._accounts.health, limiter=limits.health
                )
                limits.checked_at = time.monotonic()
            return limits.last_health


async def _run_while_connected(request: Request, work: Awaitable[T]) -> T:
    """Return the result of some work, and cancel it if the client of a request leaves."""
    results: list[T] = []
    errors: list[Exception] = []

    async def cancel_if_left() -> None:
        # All of the body was read before, so nothing else can come from the server. A middleware
        # that read the body may replay it forever, and another one raises an error at that.
        with suppress(Exception):
            if (await request.receive())["type"] == "http.disconnect":
                group.cancel_scope.cancel()

    async with create_task_group() as group:
        group.start_soon(cancel_if_left)
        try:
            results.append(await work)
        except Exception as error:  # noqa: BLE001 - the group would wrap it.
            errors.append(error)
        group.cancel_scope.cancel()
    if errors:
        raise errors[0]
    if not results:
        raise ClientDisconnect
    return results[0]
