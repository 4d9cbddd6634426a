"""Databases and files to measure on, the same in every run."""

import itertools
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import psycopg
from bench import PASSWORD, Bench

FIRST = ["ada", "alan", "barbara", "claude", "donald", "edsger", "frances", "grace", "jean", "ken"]
LAST = ["allen", "bartik", "dijkstra", "hopper", "knuth", "lamarr", "lovelace", "shannon", "wing"]
DOMAINS = ["example.com", "example.org", "mail.example.net", "staff.example.com"]
ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
TOKENS_PER_FAMILY = 5
SHARE = "(email, name, role, hashed_password)"


def people(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield accounts in no order: address, name, role and a well-formed bcrypt hash of nothing."""
    chance = random.Random(1)  # noqa: S311
    numbers = list(range(count))
    chance.shuffle(numbers)
    for number in numbers:
        first, last = chance.choice(FIRST), chance.choice(LAST)
        email = f"{first}.{last}{number}@{chance.choice(DOMAINS)}"
        # The last character of a salt has only two bits, and that of a hash four.
        salt = "".join(chance.choices(ALPHABET, k=21)) + "."
        hashed = "".join(chance.choices(ALPHABET, k=30)) + "."
        role = "admin" if number % 1000 == 0 else "user"
        yield email, f"{first.title()} {last.title()}", role, f"$2b$12${salt}{hashed}"


def csv_file(bench: Bench, count: int) -> Path:
    """Return a CSV file of accounts with hashes."""
    path = bench.folder / f"accounts-{count}.csv"
    if not path.exists():
        with path.open("w") as file:
            file.write("email,name,role,hashed_password\n")
            file.writelines(",".join(person) + "\n" for person in people(count))
    return path


# A family is one session: its last token is alive or has expired, the others were exchanged.
_TOKENS = """
INSERT INTO refresh_tokens (token, user_id, expires_at, revoked, created_at, updated_at, family_id,
    family_expires_at, used_at, successor_id)
SELECT {digest}, 1 + n.i / {chain} % {users}, {time}, {used}, {time}, {time}, {family}, {time},
    CASE WHEN {used} THEN {time} END, CASE WHEN {used} THEN n.i + 2 END
FROM n
"""
_SQLITE_TOKENS = (
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {tokens} - 1)"
    + _TOKENS.format(
        digest="lower(hex(randomblob(32)))",
        family="printf('%032x', n.i / {chain})",
        time="strftime('%Y-%m-%d %H:%M:%f000', 'now', "
        "CASE WHEN n.i < {expired} THEN '-30 days' ELSE '+7 days' END)",
        used="(n.i % {chain} < {chain} - 1)",
        chain="{chain}",
        users="{users}",
    )
)
_POSTGRESQL_TOKENS = "WITH n (i) AS (SELECT generate_series(0, {tokens} - 1))" + _TOKENS.format(
    digest="encode(sha256(n.i::text::bytea), 'hex')",
    family="lpad(to_hex(n.i / {chain}), 32, '0')",
    time="now() + CASE WHEN n.i < {expired} THEN interval '-30 days' ELSE interval '7 days' END",
    used="(n.i % {chain} < {chain} - 1)",
    chain="{chain}",
    users="{users}",
)


def sqlite(bench: Bench, accounts: int, tokens: int = 0, expired: int = 0) -> Path:
    """Return a migrated SQLite file; the first account has the password of this run.

    Args:
        bench: the run.
        accounts: how many there are.
        tokens: how many refresh tokens there are.
        expired: how many of those expired 30 days ago; the others live for a week.
    """
    path = bench.folder / f"accounts-{accounts}-{tokens}-{expired}.db"
    if path.exists():
        return path
    bench.userctl(f"sqlite:///{path}", "db", "migrate", "-q")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -500000")
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO users {SHARE} VALUES (?, ?, ?, ?)", people(accounts))
    if accounts:
        connection.execute("UPDATE users SET hashed_password = ? WHERE id = 1", [_hashed()])
    if tokens:
        connection.execute(_tokens(_SQLITE_TOKENS, accounts, tokens, expired))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def sqlite_copy(bench: Bench, template: Path) -> Path:
    """Return a fresh copy of a SQLite file, in place of the one before."""
    path = bench.folder / "copy.db"
    for leftover in bench.folder.glob("copy.db*"):
        leftover.unlink()
    shutil.copy(template, path)
    return path


def postgresql(bench: Bench, accounts: int, tokens: int = 0, expired: int = 0) -> str:
    """Return the name of a migrated PostgreSQL database; see :func:`sqlite`."""
    name = f"accounts_{accounts}_{tokens}_{expired}"
    with psycopg.connect(bench.postgres, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        server.execute(f'CREATE DATABASE "{name}"')
    url = bench.postgres_database(name)
    bench.userctl(url, "db", "migrate", "-q")
    with psycopg.connect(url) as connection:
        with connection.cursor().copy(f"COPY users {SHARE} FROM STDIN") as copy:
            for person in people(accounts):
                copy.write_row(person)
        connection.execute("UPDATE users SET hashed_password = %s WHERE id = 1", [_hashed()])
        if tokens:
            connection.execute(_tokens(_POSTGRESQL_TOKENS, accounts, tokens, expired))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return name


def postgresql_copy(bench: Bench, template: str) -> str:
    """Return the URL of a fresh copy of a PostgreSQL database, in place of the one before."""
    with psycopg.connect(bench.postgres, autocommit=True) as server:
        server.execute('DROP DATABASE IF EXISTS "copy" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "copy" TEMPLATE "{template}"')
        server.execute("CHECKPOINT")
    return bench.postgres_database("copy")


def _tokens(statement: str, accounts: int, tokens: int, expired: int) -> str:
    return statement.format(chain=TOKENS_PER_FAMILY, users=accounts, tokens=tokens, expired=expired)


def _hashed() -> str:
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()


def first_address(count: int) -> str:
    """Return the address of the account whose password is that of this run."""
    return next(iter(people(count)))[0]


def some_address(count: int) -> str:
    """Return the address of an account in the middle."""
    return next(itertools.islice(people(count), count // 2, None))[0]
