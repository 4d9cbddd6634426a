"""Whether the time of a refused login tells why it was refused.

Each reason is tried in turns in one run, and its median is compared with that of a wrong password:

    .venv/bin/python benchmarks/refusals.py [DATABASE_URL]
"""

import argparse
import secrets
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from userctl.config.loading import load_settings
from userctl.container import Services
from userctl.core.errors import InvalidCredentials
from userctl.schemas.credentials import Credentials
from userctl.schemas.users import UserCreate

PASSWORD = secrets.token_hex(16)
TOLERANCE = 0.10
COST = "12"


def services(url: str, cost: str = COST) -> Services:
    """Return the services on a database, with a limit that this run does not reach."""
    environment = {
        "USERCTL_DATABASE_URL": url,
        "USERCTL_SECRET_KEY": secrets.token_hex(32),
        "USERCTL_PASSWORD_COST": cost,
        "USERCTL_LOGIN_ATTEMPTS": "1000",
    }
    return Services(load_settings({}, environment, Path("/nonexistent")), notify=print)


def prepare(url: str) -> Services:
    """Return the services on a database with an account for every reason."""
    ready = services(url)
    ready.schema.migrate("head")
    for name in ("wrong", "disabled"):
        ready.users.ensure(UserCreate(email=f"{name}@example.com", password=PASSWORD))
    ready.user_status.disable("disabled@example.com")
    ready.users.ensure(UserCreate(email="none@example.com"))
    cheap = services(url, cost="10")
    cheap.users.ensure(UserCreate(email="cheap@example.com", password=PASSWORD))
    cheap.close()
    return ready


def refused(ready: Services, email: str, password: str) -> float:
    """Return how many seconds a refusal takes."""
    start = time.perf_counter()
    with suppress(InvalidCredentials):
        ready.login.log_in("password", Credentials(identity=email, secret=password))
        raise AssertionError("The login was not refused.")
    return time.perf_counter() - start


REASONS = {
    "wrong password": ("wrong@example.com", "wrong"),
    "unknown account": ("unknown@example.com", PASSWORD),
    "disabled account": ("disabled@example.com", PASSWORD),
    "account without a password": ("none@example.com", PASSWORD),
    "wrong password, hashed at a lower cost": ("cheap@example.com", "wrong"),
}


def main() -> int:
    """Print the table; return 1 if a reason can be told by its time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database_url", nargs="?", help="an empty database; default: SQLite")
    parser.add_argument("--rounds", type=int, default=30, help="at least 30")
    arguments = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        ready = prepare(arguments.database_url or f"sqlite:///{folder}/accounts.db")
        times: dict[str, list[float]] = {reason: [] for reason in REASONS}
        for _ in range(max(30, arguments.rounds)):
            for reason, credentials in REASONS.items():
                times[reason].append(refused(ready, *credentials))
        ready.close()
    base = statistics.median(times["wrong password"])
    print(f"{'refused because of':<44} {'ratio':>6}")
    for reason, seconds in times.items():
        ratio = statistics.median(seconds) / base
        missed |= abs(ratio - 1) > TOLERANCE
        print(f"{reason:<44} {ratio:>6.2f}{'' if abs(ratio - 1) <= TOLERANCE else '  MISSED'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
