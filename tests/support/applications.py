"""Databases that applications created with their own SQL, to be adopted."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import bcrypt
import psycopg
from sqlalchemy import Engine, text

from tests.support.cli import PASSWORD

HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
IN_CLEAR = "kYv3-d2F0ZXIgaXMgd2V0"
DIGEST = sha256(b"known by its hash").hexdigest()

TYPES = {
    "sqlite": {"id": "INTEGER PRIMARY KEY", "key": "INTEGER", "time": "DATETIME",
               "zoned": "DATETIME", "false": "0"},
    "postgresql": {"id": "SERIAL PRIMARY KEY", "key": "BIGINT", "time": "TIMESTAMP",
                   "zoned": "TIMESTAMPTZ", "false": "false"},
}  # fmt: skip


@dataclass(frozen=True)
class Application:
    """The tables of an application, and the statements that it keeps running.

    Args:
        name: a description, for the names of tests.
        tables: the statements that make its tables, with the names of types in braces.
        rows: the statements that insert its rows; account 1 is Ada's.
        sign_up: inserts an account, ``:email`` and ``:hash``.
        log_in: inserts a refresh token, ``:token`` of ``:user``.
    """

    name: str
    tables: Sequence[str]
    rows: Sequence[str]
    sign_up: str
    log_in: str
    values: dict[str, Any] = field(
        default_factory=lambda: {"hash": HASH, "clear": IN_CLEAR, "digest": DIGEST}
    )

    def build(self, engine: Engine) -> None:
        """Make the tables and insert the rows."""
        with engine.begin() as connection:
            for statement in self.tables:
                connection.execute(text(statement.format(**TYPES[engine.dialect.name])))
            for statement in self.rows:
                connection.execute(text(statement), self.values)


LOOSE = Application(
    name="an ORM whose columns may all be null",
    tables=[
        "CREATE TABLE users (id {id}, name VARCHAR, email VARCHAR(120), hashed_password VARCHAR, "
        "role VARCHAR(20), is_active BOOLEAN DEFAULT true, created_at {time})",
        "CREATE UNIQUE INDEX ix_users_email ON users (email)",
        "CREATE TABLE refresh_tokens (id {id}, token VARCHAR(40), "
        "user_id INTEGER REFERENCES users (id), expires_at {time}, revoked BOOLEAN, agent TEXT)",
        "CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at)",
        "CREATE TABLE posts (id {id}, author INTEGER REFERENCES users (id) ON DELETE SET NULL)",
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    ],
    rows=[
        "INSERT INTO users (name, email, hashed_password, role, created_at) VALUES "
        "('Ada', 'Ada@Example.COM', :hash, 'admin', '2024-01-02 03:04:05.000006')",
        "INSERT INTO users (email, hashed_password) VALUES ('bob@example.com', :hash)",
        "INSERT INTO users (email) VALUES ('eve@example.com')",
        "INSERT INTO refresh_tokens (token, user_id, expires_at) "
        "VALUES (:clear, 1, '2030-01-05 00:00:00')",
        "INSERT INTO posts (author) VALUES (1), (2)",
        "INSERT INTO alembic_version VALUES ('cafe')",
    ],
    sign_up="INSERT INTO users (name, email, hashed_password, role, is_active, created_at) "
    "VALUES (NULL, :email, :hash, NULL, true, NULL)",
    log_in="INSERT INTO refresh_tokens (token, user_id, expires_at, revoked) "
    "VALUES (:token, :user, '2030-01-05 00:00:00', NULL)",
)

STRICT = Application(
    name="plain SQL that allows no null",
    tables=[
        "CREATE TABLE users (id {id}, name TEXT NOT NULL DEFAULT '', email TEXT NOT NULL UNIQUE, "
        "hashed_password VARCHAR(162) NOT NULL, created_at {zoned} NOT NULL, "
        "CHECK (email LIKE '%@%'))",
        "CREATE TABLE refresh_tokens (id {id}, token TEXT NOT NULL, user_id {key} NOT NULL "
        "REFERENCES users (id) ON DELETE CASCADE, expires_at {zoned} NOT NULL, "
        "revoked BOOLEAN NOT NULL, created_at {zoned} NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    ],
    rows=[
        "INSERT INTO users (email, hashed_password, created_at) VALUES "
        "('ADA@example.com', :hash, '2024-01-02 03:04:05.000006'), "
        "('bob@example.com', :hash, '2024-01-02 03:04:05')",
        "INSERT INTO refresh_tokens (token, user_id, expires_at, revoked) VALUES "
        "(:clear, 1, '2030-01-05 00:00:00', false), (:digest, 2, '2030-01-05 00:00:00', false)",
        "INSERT INTO alembic_version VALUES ('cafe')",
    ],
    sign_up="INSERT INTO users (email, hashed_password, created_at) "
    "VALUES (:email, :hash, '2024-01-02 00:00:00')",
    log_in="INSERT INTO refresh_tokens (token, user_id, expires_at, revoked) "
    "VALUES (:token, :user, '2030-01-05 00:00:00', false)",
)

APPLICATIONS = (LOOSE, STRICT)


@contextmanager
def open_connection(url: str) -> Iterator[Any]:
    """Yield a connection that userctl did not set up, on which each statement commits."""
    if url.startswith("sqlite:"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection
    else:
        with psycopg.connect(url, autocommit=True) as server:
            yield server


def run_script(url: str, script: str) -> None:
    """Run statements over a connection that userctl did not set up."""
    with open_connection(url) as connection:
        if isinstance(connection, sqlite3.Connection):
            connection.executescript(script)
        else:
            connection.execute(script.encode())
