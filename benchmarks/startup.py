"""How long userctl takes to start, as ratios to what it cannot do without.

Each pair is measured in turns in one run, and the ratio is that of the medians. Run it with the
Python of an environment in which userctl is installed:

    .venv/bin/python benchmarks/startup.py
"""

import argparse
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ACCOUNTS = 100
PASSWORD = secrets.token_hex(16)
USERCTL = str(Path(sys.executable).with_name("userctl"))

IMPORT_TYPER = "import typer"

SELECT_ROWS = """
import sys
from sqlmodel import Field, Session, SQLModel, create_engine, select

class User(SQLModel, table=True):
    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    name: str | None
    email: str
    hashed_password: str
    role: str

with Session(create_engine("sqlite:///" + sys.argv[1])) as session:
    rows = session.exec(select(User).order_by(User.id).limit(101)).all()
"""

CHECK_PASSWORD = (
    SELECT_ROWS
    + """
import bcrypt
bcrypt.checkpw(sys.argv[2].encode(), rows[0].hashed_password.encode())
"""
)


@dataclass(frozen=True)
class Row:
    """One comparison: a userctl command against its floor."""

    what: str
    command: Sequence[str]
    floor: Sequence[str]
    at_most: float
    stdin: bytes = b""


def seconds(command: Sequence[str], stdin: bytes, environment: dict[str, str]) -> float:
    """Run a command that must succeed and return how long it took."""
    start = time.perf_counter()
    subprocess.run(command, input=stdin, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def ratio(row: Row, rounds: int, environment: dict[str, str]) -> float:
    """Return the ratio of the medians of a command and its floor, measured in turns."""
    ours, floor = [], []
    for _ in range(rounds):
        floor.append(seconds(row.floor, b"", environment))
        ours.append(seconds(row.command, row.stdin, environment))
    return statistics.median(ours) / statistics.median(floor)


def prepare(home: Path) -> tuple[dict[str, str], Path]:
    """Return an environment of its own and the database in it, with its accounts."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    database = home / "accounts.db"
    environment["USERCTL_DATABASE_URL"] = f"sqlite:///{database}"
    subprocess.run([USERCTL, "db", "migrate", "-q"], env=environment, check=True)
    for number in range(ACCOUNTS):
        password = ["--password-stdin"] if number == 0 else ["--no-password"]
        subprocess.run(
            [USERCTL, "user", "create", f"user{number}@example.com", "-q", *password],
            input=PASSWORD.encode(),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    return environment, database


def rows(database: Path) -> list[Row]:
    """Return all comparisons."""
    python = sys.executable
    typer = [python, "-c", IMPORT_TYPER]
    login = [USERCTL, "login", "user0@example.com", "--password-stdin", "--no-store"]
    return [
        Row("userctl --version / import typer", [USERCTL, "--version"], typer, 1.5),
        Row(
            "userctl user create --help / import typer",
            [USERCTL, "user", "create", "--help"],
            typer,
            2.0,
        ),
        Row(
            "userctl user list -o json / sqlmodel script",
            [USERCTL, "user", "list", "-o", "json"],
            [python, "-c", SELECT_ROWS, str(database)],
            1.25,
        ),
        Row(
            "userctl login --no-store / sqlmodel script + checkpw",
            login,
            [python, "-c", CHECK_PASSWORD, str(database), PASSWORD],
            1.25,
            PASSWORD.encode(),
        ),
    ]


def main() -> int:
    """Print the table; return 1 if a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21, help="at least 11")
    rounds = max(11, parser.parse_args().rounds)
    missed = False
    with tempfile.TemporaryDirectory() as home:
        environment, database = prepare(Path(home))
        print(f"{'work':<56} {'ratio':>6} {'at most':>8}")
        for row in rows(database):
            measured = ratio(row, rounds, environment)
            missed |= measured > row.at_most
            verdict = "" if measured <= row.at_most else "  MISSED"
            print(f"{row.what:<56} {measured:>6.2f} {row.at_most:>8.2f}{verdict}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
