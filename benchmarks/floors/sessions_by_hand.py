"""Verifies and refreshes with PyJWT and SQL, as an application would by hand.

The statements are those of userctl, without what it does for programs that share the tables: it
looks for rows that a trigger ignored, and for the outcome of a commit whose connection was lost.
"""

import hashlib
import json
import secrets
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import psycopg
from psycopg.rows import dict_row
from sqlalchemy import QueuePool, create_engine
from sqlalchemy import text as sql

INHERITED = (
    "family_id", "family_expires_at", "origin", "scope", "family_started_at", "login_method",
    "login_source", "login_client",
)  # fmt: skip
INSERTED = ("token", "user_id", "expires_at", "revoked", "created_at", "updated_at", *INHERITED)
EVENT = ("id", "time", "tag", "actor", "machine", "user_id", "target", "detail", "hash")


class ManualSessions:
    """Verifies and refreshes over the connections of a pool.

    A service does so in several threads, and no two of them may use a connection at once.

    Args:
        url: the URL of the database.
        key: the key that signs access tokens.
    """

    def __init__(self, url: str, key: str) -> None:
        self._key = key
        self._sqlite = url.startswith("sqlite:///")
        self._place = "?" if self._sqlite else "%s"
        self._url = url
        self._pool = QueuePool(self._connect)

    def _connect(self) -> Any:
        if not self._sqlite:
            # A prepared statement breaks behind PgBouncer.
            return psycopg.connect(self._url, row_factory=dict_row, prepare_threshold=None)
        path = self._url.removeprefix("sqlite:///")
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 30000")
        return connection

    def decode(self, token: str) -> dict[str, Any]:
        """Return the claims of an access token."""
        return jwt.decode(token, self._key, algorithms=["HS256"], issuer="userctl")

    def verify(self, token: str) -> Any:
        """Return the user of an access token whose session is active."""
        claims = self.decode(token)
        query = (
            "SELECT u.*, t.revoked, t.expires_at FROM users u JOIN refresh_tokens t "
            "ON t.user_id = u.id WHERE u.id = ? AND t.family_id = ? AND t.used_at IS NULL"
        ).replace("?", self._place)
        values = (claims["uid"], claims["sid"])
        # The pool ends the transaction when it takes the connection back.
        with closing(self._pool.connect()) as pooled:
            row = pooled.driver_connection.execute(query, values).fetchone()
        assert row
        assert not row["revoked"]
        return row

    def refresh(self, text: str) -> str:
        """Exchange a refresh token, and return the next one."""
        with closing(self._pool.connect()) as pooled:
            transaction = _Transaction(pooled.driver_connection, self._place)
            if self._sqlite:
                transaction.run("BEGIN IMMEDIATE")
            new = self._exchange(transaction, text)
            transaction.run("COMMIT")
        return new

    def _exchange(self, transaction: "_Transaction", text: str) -> str:
        now, run = datetime.now(UTC), transaction.run
        digest = hashlib.sha256(text.encode()).hexdigest()
        old = run("SELECT * FROM refresh_tokens WHERE token = ?", digest).fetchone()
        lock = "" if self._sqlite else " FOR UPDATE"
        user = run(f"SELECT * FROM users WHERE id = ?{lock}", old["user_id"]).fetchone()
        assert not any((old["revoked"], old["used_at"], user["disabled_at"]))
        ends = self._read_time(old["family_expires_at"])
        assert now < min(self._read_time(old["expires_at"]), ends)
        new, then, end = secrets.token_hex(32), self._time(now), min(now + timedelta(days=7), ends)
        values = (hashlib.sha256(new.encode()).hexdigest(), user["id"], self._time(end), False)
        values = (*values, then, then, *(old[name] for name in INHERITED))
        new_id = transaction.insert("refresh_tokens", INSERTED, values, " RETURNING id").fetchone()[
            "id"
        ]
        self._access_token(user, old["family_id"], now)
        used = run(
            "UPDATE refresh_tokens SET used_at = ?, updated_at = ?, revoked = ?, successor_id = ? "
            "WHERE id = ? AND used_at IS NULL AND NOT revoked",
            *(then, then, True, new_id, old["id"]),
        )
        assert used.rowcount == 1
        self._record(transaction, user, old["family_id"], then)
        return new

    def _record(self, transaction: "_Transaction", user: Any, session: str, then: Any) -> None:
        run = transaction.run
        if not self._sqlite:
            run("SELECT pg_advisory_xact_lock(?)", 4711)
        last = run("SELECT id, hash FROM audit_events ORDER BY id DESC LIMIT 1").fetchone()
        event = (last["id"] + 1, then, "token:refresh:success", "root", "root@example")
        event = (*event, user["id"], user["email"], json.dumps({"session": session}))
        chained = json.dumps([last["hash"], *event], default=str).encode()
        transaction.insert("audit_events", EVENT, (*event, hashlib.sha256(chained).hexdigest()))

    def _access_token(self, user: Any, session: str, now: datetime) -> str:
        issued_at = int(now.timestamp())
        claims = {"sub": user["email"], "uid": user["id"], "role": user["role"], "sid": session}
        times = {"iss": "userctl", "iat": issued_at, "exp": issued_at + 3600}
        claims |= times | {"jti": uuid.uuid4().hex}
        return jwt.encode(claims, self._key, algorithm="HS256", headers={"typ": "at+jwt"})

    def _time(self, time: datetime) -> Any:
        return time.replace(tzinfo=None).isoformat(" ", "microseconds") if self._sqlite else time

    def _read_time(self, stored: Any) -> datetime:
        return datetime.fromisoformat(stored).replace(tzinfo=UTC) if self._sqlite else stored


class SQLAlchemySessions(ManualSessions):
    """Refreshes as an application with an engine of SQLAlchemy does."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, key)
        self._engine = create_engine("sqlite://", creator=self._connect, poolclass=QueuePool)
        if not self._sqlite:
            self._engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))

    def refresh(self, text: str) -> str:
        """Exchange a refresh token, and return the next one."""
        with self._engine.begin() as connection:
            if self._sqlite:
                connection.execute(sql("BEGIN IMMEDIATE"))
            return self._exchange(_BoundTransaction(connection, "?"), text)


class _Transaction:
    """Statements on a connection of the driver."""

    def __init__(self, connection: Any, place: str) -> None:
        self._connection, self._place = connection, place

    def run(self, statement: str, *values: Any) -> Any:
        return self._connection.execute(statement.replace("?", self._place), values)

    def insert(self, table: str, names: tuple[str, ...], values: Any, end: str = "") -> Any:
        places = ", ".join("?" * len(names))
        return self.run(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}){end}", *values)


class _BoundTransaction(_Transaction):
    """Statements on a connection of SQLAlchemy."""

    def run(self, statement: str, *values: Any) -> Any:
        names = [f"value_{number}" for number in range(len(values))]
        for name in names:
            statement = statement.replace("?", f":{name}", 1)
        result = self._connection.execute(sql(statement), dict(zip(names, values, strict=True)))
        return result.mappings() if result.returns_rows else result
