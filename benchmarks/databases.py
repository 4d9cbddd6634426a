"""Databases and files to measure on, the same in every run."""

import itertools
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
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


def run_in_process(make: Callable[..., None], *args: object) -> None:
    """Make data in another process, because a command inherits the peak memory of its parent."""
    with ProcessPoolExecutor(1) as pool:
        pool.submit(make, *args).result()


def people(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield users in random order: address, name, role and a well-formed bcrypt hash of nothing."""
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
        run_in_process(_write_csv, path, count)
    return path


def _write_csv(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write("email,name,role,hashed_password\n")
        file.writelines(",".join(person) + "\n" for person in people(count))


# Tokens are in the order of their issue. Those of a session follow one another: the last is active
# or has expired, the others were exchanged.
_TOKENS = """
INSERT INTO refresh_tokens (token, user_id, expires_at, revoked, created_at, updated_at, family_id,
    family_expires_at, used_at, successor_id)
SELECT {digest}, 1 + i / {chain} % {users}, {in_7_days}, used, {then}, {then}, {family},
    {in_30_days}, CASE WHEN used THEN {then} END, CASE WHEN used THEN i + 2 END
FROM (
    SELECT i, i % {chain} < {chain} - 1 AS used, CASE WHEN i < {expired}
        THEN (i * 28.0 / {expired} - 37) * 86400
        ELSE ((i - {expired}) * 6.0 / {living} - 6) * 86400 END AS age
    FROM n
) AS issued
"""
_SQLITE = {
    "n": "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {tokens} - 1)",
    "digest": "lower(hex(randomblob(32)))",
    "family": "printf('%032x', i / {chain})",
    "then": "strftime('%Y-%m-%d %H:%M:%f000', 'now', age || ' seconds')",
    "in_7_days": "strftime('%Y-%m-%d %H:%M:%f000', 'now', age || ' seconds', '7 days')",
    "in_30_days": "strftime('%Y-%m-%d %H:%M:%f000', 'now', age || ' seconds', '30 days')",
}
_POSTGRESQL = {
    "n": "WITH n (i) AS (SELECT generate_series(0, {tokens} - 1))",
    "digest": "encode(sha256(i::text::bytea), 'hex')",
    "family": "lpad(to_hex(i / {chain}), 32, '0')",
    "then": "now() + interval '1 second' * age",
    "in_7_days": "now() + interval '7 days' + interval '1 second' * age",
    "in_30_days": "now() + interval '30 days' + interval '1 second' * age",
}


def _tokens(dialect: dict[str, str], accounts: int, tokens: int, expired: int) -> str:
    numbers = {
        "chain": TOKENS_PER_FAMILY,
        "users": accounts,
        "tokens": tokens,
        "expired": expired,
        "living": tokens - expired,
    }
    words = {name: text.format(**numbers) for name, text in dialect.items()}
    return words["n"] + _TOKENS.format(**words, **numbers)


def sqlite(bench: Bench, accounts: int, tokens: int = 0, expired: int = 0) -> Path:
    """Return a migrated SQLite file; the first account has the password of this run.

    Args:
        bench: the run.
        accounts: how many there are.
        tokens: how many refresh tokens there are.
        expired: how many of those expired two days to a month ago; the others are in force.
    """
    path = bench.folder / f"accounts-{accounts}-{tokens}-{expired}.db"
    if path.exists():
        return path
    bench.userctl(f"sqlite:///{path}", "db", "migrate", "-q")
    run_in_process(_fill_sqlite, path, accounts, tokens, expired)
    return path


def _fill_sqlite(path: Path, accounts: int, tokens: int, expired: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -500000")
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO users {SHARE} VALUES (?, ?, ?, ?)", people(accounts))
    if accounts:
        connection.execute("UPDATE users SET hashed_password = ? WHERE id = 1", [_password_hash()])
    if tokens:
        connection.execute(_tokens(_SQLITE, accounts, tokens, expired))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def sqlite_copy(bench: Bench, template: Path) -> Path:
    """Return a fresh copy of an SQLite file, which replaces the previous copy."""
    path = bench.folder / "copy.db"
    for leftover in bench.folder.glob("copy.db*"):
        leftover.unlink()
    shutil.copy(template, path)
    # The disk would still be busy with the copy.
    os.sync()
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
        connection.execute("UPDATE users SET hashed_password = %s WHERE id = 1", [_password_hash()])
        if tokens:
            connection.execute(_tokens(_POSTGRESQL, accounts, tokens, expired))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return name


def postgresql_copy(bench: Bench, template: str) -> str:
    """Return the URL of a fresh copy of a PostgreSQL database, replacing the previous one."""
    with psycopg.connect(bench.postgres, autocommit=True) as server:
        server.execute('DROP DATABASE IF EXISTS "copy" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "copy" TEMPLATE "{template}"')
        server.execute("CHECKPOINT")
    return bench.postgres_database("copy")


def _password_hash() -> str:
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()


def first_address(count: int) -> str:
    """Return the address of the user who has the password of this run."""
    return next(iter(people(count)))[0]


def some_address(count: int) -> str:
    """Return the address of an account in the middle."""
    return next(itertools.islice(people(count), count // 2, None))[0]
