"""Services on a real database, with a clock that stands still until it is moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from userctl.database_url import DatabaseURL
from userctl.db.engine import database_engine
from userctl.db.unit_of_work import Database
from userctl.schemas import UserCreate, UserCreated
from userctl.security.access_token import AccessTokenCodec
from userctl.security.keys import SigningKey
from userctl.security.passwords import PasswordHasher, PasswordPolicy
from userctl.services.accounts import AccountService
from userctl.services.authentication import EmailPassword, EmailPasswordAuth
from userctl.services.revocation import RevocationService
from userctl.services.tokens import Grant, TokenLifetimes, TokenService

PASSWORD = "correct horse 77"
KEY = SigningKey(b"a key for the tests of at least 32 bytes")


@dataclass
class FakeClock:
    """A clock that is set by hand."""

    now: datetime = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Move on by a span of time, given as to timedelta."""
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = database_engine(DatabaseURL.parse(database_url))
    yield engine
    engine.dispose()


@pytest.fixture
def database(engine: Engine) -> Database:
    return Database(lambda: engine)


@pytest.fixture
def hasher() -> PasswordHasher:
    """The cheapest hasher that bcrypt allows."""
    return PasswordHasher(cost=4)


@pytest.fixture
def accounts(database: Database, hasher: PasswordHasher, clock: FakeClock) -> AccountService:
    return AccountService(
        database,
        hasher=hasher,
        policy=PasswordPolicy(minimum_length=8),
        roles=("user", "admin"),
        clock=clock,
    )


@pytest.fixture
def authentication(
    database: Database, hasher: PasswordHasher, clock: FakeClock
) -> EmailPasswordAuth:
    return EmailPasswordAuth(database, hasher=hasher, clock=clock)


@pytest.fixture
def tokens(database: Database, clock: FakeClock) -> TokenService:
    return TokenService(
        database,
        codec=AccessTokenCodec(KEY, issuer="userctl", audience=None),
        lifetimes=TokenLifetimes(
            access=timedelta(minutes=60), refresh=timedelta(days=7), session=timedelta(days=30)
        ),
        clock=clock,
    )


@pytest.fixture
def revocation(database: Database, clock: FakeClock) -> RevocationService:
    return RevocationService(database, clock=clock)


@pytest.fixture
def ada(accounts: AccountService) -> UserCreated:
    """An account with a password."""
    return accounts.create(UserCreate(email="ada@example.com", name="Ada", password=PASSWORD))


@pytest.fixture
def grant(ada: UserCreated, authentication: EmailPasswordAuth, tokens: TokenService) -> Grant:
    """A session of that account."""
    return tokens.login(authentication.authenticate(EmailPassword(ada.email, PASSWORD)))
