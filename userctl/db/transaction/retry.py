"""Retries transactions that the database aborts because of a conflict."""

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from userctl.core.errors import TransactionConflict

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.02


def retry_transactions(method: Callable[P, R]) -> Callable[P, R]:
    """Retry a method that is one whole transaction, after growing random pauses.

    PostgreSQL resolves deadlocks and serialization failures by aborting one transaction, and
    expects the client to retry it (PostgreSQL manual, section 13.5).
    """

    @functools.wraps(method)
    def retry(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(ATTEMPTS - 1):
            try:
                return method(*args, **kwargs)
            except TransactionConflict:
                pause = FIRST_PAUSE_SECONDS * 2**attempt
                logger.info("transaction conflict; retrying")
                time.sleep(random.uniform(pause / 2, pause))  # noqa: S311
        return method(*args, **kwargs)

    return retry
