"""Services on a real database, with a clock that stands still until it is moved."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, text

from userctl.config.database_url import DatabaseURL
from userctl.config.loading import load_settings
from userctl.config.settings import Settings
from userctl.container import Services
from userctl.core.actor import Actor
from userctl.core.errors import UserctlError
from userctl.db.engine import database_engine
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant
from userctl.schemas.users import UserCreate, UserCreated
from userctl.security.access_token import AccessTokenCodec
from userctl.security.jwk import SigningKey
from userctl.security.keyring import Keyring, RingKey
from userctl.security.passwords import PasswordHasher
from userctl.services.authentication.methods import (
    AuthenticationContext,
    Authenticator,
    authenticator,
)
from userctl.services.authentication.throttling import LoginThrottling
from userctl.services.tokens.revocation import RevocationService
from userctl.services.users.manage import UserService

PASSWORD = "correct horse 77"
KEY = SigningKey.symmetric(b"a key for the tests of at least 32 bytes")
RING = Keyring((RingKey(KEY, "active"),))
NOW = datetime(2030, 1, 1, tzinfo=UTC)
ACTOR = Actor("ada", "root@engine")

T = TypeVar("T")


@dataclass
class FakeClock:
    """A clock that is set by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Advance by a span of time, given as to timedelta."""
        self.now += timedelta(**span)


def database_on(engine: Engine) -> Database:
    """Return a database on which Ada is the actor."""
    return Database(lambda: engine, lambda: ACTOR)


def settings_of(subject: str) -> Settings:
    """Return the default settings, except for the subject of access tokens."""
    return load_settings({}, {"USERCTL_TOKEN_SUBJECT": subject}, Path("/nonexistent"))


class Program(Services):
    """The services of one process, on an engine of its own."""

    def __init__(self, engine: Engine, clock: FakeClock, *, subject: str = "email") -> None:
        self.engine = engine
        self.database = database_on(engine)
        super().__init__(
            settings_of(subject),
            notify=lambda _: None,
            clock=clock,
            engine=engine,
            database=self.database,
            codec=AccessTokenCodec(lambda: RING, issuer="userctl", audience=None),
            hasher=PasswordHasher(cost=4),  # The cheapest that bcrypt allows.
        )

    @property
    def tools(self) -> AuthenticationContext:
        """What login methods may need."""
        return self._authentication

    @tools.setter
    def tools(self, tools: AuthenticationContext) -> None:
        self._authentication = tools
        for built in ("login", "api_tokens"):
            self.__dict__.pop(built, None)

    @property
    def authentication(self) -> Authenticator:
        """Authentication by password."""
        return authenticator("password", self.tools)

    def log_in(self, email: str, password: str = PASSWORD) -> Grant:
        """Authenticate and start a session."""
        return self.log_in_with("password", Credentials(identity=email, secret=password))

    def log_in_with(self, method: str, credentials: Credentials) -> Grant:
        """Authenticate in some way and start a session."""
        return self.login.log_in(method, credentials)


class Sql(Protocol):
    """Runs a statement as another program would."""

    def __call__(self, statement: str, **values: Any) -> list[tuple[Any, ...]]: ...


AddTrigger = Callable[..., None]


@contextmanager
def open_engine(url: str) -> Iterator[Engine]:
    """An engine that is disposed at the end; on SQLite by the thread that made it."""
    engine = database_engine(DatabaseURL.parse(url))
    try:
        yield engine
    finally:
        engine.dispose()


def sql_on(engine: Engine) -> Sql:
    """Return a function that runs one statement in a transaction and returns its rows."""

    def run(statement: str, **values: Any) -> list[tuple[Any, ...]]:
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run


def with_options(url: str, **settings: str) -> str:
    """Return a URL whose connections begin with some settings of the server."""
    options = quote(" ".join(f"-c {name}={value}" for name, value in settings.items()))
    return f"{url}{'&' if '?' in url else '?'}options={options}"


def outcome_of(call: Callable[[Program], T], engine: Engine) -> T | UserctlError:
    """Return what a call returns or raises."""
    try:
        return call(Program(engine, FakeClock()))
    except UserctlError as error:
        return error


def run_at_once(url: str, *calls: Callable[[Program], T]) -> list[T | UserctlError]:
    """Start all calls at the same moment, each in its own thread and on its own connections.

    Return what they return or raise, in their order.
    """
    barrier = Barrier(len(calls))

    def run(call: Callable[[Program], T]) -> T | UserctlError:
        with open_engine(url) as engine:
            engine.connect().close()
            barrier.wait(timeout=30)
            return outcome_of(call, engine)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def type_names(outcomes: Sequence[object]) -> list[str]:
    """Return the sorted names of the types of some outcomes."""
    return sorted(type(outcome).__name__ for outcome in outcomes)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with open_engine(database_url) as engine:
        yield engine


@pytest.fixture
def bare_engine(bare_database_url: str) -> Iterator[Engine]:
    """An engine on a database that was never migrated; the SQLite file exists and is empty."""
    path = DatabaseURL.parse(bare_database_url).sqlite_path
    if path is not None:
        path.touch()
    with open_engine(bare_database_url) as engine:
        yield engine


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    with open_engine(sqlite_url) as engine:
        yield engine


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    with open_engine(postgres_url) as engine:
        yield engine


@pytest.fixture
def sql(engine: Engine) -> Sql:
    """SQL that another program runs on the same database."""
    return sql_on(engine)


@pytest.fixture
def add_trigger(engine: Engine, sql: Sql) -> Iterator[AddTrigger]:
    """Makes an application ignore the inserts, the updates or the deletions in a table.

    With a refusal it refuses them with that message.
    """

    def add_trigger(event: str, table: str, condition: str = "", *, refusal: str = "") -> None:
        when = f"WHEN ({condition})" if condition else ""
        if engine.dialect.name == "sqlite":
            action = f"RAISE(ABORT, '{refusal}')" if refusal else "RAISE(IGNORE)"
            then = f"BEGIN SELECT {action}; END"
        else:
            action = f"RAISE EXCEPTION '{refusal}'" if refusal else "RETURN NULL"
            sql(
                "CREATE OR REPLACE FUNCTION soft() RETURNS trigger LANGUAGE plpgsql "
                f"AS $$ BEGIN {action}; END $$"
            )
            then = "EXECUTE FUNCTION soft()"
        sql(f"CREATE TRIGGER soft BEFORE {event} ON {table} FOR EACH ROW {when} {then}")

    yield add_trigger
    # The tests of a worker share a PostgreSQL database.
    if engine.dialect.name == "postgresql":
        sql("DROP FUNCTION IF EXISTS soft() CASCADE")


@pytest.fixture
def program(engine: Engine, clock: FakeClock) -> Program:
    return Program(engine, clock)


@pytest.fixture
def database(program: Program) -> Database:
    return program.database


@pytest.fixture
def users(program: Program) -> UserService:
    return program.users


@pytest.fixture
def authentication(program: Program) -> Authenticator:
    return program.authentication


@pytest.fixture
def throttling(program: Program) -> LoginThrottling:
    return program.throttling


@pytest.fixture
def revocation(program: Program) -> RevocationService:
    return program.revocation


@pytest.fixture
def ada(users: UserService) -> UserCreated:
    """An account with a password."""
    return users.create(UserCreate(email="ada@example.com", name="Ada", password=PASSWORD))


@pytest.fixture
def grant(ada: UserCreated, program: Program) -> Grant:
    """A session of that account."""
    return program.log_in(ada.email)
