"""Measures whether the time of a refused login reveals the reason.

The reasons take turns in one run, and the median of each is compared with that of a wrong password:

    .venv/bin/python benchmarks/refusals.py [--http] [DATABASE_URL]

With --http through the router, otherwise through the service below it.
"""

import argparse
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from userctl import Accounts
from userctl.config.loading import load_settings
from userctl.config.settings import Settings
from userctl.container import Services
from userctl.core.errors import InvalidCredentials
from userctl.fastapi import router
from userctl.schemas.credentials import Credentials
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreate, UserQuery

PASSWORD = secrets.token_hex(16)
TOLERANCE = 0.10
COST = "12"


def settings(url: str, cost: str = COST) -> Settings:
    """Return settings with a limit that this run does not reach."""
    environment = {
        "USERCTL_DATABASE_URL": url,
        "USERCTL_SECRET_KEY": secrets.token_hex(32),
        "USERCTL_PASSWORD_COST": cost,
        "USERCTL_LOGIN_ATTEMPTS": "1000",
    }
    return load_settings({}, environment, Path("/nonexistent"))


def services(url: str, cost: str = COST) -> Services:
    """Return the services on a database."""
    return Services(settings(url, cost), notify=print)


def prepare(url: str) -> Services:
    """Return the services on a database with a user for every reason."""
    ready = services(url)
    ready.schema.migrate("head")
    for name in ("wrong", "disabled"):
        ready.users.ensure(UserCreate(email=f"{name}@example.com", password=PASSWORD))
    ready.user_status.disable("disabled@example.com")
    ready.users.ensure(UserCreate(email="none@example.com"))
    cheap = services(url, cost="10")
    cheap.users.ensure(UserCreate(email="cheap@example.com", password=PASSWORD))
    cheap.close()
    known = {user.email for user in ready.user_list.page(UserQuery()).items}
    records = [
        FileRecord(number, ("email", "hashed_password"), (f"{name}@example.com", hashed))
        for number, (name, hashed) in enumerate(FOREIGN.items(), 1)
        if f"{name}@example.com" not in known
    ]
    ready.user_import.load(records)
    return ready


def fail_login(ready: Services, email: str, password: str) -> None:
    """Log in with invalid credentials."""
    with suppress(InvalidCredentials):
        ready.login.log_in("password", Credentials(identity=email, secret=password))
        raise AssertionError("The login was not refused.")


def fail_login_over_http(client: TestClient, email: str, password: str) -> None:
    """Log in over HTTP with invalid credentials."""
    answer = client.post("/auth/token", data={"username": email, "password": password})
    assert answer.status_code == 401, answer.text


@contextmanager
def open_login(ready: Services, url: str, *, http: bool) -> Iterator[Callable[[str, str], None]]:
    """Yield a function that logs in with invalid credentials."""
    if not http:
        yield partial(fail_login, ready)
        return
    app = FastAPI()
    with Accounts(settings(url)) as accounts:
        app.include_router(router(accounts, prefix=""))
        with TestClient(app) as client:
            yield partial(fail_login_over_http, client)


FOREIGN = {
    "apr1": "$apr1$yg5Dofz9$VDcDnJybfPGaGXAQkfRUk.",
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4$/dQNzyKxvEKqcNPDVK6IwQ"
    "$k4ntJfrszh4tEQbdyj+prLUbHuRWLcJbrsfK1hpCZ2s",
    "ldap": "{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a",
    "pbkdf2": "pbkdf2:sha256:260000$H9BVWBxIuncqWfNo$"
    "76ff0294391f3dd56f7adcdaaa6415c9622dcfd2da72bc82f8b72a31889ef53c",
    "phpass": "$P$Bm25RqE2ONhoSNn.CyJbMij6ANKr7Y1",
    "scrypt": "$scrypt$ln=14,r=8,p=1$RUip9b53zllrzZnTOkfI+Q"
    "$RIoj/MG9oetBC3dZJ8Y14T2fYiZV5RzLwt0z0jo1wNE",
    "sha512crypt": "$6$nSqxv1gMjKvGFCMA$K6ObmEIjvCWV8kdJ6I1DWgn9X13Gc/emQgdb0CjT7F8zsG6oC9ShJ"
    "xhw2Ry8u1jfYmASpl2EnwriN23NEmUxz/",
}
"""Hashes of other systems that cost less than bcrypt, each of a user who never logged in."""

REASONS = {
    "wrong password": ("wrong@example.com", "wrong"),
    "unknown account": ("unknown@example.com", PASSWORD),
    "disabled account": ("disabled@example.com", PASSWORD),
    "account without a password": ("none@example.com", PASSWORD),
    "wrong password, hashed at a lower cost": ("cheap@example.com", "wrong"),
    **{f"wrong password, hashed with {name}": (f"{name}@example.com", "wrong") for name in FOREIGN},
}


def main() -> int:
    """Print the table; return 1 if the time reveals a reason."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database_url", nargs="?", help="an empty database; default: SQLite")
    parser.add_argument("--http", action="store_true", help="through the router")
    parser.add_argument("--rounds", type=int, default=30, help="at least 30")
    arguments = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.database_url or f"sqlite:///{folder}/accounts.db"
        ready = prepare(url)
        times: dict[str, list[float]] = {reason: [] for reason in REASONS}
        with open_login(ready, url, http=arguments.http) as log_in:
            for _ in range(max(30, arguments.rounds)):
                for reason, credentials in REASONS.items():
                    start = time.perf_counter()
                    log_in(*credentials)
                    times[reason].append(time.perf_counter() - start)
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
