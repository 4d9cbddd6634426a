"""Tokens that expired, written as another program would."""

from datetime import UTC, datetime, timedelta
from itertools import count

from tests.integration.conftest import Sql

_numbers = count()


def insert_tokens(sql: Sql, number: int, **ago: float) -> None:
    """Insert refresh tokens of account 1 that expired some time ago, given as to timedelta."""
    then = (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%d %H:%M:%S.%f")
    sql(
        f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number}) "
        "INSERT INTO refresh_tokens (token, user_id, expires_at) "
        f"SELECT 'expired {next(_numbers)} ' || i, 1, '{then}' FROM n"
    )


def token_count(sql: Sql) -> int:
    """Return how many refresh tokens there are."""
    return int(sql("SELECT count(*) FROM refresh_tokens")[0][0])
