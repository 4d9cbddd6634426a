"""Waiting for an SQLite file in turns."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from userctl.db.engine import BUSY_TIMEOUT_SECONDS, LOCK_TURN_MILLISECONDS, retry_while_busy

TURNS = BUSY_TIMEOUT_SECONDS * 1000 // LOCK_TURN_MILLISECONDS


def failure(code: int, *, wrapped: bool = True) -> Exception:
    """Return what SQLite raises, as the driver or as SQLAlchemy hands it on."""
    cause = sqlite3.OperationalError("text")
    cause.sqlite_errorcode = code
    return OperationalError("BEGIN IMMEDIATE", {}, cause) if wrapped else cause


def waited(*outcomes: Exception | None) -> tuple[int, Exception | None]:
    """Return how many attempts were made and what ended them; the last outcome repeats itself."""
    made = 0

    def attempt() -> None:
        nonlocal made
        made += 1
        outcome = outcomes[min(made, len(outcomes)) - 1]
        if outcome is not None:
            raise outcome

    try:
        retry_while_busy(attempt)
    except (OperationalError, sqlite3.OperationalError, ValueError) as error:
        return made, error
    return made, None


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY])
def test_a_busy_file_gets_another_turn(code: int, wrapped: bool) -> None:
    busy = failure(code, wrapped=wrapped)
    assert waited(busy, busy, None) == (3, None)


def test_a_file_that_stays_busy_is_given_up_when_the_timeout_is_over() -> None:
    busy = failure(sqlite3.SQLITE_BUSY)
    assert waited(busy) == (TURNS, busy)


@pytest.mark.parametrize(
    "error", [failure(sqlite3.SQLITE_FULL), failure(sqlite3.SQLITE_LOCKED), ValueError("x")]
)
def test_any_other_failure_ends_the_waiting_at_once(error: Exception) -> None:
    assert waited(error) == (1, error)


def test_a_free_file_needs_one_attempt() -> None:
    assert waited(None) == (1, None)
