"""An application with fastapi-users as its documentation builds it, on a table beside ours.

It hashes with bcrypt at the cost of userctl. The environment has the URL of the database.
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, IntegerIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.password import PasswordHelper
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTable, SQLAlchemyUserDatabase
from pwdlib import PasswordHash
from pwdlib.hashers.bcrypt import BcryptHasher
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SECRET = os.environ["USERCTL_SECRET_KEY"]
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


class Base(DeclarativeBase):
    """The base of the tables."""


class User(SQLAlchemyBaseUserTable[int], Base):
    """A user."""

    __tablename__ = "peer_users"

    id: Mapped[int] = mapped_column(primary_key=True)


class UserRead(schemas.BaseUser[int]):
    """A user in responses."""


class UserUpdate(schemas.BaseUserUpdate):
    """Changes of a user."""


class UserManager(IntegerIDMixin, BaseUserManager[User, int]):
    """The rules of users."""


dialect, _, place = os.environ["USERCTL_DATABASE_URL"].partition("://")
engine = create_async_engine(f"{DRIVERS[dialect]}://{place}")
sessions = async_sessionmaker(engine, expire_on_commit=False)


async def open_session() -> AsyncIterator[AsyncSession]:
    """Yield a session for one request."""
    async with sessions() as session:
        yield session


async def user_manager(
    session: Annotated[AsyncSession, Depends(open_session)],
) -> AsyncIterator[UserManager]:
    """Yield the user manager for one request."""
    helper = PasswordHelper(PasswordHash((BcryptHasher(rounds=12),)))
    yield UserManager(SQLAlchemyUserDatabase(session, User), helper)


backend = AuthenticationBackend(
    name="jwt",
    transport=BearerTransport(tokenUrl="auth/token"),
    get_strategy=lambda: JWTStrategy(secret=SECRET, lifetime_seconds=3600),
)
users = FastAPIUsers[User, int](user_manager, [backend])
app = FastAPI()
app.include_router(users.get_auth_router(backend), prefix="/auth")
app.include_router(users.get_users_router(UserRead, UserUpdate), prefix="/users")
